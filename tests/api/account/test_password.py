"""PATCH /account/password. What it has in common with the other changes is in test_changes.py."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.api import Answer, Api, TeamApi, assert_refused, session_value
from tests.support.person import PASSWORD, Person
from tests.support.tables import Tables

NEW = "another password"


def change(person: Person, password: Any = NEW, old: Any = PASSWORD) -> Answer:
    return person.patch("/account/password", {"password": password, "oldPassword": old})


def signs_in(person: Person, password: str) -> bool:
    answer = person.api.post("/account/sessions/email", {"email": person.email, "password": password})
    assert answer.status in (201, 401), answer.text
    return answer.status == 201


def test_password_is_changed(person: Person) -> None:
    before = person.get("/account").json

    answer = change(person)

    assert answer.status == 200
    changed = {name: answer.json[name] for name in ("$updatedAt", "passwordUpdate")}
    assert answer.json == {**before, **changed}
    assert changed["passwordUpdate"] > before["passwordUpdate"]
    assert "password" not in answer.json
    assert signs_in(person, NEW)
    assert not signs_in(person, PASSWORD)


@pytest.mark.parametrize("password", ["a" * 7 + "e", "a" * 256, "ä" * 256, "ä" * 8, "        ", " pass word "])
def test_password_has_8_to_256_characters(person: Person, password: str) -> None:
    assert change(person, password).status == 200
    assert signs_in(person, password)


@pytest.mark.parametrize(
    "password",
    [
        None,
        "",
        "a" * 7,
        "a" * 257,
        "ä" * 7,
        "ä" * 257,
        12345678,
        True,
        ["a" * 8],
        {"a": 1},
        "a" * 8 + "\0",
        "\ud800" * 8,
    ],
)
def test_bad_password_is_refused_and_the_old_one_stays(person: Person, password: Any) -> None:
    assert_refused(change(person, password), 400, "general_argument_invalid")

    assert signs_in(person, PASSWORD)


@pytest.mark.parametrize("old", [None, "", "wrong password", PASSWORD.upper(), f"{PASSWORD} ", PASSWORD[:-1]])
def test_wrong_or_missing_old_password_is_refused(person: Person, old: Any) -> None:
    assert_refused(change(person, old=old), 401, "user_invalid_credentials")

    assert signs_in(person, PASSWORD)
    assert not signs_in(person, NEW)


@pytest.mark.parametrize("old", ["a" * 257, 1, [PASSWORD], {}])
def test_old_password_is_text(person: Person, old: Any) -> None:
    assert_refused(change(person, old=old), 400, "general_argument_invalid")


@pytest.mark.parametrize("old", [None, "", "whatever it was"])
def test_account_that_never_had_a_password_needs_no_old_one(team: TeamApi, person: Person, api: Api, old: Any) -> None:
    team.post("/users", {"userId": "ada", "email": "ada@example.test"})
    session = team.post("/users/ada/sessions").json["secret"]

    body = {"password": NEW, "oldPassword": old}
    answer = api.patch("/account/password", body, session=session)

    assert answer.status == 200
    assert answer.json["passwordUpdate"]
    assert session_value(api.post("/account/sessions/email", {"email": "ada@example.test", "password": NEW}))
    assert_refused(api.patch("/account/password", body, session=session), 401, "user_invalid_credentials")


def test_password_is_kept_as_a_hash_only(person: Person, tables: Tables) -> None:
    change(person)

    assert NEW not in repr(tables.everything())


def test_attempts_from_one_address_are_limited(person: Person) -> None:
    for left in range(9, -1, -1):
        answer = change(person, old="wrong password")
        assert answer.header("X-RateLimit-Remaining") == str(left)

    assert_refused(change(person), 429, "general_rate_limit_exceeded")
