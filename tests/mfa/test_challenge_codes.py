"""TOTP and recovery codes as answers: drift, replay, spelling, and what has been replaced since."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from email.utils import formatdate

import pytest

from tests.support.api import assert_refused
from tests.support.person import People, Person


@pytest.fixture
def enrolled(people: People) -> Person:
    """Somebody with an authenticator and recovery codes, for whom the code of the enrolment is past."""
    person = people.new(authenticator=True, recovery_codes=True)
    person.clock.advance(minutes=2)
    return person


def attempt(person: Person, factor: str, otp: str) -> int:
    """The status of a fresh challenge's answer."""
    answer = person.answer(person.challenge(factor), otp)
    if answer.status != 200:
        assert_refused(answer, 401, "user_invalid_token")
    return answer.status


@pytest.mark.parametrize(("steps", "status"), [(-2, 401), (-1, 200), (0, 200), (1, 200), (2, 401)])
def test_clock_of_the_authenticator_may_be_off_by_one_step(enrolled: Person, steps: int, status: int) -> None:
    assert attempt(enrolled, "totp", enrolled.totp_code(steps)) == status


def test_client_does_not_say_what_time_it_is(enrolled: Person) -> None:
    enrolled.clock.advance(minutes=15)
    past, old = enrolled.clock() - 600, enrolled.totp_code(-20)
    headers = {
        "X-Appwrite-Timestamp": f"{datetime.fromtimestamp(past, timezone.utc):%FT%T}.000Z",
        "Date": formatdate(past),
    }
    body = {"challengeId": enrolled.challenge("totp"), "otp": old, "time": past, "timestamp": past * 1000}

    answer = enrolled.put("/account/mfa/challenges", body, headers=headers)

    assert_refused(answer, 401, "user_invalid_token")


def test_totp_code_is_accepted_once(enrolled: Person) -> None:
    code = enrolled.totp_code()
    assert attempt(enrolled, "totp", code) == 200

    assert attempt(enrolled, "totp", code) == 401


def test_totp_code_is_accepted_once_over_all_sessions(enrolled: Person) -> None:
    code = enrolled.totp_code()
    assert attempt(enrolled, "totp", code) == 200

    enrolled.sign_in()

    assert attempt(enrolled, "totp", code) == 401


def test_code_that_confirmed_the_enrolment_is_spent(person: Person) -> None:
    person.begin_authenticator()
    code = person.totp_code()
    assert person.put("/account/mfa/authenticators/totp", {"otp": code}).status == 200

    assert attempt(person, "totp", code) == 401
    assert attempt(person, "totp", person.totp_code(1)) == 200


def test_older_step_after_a_newer_one_is_refused(enrolled: Person) -> None:
    assert attempt(enrolled, "totp", enrolled.totp_code(1)) == 200

    assert attempt(enrolled, "totp", enrolled.totp_code(0)) == 401
    assert attempt(enrolled, "totp", enrolled.totp_code(-1)) == 401


def test_spent_totp_code_is_no_attempt(enrolled: Person) -> None:
    code = enrolled.totp_code()
    assert attempt(enrolled, "totp", code) == 200
    challenge = enrolled.challenge("totp")

    for _ in range(5):
        assert_refused(enrolled.answer(challenge, code), 401, "user_invalid_token")

    assert enrolled.answer(challenge, enrolled.totp_code(1)).status == 200


def test_unconfirmed_authenticator_answers_nothing(person: Person) -> None:
    person.begin_authenticator()
    person.clock.advance(minutes=2)

    assert attempt(person, "totp", person.totp_code()) == 401


def test_authenticator_removed_after_the_challenge_was_opened_answers_no_more(enrolled: Person) -> None:
    enrolled.pass_challenge("recoveryCode")
    challenge = enrolled.challenge("totp")
    assert enrolled.delete("/account/mfa/authenticators/totp").status == 204

    assert_refused(enrolled.answer(challenge, enrolled.totp_code()), 401, "user_invalid_token")


