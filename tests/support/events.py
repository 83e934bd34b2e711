"""Requests as API Gateway hands them to the app."""

from __future__ import annotations

from base64 import b64encode
from typing import Any
from urllib.parse import parse_qs


def event(
    method: str, resource: str, body: str | bytes | None = None, *, source: str = "127.0.0.1", **headers: str
) -> dict[str, Any]:
    """An event of API Gateway: request `request-1` from the address `source`. `resource` may end in a query string."""
    resource, _, query = resource.partition("?")
    return {
        "resource": resource,
        "path": resource,
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "multiValueQueryStringParameters": parse_qs(query, keep_blank_values=True) or None,
        "pathParameters": None,
        "stageVariables": None,
        "body": b64encode(body).decode() if isinstance(body, bytes) else body,
        "isBase64Encoded": isinstance(body, bytes),
        "requestContext": {
            "httpMethod": method,
            "resourcePath": resource,
            "path": f"/v1{resource}",
            "requestId": "request-1",
            "domainName": "localhost",
            "identity": {"sourceIp": source},
        },
    }


def invoke(method: str, resource: str, body: str | bytes | None = None, **options: str) -> dict[str, Any]:
    """What the app itself answers to such an event."""
    from app import app

    answer: dict[str, Any] = app(event(method, resource, body, **options), None)
    return answer
