"""How many sessions a user may have: 10 complete ones and 5 half ones, which never push out a complete one."""

from __future__ import annotations

import pytest

from chalicelib.storage import keys
from tests.support.api import TeamApi, assert_refused, at_once, session_value
from tests.support.person import People, Person
from tests.support.tables import Tables


def living(person: Person, values: list[str]) -> list[bool]:
    """Which of these sessions are alive, half or complete."""
    return [person.get("/account/mfa/factors", session=value).status == 200 for value in values]


def sign_in_with_totp(person: Person) -> str:
    value = person.sign_in()
    person.pass_challenge()
    return value


def test_eleventh_session_ends_the_oldest(person: Person, tables: Tables) -> None:
    values = [person.session, *(person.sign_in() for _ in range(9))]
    assert living(person, values) == 10 * [True]

    values += [person.sign_in(), person.sign_in()]

    assert living(person, values) == 2 * [False] + 10 * [True]
    assert person.get("/account/sessions").json["total"] == 10
    assert len(tables.items("sessions")) == 10


def test_ended_sessions_make_room(person: Person) -> None:
    values = [person.session, *(person.sign_in() for _ in range(9))]
    assert person.delete("/account/sessions/current").status == 204

    values[9] = person.sign_in()

    assert living(person, values) == 10 * [True]


def test_sixth_half_session_ends_the_oldest_half_one_and_no_complete_one(people: People) -> None:
    person = people.new(mfa=True)
    complete = [person.session, *(sign_in_with_totp(person) for _ in range(9))]

    half = [person.sign_in() for _ in range(7)]

    assert living(person, half) == 2 * [False] + 5 * [True]
    assert living(person, complete) == 10 * [True]


def test_half_session_that_becomes_complete_counts_among_the_complete_ones(people: People) -> None:
    person = people.new(mfa=True)
    complete = [person.session, *(sign_in_with_totp(person) for _ in range(9))]
    half = [person.sign_in() for _ in range(5)]

    person.pass_challenge()

    assert living(person, complete) == [False] + 9 * [True]
    assert living(person, half) == 5 * [True]
    person.sign_in()
    assert living(person, half) == 5 * [True]


def test_step_up_of_a_complete_session_evicts_nobody(people: People) -> None:
    person = people.new(mfa=True)
    complete = [person.session, *(sign_in_with_totp(person) for _ in range(9))]

    person.pass_challenge()
    person.pass_challenge()

    assert living(person, complete) == 10 * [True]


def test_caps_are_each_persons_own(people: People) -> None:
    person, other = people.new(), people.new()

    for _ in range(11):
        person.sign_in()

    assert other.get("/account").status == 200


def test_sessions_from_before_mfa_was_switched_on_count_as_half(people: People, team: TeamApi) -> None:
    team.patch("/project/policies/session-invalidation", {"enabled": False})
    person = people.new(email_verified=True)
    older = [person.session, *(person.sign_in() for _ in range(8))]
    current = person.sign_in()
    assert person.switch_mfa(True).status == 200

    newest = person.sign_in()

    assert living(person, older) == 5 * [False] + 4 * [True]
    assert living(person, [newest, current]) == [True, True]


@pytest.mark.race
def test_parallel_sign_ins_leave_a_roster_of_those_that_live(people: People, tables: Tables) -> None:
    person = people.new(signed_in=False)
    body = {"email": person.email, "password": person.password}

    answers = at_once(8, lambda _: person.api.post("/account/sessions/email", body))

    values = [session_value(answer) for answer in answers if answer.status == 201]
    assert {answer.status for answer in answers} <= {201, 503}
    assert living(person, values) == len(values) * [True]
    roster = set(tables.item(keys.user(person.id))["sessions"])
    assert roster == {item["id"] for item in tables.items("sessions")}
    assert len(roster) == len(values)


@pytest.mark.race
def test_parallel_sign_out_and_removal_end_a_session_once(person: Person) -> None:
    other = person.session_id()
    person.sign_in()

    answers = at_once(6, lambda _: person.delete(f"/account/sessions/{other}"))

    assert sorted(answer.status for answer in answers) == [204] + 5 * [404]
    assert_refused(person.delete(f"/account/sessions/{other}"), 404, "user_session_not_found")
