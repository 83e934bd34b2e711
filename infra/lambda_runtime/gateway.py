"""API Gateway before a function, as its template has it: resources, methods, binary types, answers of its own."""

from __future__ import annotations

import copy
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from infra.lambda_runtime.execution import Event, FunctionError
from infra.local.events import STAGE, Routes, answer_for, event_for
from infra.local.http_server import Answer, Call, json_answer

_LITERAL = "'"
_FROM_REQUEST = "method.request.header."
_TO_CLIENT = "gatewayresponse.header."


class ApiGateway:
    """`api` is the `DefinitionBody` of the template's REST API, `invoke` gives an event to the function."""

    def __init__(self, api: Mapping[str, Any], invoke: Callable[[Event], Any]) -> None:
        self._methods = {path: {name.upper() for name in methods} for path, methods in api["paths"].items()}
        self._routes = Routes(self._methods)
        self._binary_types = list(api["x-amazon-apigateway-binary-media-types"])
        self._answers = api["x-amazon-apigateway-gateway-responses"]
        self._invoke = invoke

    def respond(self, call: Call) -> Answer:
        if not f"{call.path}/".startswith(f"/{STAGE}/"):  # of no stage, so of no API: nothing of it can be set
            return json_answer(403, {"message": "Forbidden"}, [("x-amzn-ErrorType", "ForbiddenException")])
        path = call.path[len(STAGE) + 1 :] or "/"
        match = self._routes.match(path)
        if match is None or call.method not in self._methods[match.resource]:
            return self._own_answer("MISSING_AUTHENTICATION_TOKEN", call)
        event = event_for(_forwarded(call), match, path, self._binary_types)
        try:
            return _identified(answer_for(call, self._invoke(event), self._binary_types), event)
        except (FunctionError, AttributeError, KeyError, TypeError, ValueError):  # none, or one that is no answer
            return self._own_answer("DEFAULT_5XX", call)

    def _own_answer(self, kind: str, call: Call) -> Answer:
        response = self._answers[kind]
        body = response["responseTemplates"]["application/json"]
        headers = [("Content-Type", "application/json")]
        for name, source in response["responseParameters"].items():
            value = _value(source, call)
            if value:
                headers.append((name.removeprefix(_TO_CLIENT), value))
        return Answer(int(response["statusCode"]), headers, body.encode())


def _value(source: str, call: Call) -> str:
    """A header's value: a literal, or that of a header of the request, empty where it has none."""
    if source.startswith(_LITERAL):
        return source.strip(_LITERAL)
    return call.headers.get(source.removeprefix(_FROM_REQUEST), "")


def _forwarded(call: Call) -> Call:
    """The call with the headers that API Gateway adds.

    It speaks https only. Here a client speaks http, so that it is told in X-Forwarded-Proto what the client pretends.
    """
    headers = copy.deepcopy(call.headers)
    addresses = [*headers.get_all("X-Forwarded-For", []), call.peer]
    given = {
        "X-Forwarded-For": ", ".join(addresses),
        "X-Forwarded-Port": "443",
        "X-Forwarded-Proto": headers.get("X-Forwarded-Proto", "http"),
        "X-Amzn-Trace-Id": f"Root=1-{uuid.uuid4().hex[:8]}-{uuid.uuid4().hex[:24]}",
    }
    for name, value in given.items():
        del headers[name]
        headers[name] = value
    return replace(call, headers=headers)


def _identified(answer: Answer, event: Event) -> Answer:
    """The answer with the headers by which a request is found in API Gateway's logs."""
    ids = [("x-amzn-RequestId", event["requestContext"]["requestId"]), ("x-amz-apigw-id", uuid.uuid4().hex[:16])]
    return replace(answer, headers=[*answer.headers, *ids])
