"""The API key, the project and the mode of a request (attacks 36 and 65 of SECURITY.md)."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from chalicelib.runtime import container, settings
from tests.support.api import Api, assert_refused
from tests.support.person import People, Person

# Keys


def is_key(api: Api, **options: Any) -> bool:
    """Whether a request acts as the key: a page of a foreign origin may then ask."""
    answer = api.get("/ping", **{"headers": {"Origin": "https://evil.test"}, **options})
    assert answer.status in (200, 403)
    return answer.status == 200


def test_key_is_compared_whole(api: Api) -> None:
    assert is_key(api, key="local-api-key")


@pytest.mark.parametrize("key", ["local-api-ke", "local-api-key1", "LOCAL-API-KEY", "l", "", "local-api-k\u00e9y", "*"])
def test_other_key_is_a_guest(api: Api, key: str) -> None:
    assert not is_key(api, headers={"Origin": "https://evil.test", "X-Appwrite-Key": key.encode().decode("latin-1")})


def test_key_in_the_url_is_not_looked_at(api: Api) -> None:
    answer = api.get("/ping?key=local-api-key&x-appwrite-key=local-api-key", headers={"Origin": "https://evil.test"})

    assert_refused(answer, 403, "general_unknown_origin")


@pytest.mark.parametrize("given", ["", "local-api-key", "None"])
def test_deployment_without_a_key_has_none(api: Api, given: str) -> None:
    with container.override("config", dataclasses.replace(settings.config(), key="")):
        assert not is_key(api, headers={"Origin": "https://evil.test", "X-Appwrite-Key": given})


def test_key_and_session_do_not_add_up(person: Person) -> None:
    assert_refused(person.get("/account", key="local-api-key"), 401, "general_unauthorized_scope")
    assert person.get("/account", key="wrong").status == 200


def test_key_beside_a_session_signs_in_as_if_there_were_none(person: Person) -> None:
    body = {"email": person.email, "password": person.password}

    answer = person.post("/account/sessions/email", body, key="local-api-key")

    assert answer.status == 201
    assert person.api.get("/account", session=answer.json["secret"]).json["$id"] == person.id


def test_key_needs_the_project_header(api: Api) -> None:
    answer = api.get("/ping?project=demo", key="local-api-key", project=None)

    assert_refused(answer, 403, "project_id_missing")
    assert api.get("/ping?project=demo", key="wrong", project=None).status == 200


# Projects


@pytest.mark.parametrize("project", [None, "", "console", "other", "Demo"])
def test_other_project_is_not_found(person: Person, project: str | None) -> None:
    assert_refused(person.get("/account", project=project), 404, "project_not_found")


def test_project_parameter_wins_over_the_header(person: Person) -> None:
    assert person.get("/account?project=demo", project="other").status == 200
    assert_refused(person.get("/account?project=other"), 404, "project_not_found")
    assert person.delete("/account/sessions/current", {"project": "demo"}, project=None).status == 204


@pytest.mark.parametrize("project", [["demo"], {"demo": 1}, 1, True])
def test_project_in_a_body_is_text(person: Person, project: Any) -> None:
    assert_refused(person.patch("/account/prefs", {"project": project}), 404, "project_not_found")


# Modes and impersonation


@pytest.mark.parametrize("mode", ["admin", "console", "ADMIN", "x"])
@pytest.mark.parametrize("key", ["", "local-api-key"])
def test_unknown_mode_is_refused_whoever_asks(person: Person, mode: str, key: str) -> None:
    answer = person.get("/account", key=key, headers={"X-Appwrite-Mode": mode})

    assert_refused(answer, 401, "general_unauthorized_scope")
    assert person.get("/account", headers={"X-Appwrite-Mode": "default"}).status == 200


@pytest.mark.parametrize("key", ["", "local-api-key"])
def test_nobody_acts_as_somebody_else(people: People, key: str) -> None:
    eve, victim = people.new(), people.new()
    victim.set_phone()
    named = {"Id": victim.id, "Email": victim.email, "Phone": victim.phone}

    for name, value in named.items():
        headers = {f"X-Appwrite-Impersonate-User-{name}": value}
        if key:
            assert_refused(eve.api.get("/account", key=key, headers=headers), 401, "general_unauthorized_scope")
        else:
            assert eve.get("/account", headers=headers).json["$id"] == eve.id
