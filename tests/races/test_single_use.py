"""64 requests at once that want to spend the same thing: exactly one of them does (THREATS 17, 18, 20)."""

from __future__ import annotations

import pytest

from tests.races.crowd import race
from tests.support import Answer, People, Person, outcomes

MANY = 64

pytestmark = pytest.mark.race


@pytest.mark.parametrize("factor", ["recoveryCode", "totp", "email", "phone"])
def test_one_challenge_is_answered_once(people: People, factor: str) -> None:
    person = people.new(email_verified=True, phone_verified=True, authenticator=True, recovery_codes=True)
    person.clock.advance(seconds=60)
    challenge = person.challenge(factor)
    code = person.right_answer(factor)

    answers = race(MANY, lambda _: person.answer(challenge, code))

    assert outcomes(answers) == {"success": 1, "user_invalid_token": MANY - 1}


@pytest.mark.parametrize("factor", ["recoveryCode", "totp"])
def test_one_code_is_accepted_once_over_many_challenges(people: People, factor: str) -> None:
    person = people.new(authenticator=True, recovery_codes=True)
    person.clock.advance(seconds=60)
    challenges = [person.challenge(factor) for _ in range(MANY)]
    code = person.right_answer(factor)

    answers = race(MANY, lambda number: person.answer(challenges[number], code))

    assert outcomes(answers) == {"success": 1, "user_invalid_token": MANY - 1}


@pytest.mark.parametrize("factor", ["recoveryCode", "totp"])
def test_one_code_completes_one_session(people: People, factor: str) -> None:
    person = people.new(recovery_codes=True, mfa=True)
    person.clock.advance(seconds=60)
    halves = [person.sign_in() for _ in range(5)]
    asked = [(half, _challenge(person, half, factor)) for half in halves for _ in range(12)]
    code = person.right_answer(factor)

    answers = race(len(asked), lambda number: _answer(person, *asked[number], code))

    assert outcomes(answers) == {"success": 1, "user_invalid_token": len(asked) - 1}
    assert [person.get("/account", session=half).status for half in halves].count(200) == 1


def test_different_recovery_codes_at_once_are_all_spent(people: People) -> None:
    person = people.new(recovery_codes=True)
    asked = [(person.challenge("recoveryCode"), code) for code in person.recovery_codes]

    answers = race(len(asked), lambda number: person.answer(*asked[number]))

    assert outcomes(answers) == {"success": 10}
    again = [person.answer(person.challenge("recoveryCode"), code).status for _, code in asked]
    assert again == [401] * 10


@pytest.mark.parametrize("path", ["/account/verifications/email", "/account/verification"])
def test_verification_link_is_redeemed_once(people: People, path: str) -> None:
    person = people.new()
    assert person.post("/account/verifications/email", {"url": "http://localhost:3000/verify"}).status == 201
    proof = {"userId": person.id, "secret": person.mailed_secret()}

    answers = race(MANY, lambda _: person.api.put(path, proof))

    assert outcomes(answers) == {"success": 1, "user_invalid_token": MANY - 1}
    assert person.get("/account").json["emailVerification"] is True


def test_phone_code_is_redeemed_once(people: People) -> None:
    person = people.new()
    person.set_phone()
    assert person.post("/account/verifications/phone").status == 201
    proof = {"userId": person.id, "secret": person.texted_code()}

    answers = race(MANY, lambda _: person.api.put("/account/verifications/phone", proof))

    assert outcomes(answers) == {"success": 1, "user_invalid_token": MANY - 1}


def test_authenticator_is_confirmed_once(person: Person) -> None:
    person.begin_authenticator()
    code = person.totp_code()

    answers = race(MANY, lambda _: person.put("/account/mfa/authenticators/totp", {"otp": code}))

    assert outcomes(answers)["success"] == 1


def _challenge(person: Person, session: str, factor: str) -> str:
    return str(person.post("/account/mfa/challenges", {"factor": factor}, session=session).json["$id"])


def _answer(person: Person, session: str, challenge: str, code: str) -> Answer:
    return person.put("/account/mfa/challenges", {"challengeId": challenge, "otp": code}, session=session)
