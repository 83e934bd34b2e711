"""GET /users/{userId}/export: everything that a table has of a user, but for what would let somebody in."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from chalicelib.api.answers.export import WITHHELD
from chalicelib.storage import keys
from chalicelib.timestamps import iso
from tests.conftest import Jobs
from tests.support.api import TeamApi, assert_refused
from tests.support.authenticator import base64url
from tests.support.clock import Clock
from tests.support.life import PREFS, live
from tests.support.person import People, Person
from tests.support.sign_in import ADDRESS, ask_for_mail
from tests.support.tables import Tables, switch_project

ELSEWHERE = {
    "words": "an index of what the profile says",
    "settings": "the deployment's",
    "limits": "by hashes, of which those that are the user's alone are exported",
}


@pytest.fixture
def ada(people: People, team: TeamApi, tables: Tables, clock: Clock, run_jobs: Jobs) -> Person:
    switch_project(tables, clock, factors={"custom": True})
    person = people.new(email="ada.lovelace@example.test")
    live(person, team, run_jobs, tables)
    return person


def leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Every value with the attribute that it stands under, but for what is withheld."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            if key not in WITHHELD:
                yield from leaves(each, key)
    elif isinstance(value, list | set | frozenset):
        for each in value:
            yield from leaves(each, name)
    else:
        yield name, value


def values(value: Any) -> Iterator[Any]:
    """Every value of a JSON document, and every name."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield key
            yield from values(each)
    elif isinstance(value, list):
        for each in value:
            yield from values(each)
    else:
        yield value


def spellings(value: Any) -> Iterator[str]:
    """How an attribute may be exported: as it is, a time as text, bytes in base64url."""
    yield repr(value)
    if isinstance(value, int):
        yield repr(iso(value))
    if isinstance(value, bytes):
        yield repr(base64url(value))


def test_whatever_the_tables_have_is_exported_or_withheld_for_a_reason(
    ada: Person, team: TeamApi, tables: Tables
) -> None:
    """An attribute that is new has to be in one of both."""
    document = team.get(f"/users/{ada.id}/export").json
    exported = {repr(each) for each in values(document)}
    own = {
        table: [item for item in items if ada.id in (item.get("user_id"), item.get("id"))]
        for table, items in tables.everything().items()
        if table not in ELSEWHERE
    }
    assert set(own) == {"users", "sessions", "challenges", "recovery-codes", "events"}
    assert all(own.values())

    missing = [
        (table, name, value)
        for table, items in own.items()
        for item in items
        for name, value in leaves(item)
        if exported.isdisjoint(spellings(value))
    ]

    assert missing == []
    assert document["preferences"] == PREFS
    assert document["counters"]
    assert document["next"] is None


def test_nothing_in_it_lets_somebody_in(ada: Person, team: TeamApi, tables: Tables) -> None:
    text = team.get(f"/users/{ada.id}/export").text
    user = tables.item(keys.user(ada.id))

    for secret in (user["password"], str(user["generation"]), ada.session):
        assert secret not in text
    assert ada.totp is not None
    assert ada.totp.secret not in text
    document = json.loads(text)
    forbidden = {"secret", "digest", "hash", "generation", *user["recovery_codes"]}
    assert forbidden & set(values(document)) == set()


@pytest.mark.parametrize("earlier", [True, False], ids=["whose id the user had asked with", "with the user's id"])
def test_sign_in_token_of_somebody_else_is_not_in_it(
    people: People, team: TeamApi, clock: Clock, earlier: bool
) -> None:
    """Tokens are kept under the id that they were asked for with, whosever the address is."""
    if earlier:
        person = people.new(email_verified=True)
        assert ask_for_mail(team, "email-otp", person.email, "ada").json["userId"] == "ada"
        clock.advance(minutes=11)
    assert ask_for_mail(team, "magic-url", ADDRESS, "ada").json["userId"] == "ada"
    user_id = person.id if earlier else team.post("/users", {"userId": "ada"}).json["$id"]

    answer = team.get(f"/users/{user_id}/export")

    assert (answer.status, answer.json["challenges"]) == (200, [])
    assert ADDRESS not in answer.text


def test_log_goes_on_by_cursor(person: Person, team: TeamApi, tables: Tables) -> None:
    tables.put(
        {
            keys.event(person.id, f"f{number:019x}"): {"name": f"act.{number}", "created": number + 1, "ttl": 1}
            for number in range(700)
        }
    )
    path = f"/users/{person.id}/export"

    first = team.get(path).json
    second = team.get(f"{path}?cursor={first['next']}").json

    assert (len(first["log"]), len(second["log"])) == (500, 202)
    assert set(second) == {"log", "next"}
    assert second["next"] is None
    assert len({event["id"] for event in first["log"] + second["log"]}) == 702


def test_unknown_user_and_cursor_are_refused(person: Person, team: TeamApi) -> None:
    assert_refused(team.get("/users/nobody/export"), 404, "user_not_found")
    assert_refused(team.get(f"/users/{person.id}/export?cursor=x"), 400, "general_cursor_not_found")
