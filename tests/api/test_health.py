"""/ping and /health/version: who may ask, and that HEAD is a GET without its body."""

from __future__ import annotations

import pytest

from tests.support.api import Api, assert_refused
from tests.support.events import invoke
from tests.support.person import People


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