def test_authenticator_replaced_after_the_challenge_was_opened_answers_no_more(enrolled: Person) -> None:
    enrolled.pass_challenge("recoveryCode")
    challenge, old = enrolled.challenge("totp"), enrolled.totp
    assert enrolled.delete("/account/mfa/authenticators/totp").status == 204
    enrolled.enrol_authenticator()
    enrolled.clock.advance(minutes=1)

    assert old is not None
    assert_refused(enrolled.answer(challenge, old.at(int(enrolled.clock()))), 401, "user_invalid_token")
    assert enrolled.answer(challenge, enrolled.totp_code()).status == 200


SPELLINGS: dict[str, Callable[[str], str]] = {
    "as shown": str,
    "capitals": str.upper,
    "no hyphens": lambda code: code.replace("-", ""),
    "blanks": lambda code: f"  {code.replace('-', ' ')} ",
    "look-alikes": lambda code: code.replace("1", "l").replace("0", "o"),
    "capital look-alikes": lambda code: code.upper().replace("1", "I").replace("0", "O"),
}


@pytest.mark.parametrize("spell", SPELLINGS.values(), ids=SPELLINGS)
def test_recovery_code_is_read_as_people_type_it(enrolled: Person, spell: Callable[[str], str]) -> None:
    assert attempt(enrolled, "recoveryCode", spell(enrolled.recovery_codes[0])) == 200


def test_recovery_code_is_spent_in_every_spelling(enrolled: Person) -> None:
    code = enrolled.recovery_codes[0]
    assert attempt(enrolled, "recoveryCode", code) == 200

    assert [attempt(enrolled, "recoveryCode", spell(code)) for spell in SPELLINGS.values()] == [401] * len(SPELLINGS)


def test_part_of_a_recovery_code_or_more_than_one_is_no_code(enrolled: Person) -> None:
    code = enrolled.recovery_codes[0]
    spoiled = (
        code[:4],
        code[:-1],
        code + "0",
        code + code,
        code[:3] + "*" * 13,
        code[:3] + "•-••••-••••-••••",
        code.replace("-", "_"),
        code.replace("-", "\u2016"),
    )

    assert [attempt(enrolled, "recoveryCode", otp) for otp in spoiled] == [401] * len(spoiled)
    assert attempt(enrolled, "recoveryCode", code) == 200


def test_spent_recovery_code_is_no_attempt(enrolled: Person) -> None:
    spent, fresh = enrolled.recovery_codes[:2]
    assert attempt(enrolled, "recoveryCode", spent) == 200
    challenge = enrolled.challenge("recoveryCode")

    for _ in range(5):
        assert_refused(enrolled.answer(challenge, spent), 401, "user_invalid_token")

    assert enrolled.answer(challenge, fresh).status == 200


def test_other_codes_survive_the_use_of_one(enrolled: Person) -> None:
    assert [attempt(enrolled, "recoveryCode", code) for code in enrolled.recovery_codes] == [200] * 10


def test_recovery_code_of_another_user_is_wrong(enrolled: Person, people: People) -> None:
    other = people.new(recovery_codes=True)

    assert attempt(other, "recoveryCode", enrolled.recovery_codes[0]) == 401
    assert attempt(enrolled, "recoveryCode", enrolled.recovery_codes[0]) == 200


def test_recovery_codes_replaced_after_the_challenge_was_opened_answer_no_more(enrolled: Person) -> None:
    enrolled.pass_challenge("totp")
    challenge, old = enrolled.challenge("recoveryCode"), enrolled.recovery_codes[0]
    fresh = enrolled.patch("/account/mfa/recovery-codes").json["recoveryCodes"]

    assert_refused(enrolled.answer(challenge, old), 401, "user_invalid_token")
    assert enrolled.answer(challenge, fresh[0]).status == 200
