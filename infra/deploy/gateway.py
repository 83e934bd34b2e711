"""The REST API as it is released: its definition with API Gateway's own answers, and how it logs, measures, throttles.

Chalice imports the routes, knows nothing of the rest, and lets them call the newest code. So the definition is put
again, with integrations that call whatever the variable `release` of the API's stage names. A pipeline's template
carries the same (`package.py`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from chalice.deploy.swagger import SwaggerGenerator

from chalicelib.errors import ERRORS
from chalicelib.web.reply import EXPOSED_HEADERS, VERSION
from infra.deploy.aws import client, place
from infra.deploy.stage import Stage

ANSWERS = {
    "MISSING_AUTHENTICATION_TOKEN": "general_route_not_found",  # so API Gateway calls a route that there is not
    "RESOURCE_NOT_FOUND": "general_route_not_found",
    "THROTTLED": "general_rate_limit_exceeded",
    "QUOTA_EXCEEDED": "general_rate_limit_exceeded",
    "INTEGRATION_FAILURE": "general_service_unavailable",
    "INTEGRATION_TIMEOUT": "general_service_unavailable",
    "DEFAULT_4XX": "general_argument_invalid",
    "DEFAULT_5XX": "general_server_error",
}
"""Our error for each of API Gateway's own answers."""

RETRY_AFTER = {429: "1", 503: "1"}
"""Seconds, by status."""

LOG_FIELDS = {
    "time": "$context.requestTimeEpoch",
    "requestId": "$context.requestId",
    "ip": "$context.identity.sourceIp",
    "userAgent": "$context.identity.userAgent",
    "method": "$context.httpMethod",
    "route": "$context.resourcePath",
    "status": "$context.status",
    "bytes": "$context.responseLength",
    "latency": "$context.responseLatency",
    "integrationLatency": "$context.integrationLatency",
    "integrationError": "$context.integrationErrorMessage",
    "answer": "$context.error.responseType",
    "traceId": "$context.xrayTraceId",
}
"""Of a request: the route, not the path, and no query string, where verification links carry their secret."""

LOG_FORMAT = json.dumps(LOG_FIELDS)

VARIABLE = "release"
"""The variable of an API's stage that names the alias of the function to call."""


def answer(kind: str) -> dict[str, Any]:
    """A gateway response: status, headers (by their names) and body."""
    type_ = ANSWERS[kind]
    status, message = ERRORS[type_]
    headers = {
        "Access-Control-Allow-Origin": "method.request.header.Origin",
        "Access-Control-Allow-Credentials": "'true'",
        "Access-Control-Expose-Headers": f"'{EXPOSED_HEADERS}'",
        "Cache-Control": "'no-store'",
        "Vary": "'Origin'",
        "X-Content-Type-Options": "'nosniff'",
    }
    if status in RETRY_AFTER:
        headers["Retry-After"] = f"'{RETRY_AFTER[status]}'"
    body = {"message": message, "code": status, "type": type_, "version": VERSION}
    return {
        "statusCode": str(status),
        "responseParameters": {f"gatewayresponse.header.{name}": value for name, value in headers.items()},
        "responseTemplates": {"application/json": json.dumps(body)},
    }


def definition(function_arn: str) -> dict[str, Any]:
    """The API in Swagger 2.0: the app's routes by Chalice's generator. To be called as the stage's operator."""
    from app import app

    generator = SwaggerGenerator(place().region, {"api_handler_arn": _called(function_arn)})
    document: dict[str, Any] = generator.generate_swagger(app)
    return completed(document)


def completed(document: dict[str, Any]) -> dict[str, Any]:
    """Chalice's definition with API Gateway's own answers."""
    return {**document, "x-amazon-apigateway-gateway-responses": {kind: answer(kind) for kind in ANSWERS}}


def put(api: str, function_arn: str) -> None:
    """Make this code's definition the API's. No stage serves it before there is a deployment of it."""
    body = json.dumps(definition(function_arn)).encode()
    client("apigateway").put_rest_api(restApiId=api, mode="overwrite", body=body)


def deploy(api: str, description: str) -> str:
    """A deployment of the API as it is defined; its id."""
    return str(client("apigateway").create_deployment(restApiId=api, description=description)["id"])


