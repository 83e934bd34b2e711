"""What happens between the reading and the writing of an answer to a challenge (attack 3 of SECURITY.md)."""

from __future__ import annotations

import pytest

from tests.support.api import assert_refused
from tests.support.faults import meanwhile
from tests.support.person import People, Person
from tests.support.tables import Tables, switch_project


@pytest.fixture
def enrolled(people: People) -> Person:
    return people.new(email_verified=True)


def wrong(code: str, number: int) -> str:
    return f"{(int(code) + 1 + number) % 10**6:06d}"


@pytest.mark.parametrize(("guesses", "status"), [(1, 200), (4, 200), (5, 401)])
def test_right_answer_counts_only_against_the_attempts_it_was_judged_with(
    enrolled: Person, guesses: int, status: int
) -> None:
    challenge = enrolled.challenge("email")
    code = enrolled.mailed_code()

    def guess() -> None:
        for number in range(guesses):
            assert_refused(enrolled.answer(challenge, wrong(code, number)), 401, "user_invalid_token")

    with meanwhile(guess):
        answer = enrolled.answer(challenge, code)

    assert answer.status == status


def test_session_ended_while_its_answer_is_judged_gains_nothing(enrolled: Person, tables: Tables) -> None:
    challenge = enrolled.challenge("email")
    code = enrolled.mailed_code()

    def end() -> None:
        assert enrolled.delete("/account/sessions").status == 204

    with meanwhile(end):
        answer = enrolled.answer(challenge, code)

    assert_refused(answer, 401, "user_invalid_token")
    assert [item["factors"] for item in tables.items("sessions") if "email" in item["factors"]] == []


def test_authenticator_replaced_while_its_code_is_judged_grants_nothing(people: People, tables: Tables) -> None:
    person = people.new(authenticator=True, recovery_codes=True)
    switch_project(tables, person.clock, session_invalidation=False)
    person.pass_challenge("recoveryCode")
    challenge, code = person.challenge("totp"), person.totp_code(1)

    def replace_it() -> None:
        assert person.delete("/account/mfa/authenticators/totp").status == 204
        person.enrol_authenticator()

    with meanwhile(replace_it):
        answer = person.answer(challenge, code)

    assert_refused(answer, 401, "user_invalid_token")
