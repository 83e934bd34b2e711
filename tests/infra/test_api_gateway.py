"""API Gateway's part of a deployed request, by a template of three resources and a function of the test's."""

from __future__ import annotations

import base64
import json
from email.message import Message
from typing import Any

import pytest

from infra.deploy import gateway as settings
from infra.lambda_runtime.execution import Event, FunctionError
from infra.lambda_runtime.gateway import ApiGateway
from infra.local.http_server import Answer, Call

API = {
    "paths": {"/account": {"get": {}, "post": {}}, "/users/{userId}": {"get": {}}, "/{proxy+}": {"get": {}}},
    "x-amazon-apigateway-binary-media-types": ["*/*"],
    "x-amazon-apigateway-gateway-responses": {kind: settings.answer(kind) for kind in settings.ANSWERS},
}


class Gateway:
    """What it gave to the function is kept; `result` is what that says, or raises."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.result: Any = {"statusCode": 200, "headers": {"X-Own": "1"}, "body": "{}"}
        self._gateway = ApiGateway(API, self._invoke)

    def _invoke(self, event: Event) -> Any:
        self.events.append(json.loads(json.dumps(event)))
        if isinstance(self.result, Exception):
            raise self.result
        return self.result

    def ask(self, method: str, target: str, headers: dict[str, str] | None = None, body: bytes = b"") -> Answer:
        message = Message()
        for name, value in {"Host": "localhost:1", **(headers or {})}.items():
            message[name] = value
        return self._gateway.respond(Call(method, target, message, "127.9.8.7", body))


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


def assert_own_answer(answer: Answer, status: int, type_: str) -> None:
    assert (answer.status, json.loads(answer.body)["type"]) == (status, type_)


def test_body_goes_to_the_function_as_base64(gateway: Gateway) -> None:
    gateway.ask("POST", "/v1/account", {"Content-Type": "application/json"}, b'{"a":"\xff"}')

    [event] = gateway.events
    assert (base64.b64decode(event["body"]), event["isBase64Encoded"]) == (b'{"a":"\xff"}', True)


def test_base64_comes_back_as_bytes_whatever_is_accepted(gateway: Gateway) -> None:
    gateway.result = {"statusCode": 200, "body": base64.b64encode(b"\x89PNG").decode(), "isBase64Encoded": True}

    for accept in ("image/avif,*/*", "application/json", "image/png"):
        assert gateway.ask("GET", "/v1/account", {"Accept": accept}).body == b"\x89PNG"


def test_event_has_stage_resource_and_the_path_below_the_stage(gateway: Gateway) -> None:
    gateway.ask("GET", "/v1/users/a%2Fb?x=1&x=2")

    [event] = gateway.events
    assert (event["resource"], event["path"]) == ("/users/{userId}", "/users/a%2Fb")
    assert event["pathParameters"] == {"userId": "a%2Fb"}
    assert event["multiValueQueryStringParameters"] == {"x": ["1", "2"]}
    context = event["requestContext"]
    assert (context["stage"], context["path"]) == ("v1", "/v1/users/a%2Fb")
    assert context["identity"]["sourceIp"] == "127.9.8.7"


def test_forwarded_address_of_the_client_is_followed_by_the_real_one(gateway: Gateway) -> None:
    gateway.ask("GET", "/v1/account", {"x-forwarded-for": "203.0.113.9"})
    gateway.ask("GET", "/v1/account")

    assert [event["headers"]["X-Forwarded-For"] for event in gateway.events] == ["203.0.113.9, 127.9.8.7", "127.9.8.7"]


def test_each_value_of_a_header_comes_back(gateway: Gateway) -> None:
    gateway.result = {"statusCode": 201, "multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"]}, "body": ""}

    answer = gateway.ask("POST", "/v1/account")

    assert answer.status == 201
    assert [value for name, value in answer.headers if name == "Set-Cookie"] == ["a=1", "b=2"]
    assert {"x-amzn-RequestId", "x-amz-apigw-id"} <= {name for name, _ in answer.headers}


@pytest.mark.parametrize(("method", "path"), [("DELETE", "/v1/account"), ("POST", "/v1/nowhere"), ("GET", "/v1/")])
def test_what_is_not_in_the_template_never_reaches_the_function(gateway: Gateway, method: str, path: str) -> None:
    answer = gateway.ask(method, path, {"Origin": "https://app.example.com"})

    assert_own_answer(answer, 404, "general_route_not_found")
    assert gateway.events == []
    headers = dict(answer.headers)
    assert headers["Access-Control-Allow-Origin"] == "https://app.example.com"
    assert headers["Access-Control-Allow-Credentials"] == "true"


def test_header_that_is_taken_from_the_request_needs_to_be_there(gateway: Gateway) -> None:
    assert "Access-Control-Allow-Origin" not in dict(gateway.ask("DELETE", "/v1/account").headers)


@pytest.mark.parametrize("path", ["/", "/account", "/v1x/account", "/v2/account"])
def test_other_stages_are_forbidden(gateway: Gateway, path: str) -> None:
    answer = gateway.ask("GET", path)

    assert (answer.status, json.loads(answer.body)) == (403, {"message": "Forbidden"})
    assert gateway.events == []


@pytest.mark.parametrize("result", [FunctionError("raised"), None, {}, {"statusCode": "odd"}, "text"])
def test_function_without_an_answer_is_a_server_error(gateway: Gateway, result: Any) -> None:
    gateway.result = result

    assert_own_answer(gateway.ask("GET", "/v1/account"), 500, "general_server_error")
