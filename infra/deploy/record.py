"""A deployment as it stands in the account, and Chalice's record made from it.

Chalice knows what it has deployed by a file, `.chalice/deployed/<stage>.json`, and makes everything else anew. That
file is written from the account before Chalice runs, so any clone may deploy, and none need be kept. Functions and
roles are found by name, the REST API by its tag, the queue's mapping by the queue.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from infra.deploy import stack
from infra.deploy.aws import client, endpoint, place
from infra.deploy.stage import FUNCTIONS, ROOT, Refused, Stage

API_TAG = "chalice-mfa-stage"
"""The REST API's tag, whose value is the stage: two APIs may have the same name."""

SCHEMA = "2.0"
"""Of Chalice's record."""

_ABSENT = ("ResourceNotFoundException", "NoSuchEntity", "NoSuchEntityException", "NotFoundException")


@dataclass(frozen=True)
class Deployment:
    """What there is of a stage besides its stack; all of it is empty where there is nothing.

    `roles` and `functions` are ARNs by our name of the function, `mappings` those of the mail queue, as Lambda
    describes them, `api` is the id of the REST API.
    """

    roles: dict[str, str]
    functions: dict[str, str]
    mappings: list[dict[str, Any]]
    api: str = ""

    @property
    def empty(self) -> bool:
        return not (self.roles or self.functions or self.mappings or self.api)


def find(stage: Stage) -> Deployment:
    """Raises Refused where it cannot be told which API is the stage's."""
    functions = {each: _function(stage.function(each)) for each in FUNCTIONS}
    roles = {each: _role(f"{stage.prefix}-{name}") for each, name in FUNCTIONS.items()}
    if not any(functions.values()) and stack.describe(stage) is None:
        roles = {}  # roles are the account's, and there is nothing else in this region: they are another region's
    return Deployment(
        roles={name: arn for name, arn in roles.items() if arn},
        functions={name: arn for name, arn in functions.items() if arn},
        mappings=_mappings(stage),
        api=_api(stage),
    )


def prepare(stage: Stage) -> Deployment:
    """Make the account and the record such that Chalice changes what is there, and makes nothing twice.

    The API is made here, empty: with its tag in one call, so that an interruption leaves none that nobody finds.
    """
    found = find(stage)
    gateway = client("apigateway")
    if not found.api:
        types = {"types": ["REGIONAL"]}
        made = gateway.create_rest_api(name=stage.prefix, endpointConfiguration=types, tags={API_TAG: stage.name})
        found = replace(found, api=made["id"])
    elif API_TAG not in gateway.get_rest_api(restApiId=found.api).get("tags", {}):
        arn = f"arn:{place().partition}:apigateway:{place().region}::/restapis/{found.api}"
        gateway.tag_resource(resourceArn=arn, tags={API_TAG: stage.name})
    for mapping in found.mappings[1:]:  # each would take a part of the jobs
        client("lambda").delete_event_source_mapping(UUID=mapping["UUID"])
    found = replace(found, mappings=found.mappings[:1])
    write(stage, found)
    return found


def write(stage: Stage, found: Deployment) -> None:
    path = path_of(stage)
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"resources": _resources(stage, found), "schema_version": SCHEMA, "backend": "api"}))


def forget(stage: Stage) -> None:
    path_of(stage).unlink(missing_ok=True)


def path_of(stage: Stage) -> Path:
    return ROOT / ".chalice" / "deployed" / f"{stage.name}.json"


def _resources(stage: Stage, found: Deployment) -> list[dict[str, str]]:
    """In Chalice's words. It deletes from the last to the first."""
    resources = []
    for each, name in FUNCTIONS.items():
        if each in found.roles:
            role = {"role_arn": found.roles[each], "role_name": f"{stage.prefix}-{name}"}
            resources.append({"name": f"{name}_role", "resource_type": "iam_role", **role})
        if each in found.functions:
            function = {"name": name, "resource_type": "lambda_function", "lambda_arn": found.functions[each]}
            resources.append(function)
    for mapping in found.mappings:
        event = {"queue": stage.queue, "queue_arn": mapping["EventSourceArn"], "event_uuid": mapping["UUID"]}
        named = {"name": f"{FUNCTIONS['mail']}-sqs-event-source", "resource_type": "sqs_event"}
        resources.append({**named, **event, "lambda_arn": mapping["FunctionArn"]})
    if found.api:
        api = {"rest_api_id": found.api, "rest_api_url": f"{endpoint(found.api, stage.api_stage)}/"}
        resources.append({"name": "rest_api", "resource_type": "rest_api", **api})
    return resources


def _role(name: str) -> str:
    return str(_unless_absent("iam", "get_role", RoleName=name).get("Role", {}).get("Arn", ""))


def _function(name: str) -> str:
    return str(_unless_absent("lambda", "get_function_configuration", FunctionName=name).get("FunctionArn", ""))


def _mappings(stage: Stage) -> list[dict[str, Any]]:
    """Those of the stage's mail queue to its mail function; the one that the queue's jobs have taken longest first."""
    pages = client("lambda").get_paginator("list_event_source_mappings")
    found = pages.paginate(EventSourceArn=place().arn("sqs", stage.queue)).build_full_result()["EventSourceMappings"]
    ours = place().arn("lambda", f"function:{stage.function('mail')}")
    there = [each for each in found if each["State"] != "Deleting"]
    of_function = [each for each in there if each["FunctionArn"].split(":")[:7] == ours.split(":")]
    return sorted(of_function, key=lambda mapping: (mapping["LastModified"], mapping["UUID"]))


def _api(stage: Stage) -> str:
    """The API with the stage's tag; without one, that which may call the stage's function: Chalice made it."""
    apis = client("apigateway").get_paginator("get_rest_apis").paginate().build_full_result()["items"]
    found = [each["id"] for each in apis if each.get("tags", {}).get(API_TAG) == stage.name]
    if not found:
        callers = json.dumps(_policy(stage.function("api")))
        tagged = {each["id"] for each in apis if API_TAG in each.get("tags", {})}
        found = [each["id"] for each in apis if f":{each['id']}/" in callers and each["id"] not in tagged]
    if len(found) > 1:
        raise Refused(
            f"Stage {stage.name} has {len(found)} REST APIs: {', '.join(found)}. Keep the one whose endpoint your apps "
            "have, and delete the others: aws apigateway delete-rest-api --rest-api-id ..."
        )
    return found[0] if found else ""


def _policy(function: str) -> dict[str, Any]:
    """Who may call the function."""
    policy: dict[str, Any] = json.loads(
        _unless_absent("lambda", "get_policy", FunctionName=function).get("Policy", "{}")
    )
    return policy


def _unless_absent(service: str, operation: str, **arguments: Any) -> dict[str, Any]:
    """The answer, empty where there is no such thing."""
    try:
        answer: dict[str, Any] = getattr(client(service), operation)(**arguments)
    except ClientError as error:
        if error.response["Error"]["Code"] in _ABSENT:
            return {}
        raise
    return answer
