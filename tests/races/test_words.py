"""Changes at the same moment leave a user whose entries are those of what the record says."""

from __future__ import annotations

import pytest

from chalicelib.models import User
from chalicelib.storage import words
from chalicelib.storage.items import record
from chalicelib.storage.keys import LISTED
from tests.races.crowd import MANY, Race
from tests.support.api import Answer, TeamApi, outcomes
from tests.support.person import PASSWORD, Person
from tests.support.tables import Tables

pytestmark = pytest.mark.race


def entries(tables: Tables) -> set[tuple[str, str]]:
    return {(item["head"], item["entry"]) for item in tables.items("words")}


def wanted(tables: Tables) -> set[tuple[str, ...]]:
    users = [record(User, item) for item in tables.items("users") if item.get("listed") == LISTED]
    return {entry.values for user in users for entry in words.entries(user)}


def test_one_of_many_names_wins_and_is_the_one_that_is_found(person: Person, tables: Tables, race: Race) -> None:
    answers = race(MANY, lambda number: person.patch("/account/name", {"name": f"Name {number}"}))

    assert outcomes(answers) == {"success": 1, "general_service_unavailable": MANY - 1}
    assert entries(tables) == wanted(tables)


def test_changes_of_different_fields_and_deletion_leave_no_entry_of_what_is_not(
    person: Person, team: TeamApi, tables: Tables, race: Race
) -> None:
    def change(number: int) -> Answer:
        if number % 3 == 0:
            return person.patch("/account/name", {"name": f"Name {number}"})
        if number % 3 == 1:
            return person.patch("/account/email", {"email": f"new{number}@example.test", "password": PASSWORD})
        return team.delete(f"/users/{person.id}")

    race(MANY, change)

    assert entries(tables) == wanted(tables)
