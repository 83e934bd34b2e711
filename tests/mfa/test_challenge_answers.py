"""Answers to a challenge that must not count. Right ones: test_challenges.py."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.runtime import container, settings
from chalicelib.storage import keys
from tests.support.api import Answer, assert_refused
from tests.support.inputs import full_width
from tests.support.person import People, Person
from tests.support.tables import Tables, custom_code, switch_project

NEEDS: dict[str, Any] = {
    "email": {"email_verified": True},
    "phone": {"phone_verified": True},
    "totp": {"authenticator": True},
    "recoveryCode": {"recovery_codes": True},
}


@pytest.fixture
def factor() -> str:
    """The cheapest factor, for tests that take just one."""
    return "recoveryCode"


@pytest.fixture
def enrolled(people: People, factor: str) -> Person:
    """Somebody with that factor, for whom the code of the enrolment is past."""
    person = people.new(**NEEDS.get(factor, {}))
    person.clock.advance(seconds=60)
    return person


every_factor = pytest.mark.parametrize("factor", NEEDS)


def refuse(answer: Answer) -> None:
    assert_refused(answer, 401, "user_invalid_token")


def wrong(code: str) -> str:
    """Another code of the same form."""
    return code[:-1] + ("1" if code[-1] != "1" else "2")


def test_unknown_challenge_is_refused(enrolled: Person, factor: str) -> None:
    enrolled.challenge(factor)

    refuse(enrolled.answer("68a1b2c3d4e5f6a7b8c9", enrolled.right_answer(factor)))


@pytest.mark.parametrize(("minutes", "status"), [(9.9, 200), (10, 401)])
@pytest.mark.parametrize("factor", ["recoveryCode", "email"])
def test_challenge_ends_after_ten_minutes(enrolled: Person, factor: str, minutes: float, status: int) -> None:
    challenge = enrolled.challenge(factor)
    code = enrolled.right_answer(factor)

    enrolled.clock.advance(minutes=minutes)

    assert enrolled.answer(challenge, code).status == status


def test_another_user_cannot_answer_and_spoils_nothing(enrolled: Person, people: People, factor: str) -> None:
    challenge, other = enrolled.challenge(factor), people.new()
    code = enrolled.right_answer(factor)

    for otp in (code, *["000000"] * 5):
        refuse(other.answer(challenge, otp))

    assert enrolled.answer(challenge, code).status == 200


def test_another_session_of_the_user_cannot_answer_and_spoils_nothing(enrolled: Person, factor: str) -> None:
    asked, challenge = enrolled.session, enrolled.challenge(factor)
    code = enrolled.right_answer(factor)
    enrolled.sign_in()

    for otp in (code, *["000000"] * 5):
        refuse(enrolled.answer(challenge, otp))

    enrolled.session = asked
    assert enrolled.answer(challenge, code).status == 200


def test_refusals_of_an_answer_all_look_the_same(enrolled: Person, people: People, factor: str) -> None:
    """Unknown, somebody else's, another session's, dead, expired, or simply wrong: nobody learns which."""
    stranger = people.new()
    dead, open_, late = (enrolled.challenge(factor) for _ in range(3))
    code = enrolled.right_answer(factor)
    answers = [enrolled.answer(dead, wrong(code)) for _ in range(5)]
    answers += [enrolled.answer(dead, code), enrolled.answer("68a1b2c3d4e5f6a7b8c9", code)]
    answers += [stranger.answer(challenge, code) for challenge in (open_, dead)]
    enrolled.sign_in()
    answers.append(enrolled.answer(open_, code))
    enrolled.clock.advance(minutes=10)
    answers.append(enrolled.answer(late, code))

    refuse(answers[0])
    assert {answer.text for answer in answers} == {answers[0].text}


@every_factor
def test_five_wrong_answers_end_the_challenge_for_the_right_one_too(enrolled: Person, factor: str) -> None:
    challenge = enrolled.challenge(factor)
    code = enrolled.right_answer(factor)

    for _ in range(5):
        refuse(enrolled.answer(challenge, wrong(code)))

    refuse(enrolled.answer(challenge, code))


@every_factor
def test_four_wrong_answers_are_forgiven(enrolled: Person, factor: str) -> None:
    challenge = enrolled.challenge(factor)
    code = enrolled.right_answer(factor)

    for _ in range(4):
        refuse(enrolled.answer(challenge, wrong(code)))

    assert enrolled.answer(challenge, code).status == 200


@pytest.mark.parametrize("otp", [None, "", 123456, 123456.0, True, ["123456"], {"otp": "123456"}, "1" * 8193])
def test_what_is_no_text_of_a_code_s_length_is_a_bad_parameter(enrolled: Person, otp: Any) -> None:
    challenge = enrolled.challenge("recoveryCode")

    for _ in range(5):
        assert_refused(enrolled.answer(challenge, otp), 400, "general_argument_invalid")

    assert enrolled.answer(challenge, enrolled.recovery_codes[0]).status == 200


@pytest.mark.parametrize("challenge_id", [None, "", 1, ["x"], {"$ne": ""}, "x" * 257, "x\0"])
def test_what_is_no_challenge_id_is_a_bad_parameter(enrolled: Person, challenge_id: Any) -> None:
    answer = enrolled.put("/account/mfa/challenges", {"challengeId": challenge_id, "otp": "123456"})

    assert_refused(answer, 400, "general_argument_invalid")


@pytest.mark.parametrize("challenge_id", ["#", ":v", "%23", "../x", "user#x", "é" * 256])
def test_odd_challenge_ids_are_unknown_ones(enrolled: Person, challenge_id: str) -> None:
    refuse(enrolled.answer(challenge_id, "123456"))


MISSPELLINGS: tuple[Callable[[str], str], ...] = (
    full_width,
    lambda code: f"{code[:3]}_{code[3:]}",
    lambda code: f"-{code}",
    lambda code: f"{code[:3]}--{code[3:]}",
    lambda code: f"+{code}",
    lambda code: f"0{code}",
    lambda code: f"{code}\u200b",
    lambda code: code[:5],
)


@pytest.mark.parametrize("factor", ["email", "phone", "totp", "custom"])
def test_six_digits_are_taken_in_plain_ascii_only(enrolled: Person, tables: Tables, factor: str) -> None:
    switch_project(tables, enrolled.clock, factors={"custom": True})
    for misspell in MISSPELLINGS:
        enrolled.clock.advance(minutes=15)
        challenge = enrolled.challenge(factor)
        code = custom_code(tables, challenge) if factor == "custom" else enrolled.right_answer(factor)

        refuse(enrolled.answer(challenge, misspell(code)))

        assert enrolled.answer(challenge, code).status == 200


@pytest.mark.parametrize("factor", ["email", "phone"])
def test_code_of_another_challenge_is_wrong_and_both_stay_open(enrolled: Person, factor: str) -> None:
    older = enrolled.challenge(factor)
    older_code = enrolled.right_answer(factor)
    enrolled.clock.advance(seconds=31)
    newer = enrolled.challenge(factor)
    newer_code = enrolled.right_answer(factor)

    refuse(enrolled.answer(older, newer_code))
    refuse(enrolled.answer(newer, older_code))

    assert enrolled.answer(older, older_code).status == 200
    assert enrolled.answer(newer, newer_code).status == 200


def test_code_of_another_factor_is_wrong(people: People) -> None:
    most = dataclasses.replace(settings.config(), guesses_per_hour=20)
    with container.override("config", most):
        _try_each_others_codes(people)


def _try_each_others_codes(people: People) -> None:
    person = people.new(email_verified=True, phone_verified=True, authenticator=True, recovery_codes=True)
    person.clock.advance(seconds=60)
    challenges = {factor: person.challenge(factor) for factor in NEEDS}
    codes = {factor: person.right_answer(factor) for factor in NEEDS}

    for factor, challenge in challenges.items():
        for code in set(codes.values()) - {codes[factor]}:
            refuse(person.answer(challenge, code))

    assert [person.answer(challenges[factor], codes[factor]).status for factor in NEEDS] == [200] * 4


def test_factor_that_the_project_has_switched_off_since_is_unsupported(
    enrolled: Person, tables: Tables, factor: str
) -> None:
    challenge = enrolled.challenge(factor)
    code = enrolled.right_answer(factor)
    switch_project(tables, enrolled.clock, factors={factor: False})

    assert_refused(enrolled.answer(challenge, code), 501, "user_auth_method_unsupported")

    switch_project(tables, enrolled.clock, factors={})
    assert enrolled.answer(challenge, code).status == 200


@pytest.mark.parametrize("factor", ["phone"])
def test_code_is_void_once_the_number_has_changed(enrolled: Person) -> None:
    challenge = enrolled.challenge("phone")
    code = enrolled.texted_code()
    enrolled.set_phone()
    refuse(enrolled.answer(challenge, code))

    enrolled.verify_phone()

    refuse(enrolled.answer(challenge, code))


@pytest.mark.parametrize("factor", ["email"])
@pytest.mark.parametrize("change", [{"email": "new@example.test"}, {"email_verified": False}])
def test_code_is_void_once_the_mailbox_has_changed(enrolled: Person, tables: Tables, change: dict[str, Any]) -> None:
    challenge = enrolled.challenge("email")
    tables.change(keys.user(enrolled.id), **change)

    refuse(enrolled.answer(challenge, enrolled.mailed_code()))