def serve(api: str, api_stage: str, deployment: str, release: str, settings: Mapping[str, str] | None = None) -> None:
    """Let the API's stage, made if need be, serve this deployment with the functions that `release` names."""
    gateway = client("apigateway")
    names = {"restApiId": api, "stageName": api_stage}
    changes = {"/deploymentId": deployment, f"/variables/{VARIABLE}": release, **(settings or {})}
    operations = [{"op": "replace", "path": path, "value": value} for path, value in changes.items()]
    if api_stage not in _stages(api):
        gateway.create_stage(**names, deploymentId=deployment, variables={VARIABLE: release})
    gateway.update_stage(**names, patchOperations=operations)


def served(api: str, api_stage: str) -> str:
    """The deployment that the API's stage serves, empty where there is no such stage."""
    return str(_stages(api).get(api_stage, {}).get("deploymentId", ""))


def repoint(api: str, api_stage: str, function_arn: str) -> None:
    """Make what the API's stage serves the API's definition again, but with integrations that call its variable."""
    asked = {"exportType": "swagger", "parameters": {"extensions": "apigateway"}, "accepts": "application/json"}
    exported = client("apigateway").get_export(restApiId=api, stageName=api_stage, **asked)["body"].read()
    body = json.dumps(json.loads(exported)).replace(
        f"{function_arn}/invocations", f"{_called(function_arn)}/invocations"
    )
    client("apigateway").put_rest_api(restApiId=api, mode="overwrite", body=body.encode())


def deployments(api: str) -> list[dict[str, Any]]:
    pages = client("apigateway").get_paginator("get_deployments").paginate(restApiId=api)
    found: list[dict[str, Any]] = pages.build_full_result()["items"]
    return found


def remove_stage(api: str, api_stage: str) -> None:
    if api_stage in _stages(api):
        client("apigateway").delete_stage(restApiId=api, stageName=api_stage)


def remove_deployments(api: str, kept: set[str]) -> None:
    """All but these and those that a stage serves."""
    kept = kept | {each["deploymentId"] for each in _stages(api).values()}
    for each in deployments(api):
        if each["id"] not in kept:
            client("apigateway").delete_deployment(restApiId=api, deploymentId=each["id"])


def _stages(api: str) -> dict[str, dict[str, Any]]:
    return {each["stageName"]: each for each in client("apigateway").get_stages(restApiId=api)["item"]}


def _called(function_arn: str) -> str:
    """Whatever version or alias the variable names."""
    return f"{function_arn}:${{stageVariables.{VARIABLE}}}"


def attach(stage: Stage, api: str, outputs: Mapping[str, str]) -> None:
    """The stack's domain and firewall, where it has them, to the API."""
    if "DomainName" in outputs:
        _map_domain(outputs["DomainName"], api, stage.api_stage)
    if "WebAclArn" in outputs:
        arn = f"arn:{place().partition}:apigateway:{place().region}::/restapis/{api}/stages/{stage.api_stage}"
        client("wafv2").associate_web_acl(WebACLArn=outputs["WebAclArn"], ResourceArn=arn)


def detach(stage: Stage, outputs: Mapping[str, str]) -> None:
    """An API that a domain leads to cannot be deleted."""
    if "DomainName" in outputs:
        gateway = client("apigateway")
        with suppress(gateway.exceptions.NotFoundException):
            gateway.delete_base_path_mapping(domainName=outputs["DomainName"], basePath=stage.api_stage)


def settings(stage: Stage, outputs: Mapping[str, str]) -> dict[str, str]:
    """Of the API's stage, by their path in API Gateway's patches."""
    return {
        "/tracingEnabled": str(stage.xray).lower(),
        "/accessLogSettings/destinationArn": outputs["AccessLogArn"].removesuffix(":*"),
        "/accessLogSettings/format": LOG_FORMAT,
        "/*/*/metrics/enabled": "true",
        "/*/*/logging/dataTrace": "false",  # it would write bodies
        "/*/*/throttling/rateLimit": outputs["RequestsPerSecond"],
        "/*/*/throttling/burstLimit": outputs["RequestBurst"],
    }


def _map_domain(domain: str, api_id: str, api_stage: str) -> None:
    """Let `https://domain/v1` be the API, as the URL of API Gateway's own has it."""
    gateway = client("apigateway")
    place = {"domainName": domain, "basePath": api_stage}
    try:
        gateway.create_base_path_mapping(**place, restApiId=api_id, stage=api_stage)
    except gateway.exceptions.ConflictException:  # it is there, perhaps for an API that was replaced
        change = {"op": "replace", "path": "/restapiId", "value": api_id}
        gateway.update_base_path_mapping(**place, patchOperations=[change])
