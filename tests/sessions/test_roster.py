"""Which half session goes when there is one too many: never another client's whose challenge is open."""

from __future__ import annotations

import pytest

from chalicelib.storage import keys
from tests.support.api import Answer, assert_refused, session_value
from tests.support.faults import meanwhile
from tests.support.person import PASSWORD, People, Person
from tests.support.refusals import LIMITED
from tests.support.tables import Tables


@pytest.fixture
def person(people: People) -> Person:
    """Somebody with MFA in force, whose one complete session is elsewhere."""
    return people.new(mfa=True)


def asked(person: Person, client: int) -> Answer:
    """A sign-in from the client of that number, with the password."""
    body = {"email": person.email, "password": PASSWORD}
    return person.api.at(f"127.0.4.{client}").post("/account/sessions/email", body)


def half(person: Person, client: int) -> str:
    return session_value(asked(person, client))


def begin(person: Person, session: str) -> str:
    """A challenge of that session; its id."""
    answer = person.post("/account/mfa/challenges", {"factor": "totp"}, session=session)
    assert answer.status == 201, answer.text
    return str(answer.json["$id"])


def living(person: Person, values: list[str]) -> list[bool]:
    return [person.get("/account/mfa/factors", session=value).status == 200 for value in values]


def complete(person: Person, session: str, challenge: str) -> Answer:
    answer = {"challengeId": challenge, "otp": person.totp_code()}
    return person.put("/account/mfa/challenges", answer, session=session)


def test_whoever_has_the_password_does_not_push_out_the_owner_who_types_a_code(person: Person) -> None:
    person.clock.advance(seconds=60)
    owners = half(person, 1)
    challenge = begin(person, owners)

    others = [half(person, 2) for _ in range(10)]

    assert living(person, others) == 6 * [False] + 4 * [True]
    assert complete(person, owners, challenge).status == 200
    assert person.get("/account", session=owners).status == 200


def test_many_clients_do_not_either(person: Person) -> None:
    person.clock.advance(seconds=60)
    owners = half(person, 1)
    challenge = begin(person, owners)

    others = [half(person, client) for client in range(2, 12)]

    assert living(person, others) == 6 * [False] + 4 * [True]
    assert complete(person, owners, challenge).status == 200


def test_own_half_sessions_of_a_client_go_first(person: Person) -> None:
    """Even with a challenge: who begins anew has given up the older one."""
    others = [half(person, client) for client in (1, 2, 3)]
    own = [half(person, 9) for _ in range(2)]
    begin(person, own[0])

    newest = half(person, 9)

    assert living(person, [*others, *own, newest]) == [True, True, True, False, True, True]


def test_then_those_without_a_challenge_oldest_first(person: Person) -> None:
    values = [half(person, client) for client in range(1, 6)]
    begin(person, values[0])
    begin(person, values[2])

    values += [half(person, 6), half(person, 7)]

    assert living(person, values) == [True, False, True, False, True, True, True]


def test_challenge_that_ran_out_protects_no_longer(person: Person) -> None:
    values = [half(person, 1)]
    begin(person, values[0])
    person.clock.advance(minutes=10)
    values += [half(person, client) for client in range(2, 7)]

    assert living(person, values) == [False] + 5 * [True]


def test_half_sessions_that_are_too_old_go_before_all_others(person: Person) -> None:
    values = [half(person, client) for client in (1, 2)]
    person.clock.advance(minutes=14)
    begin(person, values[0])
    person.clock.advance(minutes=1)
    values += [half(person, 9) for _ in range(5)]

    assert living(person, values) == 2 * [False] + 5 * [True]


def test_roster_grows_for_open_challenges_up_to_a_bound(person: Person, tables: Tables) -> None:
    values = []
    for client in range(1, 21):
        values.append(half(person, client))
        begin(person, values[-1])
    before = tables.item(keys.user(person.id))["sessions"]

    refused = asked(person, 50)

    assert_refused(refused, *LIMITED)
    assert 0 < int(refused.header("Retry-After") or 0) <= 600
    assert tables.item(keys.user(person.id))["sessions"] == before
    assert living(person, values) == 20 * [True]
    assert person.get("/account").status == 200, "the complete session stays"
    values.append(half(person, 1))
    assert living(person, values) == [False] + 20 * [True]


def test_roster_shrinks_again_when_the_challenges_have_ended(person: Person, tables: Tables) -> None:
    values = []
    for client in range(1, 13):
        values.append(half(person, client))
        begin(person, values[-1])
    person.clock.advance(minutes=10)

    values.append(half(person, 50))

    assert living(person, values) == 8 * [False] + 5 * [True]
    assert len(tables.item(keys.user(person.id))["sessions"]) == 6
    assert len(tables.items("sessions")) == 6


def test_challenge_of_a_complete_session_costs_no_write_more(person: Person, tables: Tables) -> None:
    [before] = tables.items("sessions")

    person.challenge("totp")

    assert tables.items("sessions") == [before]


# Overtaken


def test_session_that_has_just_begun_a_challenge_stays(person: Person) -> None:
    """Between the look at the half sessions and the write that ends one."""
    values = [half(person, client) for client in range(1, 6)]

    with meanwhile(lambda: begin(person, values[0])):
        values.append(half(person, 6))

    assert living(person, values) == [True, False, True, True, True, True]


def test_session_that_has_just_become_complete_stays(person: Person) -> None:
    person.clock.advance(seconds=60)
    values = [half(person, 1)]
    challenge = begin(person, values[0])
    values += [half(person, 1) for _ in range(4)]

    with meanwhile(lambda: complete(person, values[0], challenge)):
        values.append(half(person, 1))

    assert living(person, values) == 6 * [True]
    assert person.get("/account", session=values[0]).status == 200


def test_session_that_has_just_ended_begins_no_challenge(person: Person, tables: Tables) -> None:
    session = half(person, 1)

    with meanwhile(lambda: person.delete("/account/sessions/current", session=session)):
        refused = person.post("/account/mfa/challenges", {"factor": "totp"}, session=session)

    assert_refused(refused, 401, "general_unauthorized_scope")
    assert tables.items("challenges") == []
    assert len(tables.items("sessions")) == 1
