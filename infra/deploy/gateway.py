"""What API Gateway answers by itself, and how it logs, measures and throttles.

Chalice knows nothing of either and wipes the answers out with every deployment, so `apply` follows each. A pipeline's
template carries the same (`package.py`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from chalicelib.errors import ERRORS
from chalicelib.web.reply import EXPOSED_HEADERS, VERSION
from infra.deploy.aws import client
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

REQUESTS_PER_SECOND = 500
BURST = 1000
"""Of all clients together; what one client may do is the app's business and, if there is one, the firewall's."""


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


def apply(stage: Stage, api_id: str, outputs: Mapping[str, str]) -> None:
    """Set everything on the REST API and deploy it to its stage. `outputs` are the stack's."""
    gateway = client("apigateway")
    for kind in ANSWERS:
        gateway.put_gateway_response(restApiId=api_id, responseType=kind, **answer(kind))
    gateway.create_deployment(restApiId=api_id, stageName=stage.api_stage, description="with gateway responses")
    changes = [{"op": "replace", "path": path, "value": value} for path, value in _settings(stage, outputs).items()]
    gateway.update_stage(restApiId=api_id, stageName=stage.api_stage, patchOperations=changes)
    if "DomainName" in outputs:
        _map_domain(outputs["DomainName"], api_id, stage.api_stage)
    if "WebAclArn" in outputs:
        place = f"{gateway.meta.partition}:apigateway:{gateway.meta.region_name}"
        arn = f"arn:{place}::/restapis/{api_id}/stages/{stage.api_stage}"
        client("wafv2").associate_web_acl(WebACLArn=outputs["WebAclArn"], ResourceArn=arn)


def _settings(stage: Stage, outputs: Mapping[str, str]) -> dict[str, str]:
    return {
        "/tracingEnabled": str(stage.xray).lower(),
        "/accessLogSettings/destinationArn": outputs["AccessLogArn"].removesuffix(":*"),
        "/accessLogSettings/format": LOG_FORMAT,
        "/*/*/metrics/enabled": "true",
        "/*/*/logging/dataTrace": "false",  # it would write bodies
        "/*/*/throttling/rateLimit": str(REQUESTS_PER_SECOND),
        "/*/*/throttling/burstLimit": str(BURST),
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
