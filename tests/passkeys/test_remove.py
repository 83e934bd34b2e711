"""What goes with a passkey that is removed."""

from __future__ import annotations

import pytest

from chalicelib.storage import keys
from tests.support.api import TeamApi
from tests.support.person import Person
from tests.support.tables import Tables, switch_project


@pytest.mark.parametrize("invalidation", [True, False])
@pytest.mark.parametrize("by_team", [True, False])
def test_other_sessions_end_by_the_policy(
    person: Person, team: TeamApi, tables: Tables, by_team: bool, invalidation: bool
) -> None:
    switch_project(tables, person.clock, session_invalidation=invalidation)
    passkey, other = person.enrol_passkey(), person.session
    person.sign_in()

    removed = (
        team.delete(f"/users/{person.id}/passkeys/{passkey}")
        if by_team
        else person.delete(f"/account/passkeys/{passkey}")
    )

    assert removed.status == 204
    assert person.get("/account", session=other).status == (401 if invalidation else 200)
    assert person.get("/account").status == (401 if invalidation and by_team else 200)


def test_last_one_leaves_nothing_that_says_there_is_one(person: Person, tables: Tables) -> None:
    passkey = person.enrol_passkey()

    assert person.delete(f"/account/passkeys/{passkey}").status == 204

    user = tables.item(keys.user(person.id))
    assert (user["passkeys"], user.get("has_passkey", False)) == ({}, False)


def test_waiting_one_goes_without_a_trace_in_sessions_and_log(person: Person, tables: Tables) -> None:
    other = person.session
    person.sign_in()
    person.begin_passkey(passkeyId="waiting")
    before = len(tables.items("events"))

    assert person.delete("/account/passkeys/waiting").status == 204

    assert person.get("/account", session=other).status == 200
    assert len(tables.items("events")) == before
