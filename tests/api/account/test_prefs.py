"""/account/prefs: preferences come back as they were given, up to their bounds."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.api import TeamApi, assert_refused
from tests.support.faults import meanwhile
from tests.support.person import People, Person

MOST = 65_535


def filling(size: int) -> dict[str, str]:
    """Preferences of that many bytes as JSON."""
    return {"a": "x" * (size - len('{"a":""}'))}


def test_new_account_has_empty_preferences(person: Person) -> None:
    assert person.get("/account/prefs").text == "{}"
    assert person.get("/account").json["prefs"] == {}


@pytest.mark.parametrize(
    "prefs",
    [
        {"theme": "dark", "deep": {"list": [1, 2.5, None, True, {"x": []}]}, "": "empty name"},
        {"emoji": "🎂 \u2013 ü", "pk": "user#x", "text": '"}'},
        {},
    ],
)
def test_preferences_come_back_as_they_were_given(person: Person, prefs: dict[str, Any]) -> None:
    answer = person.patch("/account/prefs", {"prefs": prefs})

    assert answer.status == 200
    assert (answer.json["$id"], answer.json["prefs"]) == (person.id, prefs)
    assert person.get("/account/prefs").json == prefs
    assert person.get("/account").json == answer.json


def test_new_preferences_replace_all_old_ones(person: Person) -> None:
    first = person.patch("/account/prefs", {"prefs": {"a": 1, "b": 2}}).json
    second = person.patch("/account/prefs", {"prefs": {"b": 3}}).json

    assert person.get("/account/prefs").json == {"b": 3}
    assert second["$updatedAt"] > first["$updatedAt"]


def test_empty_list_empties_them(person: Person) -> None:
    person.patch("/account/prefs", {"prefs": {"a": 1}})

    assert person.patch("/account/prefs", {"prefs": []}).status == 200
    assert person.get("/account/prefs").text == "{}"


def test_preferences_are_ones_own(people: People) -> None:
    one, other = people.new(), people.new()

    one.patch("/account/prefs", {"prefs": {"a": 1}})

    assert other.get("/account/prefs").json == {}


def test_largest_preferences_are_taken(person: Person) -> None:
    prefs = filling(MOST)
    assert len(json.dumps(prefs, separators=(",", ":"))) == MOST

    assert person.patch("/account/prefs", {"prefs": prefs}).status == 200
    assert person.get("/account/prefs").json == prefs


@pytest.mark.parametrize(
    "prefs",
    [
        filling(MOST + 1),
        {"cake": "🎂" * 5_500},
        {"dash": "\u2013" * 11_000},
        filling(130_000),
        "text",
        '{"a": 1}',
        [1],
        ["a"],
        7,
        True,
        None,
    ],
    ids=lambda prefs: str(prefs)[:12],
)
def test_bad_preferences_are_refused_and_change_nothing(person: Person, prefs: Any) -> None:
    before = person.patch("/account/prefs", {"prefs": {"a": 1}}).json

    body = json.dumps({"prefs": prefs}, ensure_ascii=False).encode()
    assert_refused(person.patch("/account/prefs", raw=body), 400, "general_argument_invalid")

    assert person.get("/account").json == before


@pytest.mark.parametrize("text", ['{"prefs":' + 40 * '{"a":' + "1" + 40 * "}" + "}", '{"prefs":{"a":NaN}}', "{}", ""])
def test_body_that_holds_no_preferences_is_refused(person: Person, text: str) -> None:
    assert_refused(person.patch("/account/prefs", raw=text.encode()), 400, "general_argument_invalid")
    assert person.get("/account/prefs").json == {}


def test_preferences_of_a_user_who_is_deleted_meanwhile_are_not_the_next_ones(person: Person, team: TeamApi) -> None:
    def made_anew() -> None:
        assert team.delete(f"/users/{person.id}").status == 204
        person.clock.advance(seconds=1)
        again = {"userId": person.id, "email": person.email, "password": person.password}
        assert person.api.post("/account", again).status == 201

    with meanwhile(made_anew):
        assert person.patch("/account/prefs", {"prefs": {"a": "old"}}).status == 503

    person.sign_in()
    assert person.get("/account/prefs").json == {}
