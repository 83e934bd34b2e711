"""Versions of the functions, and the aliases by which API and queue call them."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from infra.deploy.aws import client, place

LIVE = "live"
CANDIDATE = "candidate"
"""Of the API's function alone, and a stage of the API too: what is walked through before it goes live."""

SECONDS = 2.0
"""Between two looks at what AWS is changing."""


def publish(function: str) -> str:
    """The version of the newest code; that of before, where nothing has changed."""
    functions = client("lambda")
    functions.get_waiter("function_updated").wait(FunctionName=function)
    version = str(functions.publish_version(FunctionName=function)["Version"])
    functions.get_waiter("published_version_active").wait(FunctionName=function, Qualifier=version)
    return version


def version_of(function: str, alias: str) -> str:
    """Empty where there is no such alias."""
    return str(_find(function, alias).get("FunctionVersion", ""))


def point(function: str, alias: str, version: str) -> None:
    """Let the alias be this version for all of its traffic."""
    functions = client("lambda")
    change: Callable[..., Any] = functions.update_alias if version_of(function, alias) else functions.create_alias
    change(FunctionName=function, Name=alias, FunctionVersion=version, RoutingConfig={"AdditionalVersionWeights": {}})


def permit(function: str, api: str, alias: str) -> None:
    """Let the REST API call this alias: Chalice only lets it call the newest code."""
    functions = client("lambda")
    with suppress(functions.exceptions.ResourceConflictException):  # it is there
        functions.add_permission(
            FunctionName=function,
            Qualifier=alias,
            StatementId=f"api-{api}",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn=place().arn("execute-api", f"{api}/*"),
        )


def provision(function: str, processes: int) -> None:
    """Keep so many processes of what is live started. While Lambda moves those of before, it takes no other number."""
    functions, alias = client("lambda"), {"FunctionName": function, "Qualifier": LIVE}
    try:
        now = functions.get_provisioned_concurrency_config(**alias)["RequestedProvisionedConcurrentExecutions"]
    except functions.exceptions.ProvisionedConcurrencyConfigNotFoundException:
        now = 0
    if now == processes:
        return
    while _find(function, LIVE).get("RoutingConfig", {}).get("AdditionalVersionWeights"):
        time.sleep(SECONDS)
    if processes:
        functions.put_provisioned_concurrency_config(**alias, ProvisionedConcurrentExecutions=processes)
    else:
        functions.delete_provisioned_concurrency_config(**alias)


def _find(function: str, alias: str) -> dict[str, Any]:
    pages = client("lambda").get_paginator("list_aliases").paginate(FunctionName=function)
    return next((each for each in pages.build_full_result()["Aliases"] if each["Name"] == alias), {})
