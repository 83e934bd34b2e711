"""What an error looks like, whoever makes it: the app, Chalice, an unexpected failure, a store that is down."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from chalicelib.runtime import container
from chalicelib.runtime.logs import JsonFormatter
from tests.support.api import Api, assert_refused
from tests.support.clock import Clock
from tests.support.events import invoke
from tests.support.faults import Faulty, refusal_of_aws
from tests.support.person import PASSWORD, People, Person


def test_error_has_four_fields_and_is_never_kept(api: Api) -> None:
    answer = api.get("/account")

    assert_refused(answer, 401, "general_unauthorized_scope")
    assert answer.json["version"] == "1.9.6"
    assert answer.header("Content-Type") == "application/json; charset=UTF-8"
    assert answer.header("Cache-Control") == "no-cache, no-store, must-revalidate"
    assert (answer.header("Expires"), answer.header("Pragma")) == ("0", "no-cache")
    assert answer.header("X-Content-Type-Options") == "nosniff"
    assert answer.header("Access-Control-Allow-Credentials") == "true"


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/", "/nowhere", "/account/mfa/nothing/at/all", "/account/sessions/email/more"])
def test_unknown_path_is_not_found(api: Api, method: str, path: str) -> None:
    assert_refused(api.call(method, path), 404, "general_route_not_found")


@pytest.mark.parametrize(
    "path", ["//account", "/Account", "/ACCOUNT", "/./account", "/ping/../account", "/account;a=b"]
)
def test_other_spelling_of_a_path_is_not_the_path(person: Person, path: str) -> None:
    assert person.get("/account").status == 200

    assert_refused(person.get(path), 404, "general_route_not_found")


@pytest.mark.parametrize(("method", "path"), [("DELETE", "/ping"), ("POST", "/account/mfa/factors"), ("GET", "/x")])
def test_unknown_method_is_not_found(api: Api, method: str, path: str) -> None:
    assert_refused(api.call(method, path), 404, "general_route_not_found")


@pytest.mark.usefixtures("api")
def test_what_chalice_refuses_by_itself_has_our_shape() -> None:
    answer = invoke("DELETE", "/ping", Origin="http://localhost:3000")

    assert answer["statusCode"] == 404
    assert json.loads(answer["body"])["type"] == "general_route_not_found"
    assert answer["headers"]["Access-Control-Allow-Origin"] == "http://localhost:3000"
    assert answer["headers"]["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_method_cannot_be_overridden(person: Person, header: str) -> None:
    assert person.get("/account/sessions/current", headers={header: "DELETE"}).status == 200
    assert person.get("/account").status == 200


@pytest.mark.parametrize("failure", [RuntimeError("boom"), refusal_of_aws("AccessDeniedException"), KeyError("boom")])
def test_unexpected_failure_is_a_500_that_says_nothing(person: Person, failure: Exception) -> None:
    with container.override("dynamodb", Faulty(failure)):
        answer = person.get("/account")

    assert_refused(answer, 500, "general_server_error")
    assert answer.json["message"] == "Server Error"
    assert "Traceback" not in answer.text


@pytest.mark.usefixtures("api")
def test_unexpected_failure_is_logged_once_with_the_request_and_without_secrets(
    caplog: pytest.LogCaptureFixture,
) -> None:
    body = json.dumps({"email": "ann@example.test", "password": PASSWORD})
    headers = {"Content-Type": "application/json", "X-Appwrite-Project": "demo", "X-Appwrite-Session": "top-secret"}

    with container.override("dynamodb", Faulty(RuntimeError("boom"))), caplog.at_level(logging.DEBUG, "chalicelib"):
        answer = invoke("POST", "/account/sessions/email", body, **headers)

    [record] = [record for record in caplog.records if record.name == "chalicelib" and record.levelno > logging.INFO]
    assert (answer["statusCode"], record.levelname) == (500, "ERROR")
    line = JsonFormatter().format(record)
    entry = json.loads(line)
    assert (entry["message"], entry["request"], entry["error"]) == ("request failed", "request-1", "RuntimeError")
    assert entry["at"][0].endswith(" _answer")
    for secret in (PASSWORD, "top-secret", "ann@example.test", "boom"):
        assert secret not in line


def test_failure_outside_an_endpoint_is_a_500_too(api: Api) -> None:
    def broken() -> float:
        raise RuntimeError("boom")

    with container.override("clock", broken):
        answer = api.get("/ping")

    assert_refused(answer, 500, "general_server_error")
    assert "boom" not in answer.text
    assert answer.header("Cache-Control") == "no-cache, no-store, must-revalidate"


@pytest.mark.parametrize(
    "failure",
    [
        refusal_of_aws("InternalServerError"),
        refusal_of_aws("ProvisionedThroughputExceededException"),
        EndpointConnectionError(endpoint_url="http://dynamodb.internal"),
    ],
)
@pytest.mark.parametrize(("method", "path"), [("GET", "/account"), ("GET", "/ping"), ("POST", "/account/sessions")])
def test_store_that_is_down_is_a_503_that_says_when_to_come_back(
    people: People, api: Api, clock: Clock, failure: Exception, method: str, path: str
) -> None:
    session = people.new().session
    clock.advance(seconds=6)  # the project's settings must be read again

    with container.override("dynamodb", Faulty(failure)):
        answer = api.call(method, path, session=session)

    assert_refused(answer, 503, "general_service_unavailable")
    assert answer.header("Retry-After") == "1"
    assert "dynamo" not in answer.text.lower()
    assert "chalice-mfa" not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/account", {"userId": "<b>x</b>", "email": "a@b.test", "password": PASSWORD}),
        ("POST", "/account", {"userId": "x", "email": "<b>x</b>", "password": PASSWORD}),
        ("POST", "/account/sessions/email", {"email": "a@b.test", "password": "<b>x</b>" * 99}),
        ("POST", "/account/mfa/challenges", {"factor": "<b>x</b>"}),
        ("POST", "/account/mfa/authenticators/%3Cb%3Ex%3C%2Fb%3E", None),
        ("POST", "/account/verifications/email", {"url": "http://evil.test/<b>x</b>"}),
        ("GET", "/account/sessions/%3Cb%3Ex%3C%2Fb%3E", None),
        ("GET", "/<b>x</b>", None),
    ],
)
def test_error_does_not_repeat_what_was_sent(person: Person, method: str, path: str, body: Any) -> None:
    session = "" if path in ("/account", "/account/sessions/email") else person.session

    answer = person.call(method, path, body, session=session)

    assert answer.status in (400, 404)
    assert "<b>" not in answer.text
    assert "evil" not in answer.text
