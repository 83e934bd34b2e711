"""From an HTTP request to the event that API Gateway (REST, Lambda proxy integration) hands to the function,
and back.

Chalice's own local mode leaves out most of it: the client's address, the stage, multi-value headers,
`{proxy+}` over several segments.
"""

import base64
import re
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from infra.local.http_server import Answer, Call

STAGE = "v1"
_GREEDY = re.compile(r"\{(\w+)\+\}$")
_VARIABLE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Match:
    """The route as the app declares it, and the path parameters, still percent-encoded as API Gateway may
    leave them.
    """

    resource: str
    parameters: dict[str, str]

    @property
    def greedy(self) -> bool:
        """Whether it is the catch-all route."""
        return _GREEDY.search(self.resource) is not None


class Routes:
    """API Gateway's choice of a resource: fixed segments before variables, `{proxy+}` last, a trailing slash
    ignored.
    """

    def __init__(self, resources: Iterable[str]) -> None:
        self._patterns = [(each, _pattern(each)) for each in sorted(resources, key=_precedence)]

    def match(self, path: str) -> Match | None:
        path = path.rstrip("/") or "/"
        for resource, pattern in self._patterns:
            if found := pattern.fullmatch(path):
                return Match(resource, found.groupdict())
        return None


def _precedence(resource: str) -> list[tuple[bool, bool, str]]:
    return [(bool(_GREEDY.match(part)), part.startswith("{"), part) for part in resource.split("/")]


def _pattern(resource: str) -> re.Pattern[str]:
    parts = []
    for part in resource.split("/"):
        if greedy := _GREEDY.match(part):
            parts.append(f"(?P<{greedy[1]}>.+)")
        elif variable := _VARIABLE.match(part):
            parts.append(f"(?P<{variable[1]}>[^/]+)")
        else:
            parts.append(re.escape(part))
    return re.compile("/".join(parts))


def event_for(call: Call, match: Match, path: str, binary_types: list[str]) -> dict[str, Any]:
    """`path` is the request's path below the stage."""
    headers = {name: call.headers.get_all(name, []) for name in _first_spellings(call)}
    query = parse_qs(call.query, keep_blank_values=True)
    return {
        "resource": match.resource,
        "path": path,
        "httpMethod": call.method,
        "headers": {name: values[-1] for name, values in headers.items()},
        "multiValueHeaders": headers,
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": match.parameters or None,
        "stageVariables": None,
        "requestContext": _context(call, match, path),
        **_body(call, binary_types),
    }


def _first_spellings(call: Call) -> list[str]:
    """Header names without repeats: names that differ only in case are one header."""
    return list({name.lower(): name for name in reversed(call.headers.keys())}.values())[::-1]


def _context(call: Call, match: Match, path: str) -> dict[str, Any]:
    return {
        "accountId": "123456789012",
        "apiId": "local",
        "domainName": call.headers.get("Host", "localhost").rpartition(":")[0] or "localhost",
        "httpMethod": call.method,
        "identity": {"sourceIp": call.peer, "userAgent": call.headers.get("User-Agent")},
        "path": f"/{STAGE}{path}",
        "protocol": "HTTP/1.1",
        "requestId": str(uuid.uuid4()),
        "requestTimeEpoch": int(time.time() * 1000),
        "resourceId": "local",
        "resourcePath": match.resource,
        "stage": STAGE,
    }


def _body(call: Call, binary_types: list[str]) -> dict[str, Any]:
    if not call.body:
        return {"body": None, "isBase64Encoded": False}
    if _accepts(call.headers.get("Content-Type", "application/json"), binary_types):
        return {"body": base64.b64encode(call.body).decode(), "isBase64Encoded": True}
    return {"body": call.body.decode(errors="replace"), "isBase64Encoded": False}


def answer_for(call: Call, result: Mapping[str, Any], binary_types: list[str]) -> Answer:
    """API Gateway decodes a base64 body only where the first type in Accept is one of the API's binary types."""
    body = result.get("body") or ""
    data = body if isinstance(body, bytes) else str(body).encode()
    first = call.headers.get("Accept", "*/*").partition(",")[0]
    if result.get("isBase64Encoded") and _accepts(first, binary_types):
        data = base64.b64decode(data)
    headers = [(name, str(value)) for name, value in (result.get("headers") or {}).items()]
    for name, values in (result.get("multiValueHeaders") or {}).items():
        headers += [(name, str(value)) for value in values]
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", "application/json"))
    return Answer(int(result["statusCode"]), headers, data)


def _accepts(media_type: str, binary_types: list[str]) -> bool:
    return "*/*" in binary_types or media_type.partition(";")[0].strip().lower() in binary_types
