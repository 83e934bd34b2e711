"""/ping and /health: who may ask, what is well and what is not, and that HEAD is a GET without its body."""

from __future__ import annotations

import time
from typing import Any

import pytest

from chalicelib.runtime import aws, container
from chalicelib.security import api_keys
from chalicelib.storage import api_keys as stored_keys
from tests.support.api import Api, TeamApi, assert_refused
from tests.support.clock import Clock
from tests.support.events import invoke
from tests.support.faults import Faulty, refusal_of_aws
from tests.support.person import RETURN_URL, People, Person


@pytest.mark.parametrize("place", ["header", "query"])
def test_ping_answers_in_plain_text(api: Api, place: str) -> None:
    answer = api.get("/ping") if place == "header" else api.get("/ping?project=demo", project=None)

    assert (answer.status, answer.text) == (200, "Pong!")
    assert (answer.header("Content-Type") or "").startswith("text/plain")


@pytest.mark.parametrize("project", [None, "", "other", "console", "DEMO"])
def test_ping_without_the_project_is_refused(api: Api, project: str | None) -> None:
    assert_refused(api.get("/ping", project=project), 404, "project_not_found")


@pytest.mark.parametrize("project", [None, "demo", "other"])
def test_version_is_told_to_everyone(api: Api, project: str | None) -> None:
    answer = api.get("/health/version", project=project)

    assert (answer.status, answer.json) == (200, {"version": "1.9.6"})


@pytest.mark.parametrize("path", ["/ping", "/health/version"])
def test_keys_and_users_may_ask(api: Api, people: People, path: str) -> None:
    assert api.get(path, key="local-api-key").status == 200
    assert people.new().get(path).status == 200


@pytest.mark.parametrize("path", ["/ping", "/health/version"])
def test_head_is_get_without_a_body(api: Api, path: str) -> None:
    asked, got = api.call("HEAD", path), api.get(path)

    assert (asked.status, asked.content) == (200, b"")
    assert asked.header("Content-Type") == got.header("Content-Type")
    assert asked.header("X-Content-Type-Options") == "nosniff"


@pytest.mark.usefixtures("api")
@pytest.mark.parametrize("resource", ["/health/version", "/account", "/avatars/qr", "/{proxy+}"])
def test_head_is_answered_without_a_body_by_the_app_itself(resource: str) -> None:
    assert invoke("HEAD", resource)["body"] == ""


# What the deployment stands on


def test_app_and_database_are_well(team: TeamApi) -> None:
    assert team.get("/health").json == {"name": "http", "status": "pass", "ping": 0}
    [status] = team.get("/health/db").json["statuses"]
    assert (status["name"], status["status"]) == ("dynamodb", "pass")


def test_ping_is_how_long_the_answer_took(team: TeamApi, clock: Clock) -> None:
    class Slow:
        def __init__(self) -> None:
            self._client = aws.client("dynamodb")

        def __getattr__(self, name: str) -> Any:
            clock.advance(seconds=0.25)
            return getattr(self._client, name)

    team.get("/health")  # the project has been read
    with container.override("dynamodb", Slow()):
        [status] = team.get("/health/db").json["statuses"]

    assert 250 <= status["ping"] < 260


@pytest.mark.parametrize(("path", "service"), [("db", "dynamodb"), ("time", "sqs"), ("queue/mails", "sqs")])
def test_what_does_not_answer_is_an_error(team: TeamApi, path: str, service: str) -> None:
    team.get("/health")
    with container.override(service, Faulty(refusal_of_aws("ThrottlingException"))):
        assert_refused(team.get(f"/health/{path}"), 503, "general_service_unavailable")


def test_clock_is_compared_with_that_of_the_queue(team: TeamApi, clock: Clock) -> None:
    told = team.get("/health/time").json

    assert abs(told["remoteTime"] - time.time()) <= 2
    assert abs(told["localTime"] - clock()) <= 1
    assert told["diff"] == told["remoteTime"] - told["localTime"]


def test_queue_tells_how_many_jobs_wait(team: TeamApi, person: Person) -> None:
    assert team.get("/health/queue/mails").json == {"size": 0}

    person.api.post("/account/recovery", {"email": person.email, "url": RETURN_URL})

    assert team.get("/health/queue/mails").json == {"size": 1}


def test_every_key_may_ask_and_nobody_without_one(api: Api) -> None:
    key, value = api_keys.make("poor", ("users.read",), days=0)
    stored_keys.keep(key)

    assert api.get("/health/db", key=value).status == 200
    assert_refused(api.get("/health/db"), 401, "general_unauthorized_scope")
