"""Many requests at once that want to spend the same thing: exactly one does (attacks 17 to 19 of SECURITY.md)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.security import codes
from chalicelib.storage import keys
from tests.races.crowd import MANY, Race
from tests.support.api import KEY, Answer, Api, outcomes
from tests.support.handovers import VERIFIER, offer, take_over
from tests.support.person import People, Person
from tests.support.sign_in import ADDRESS, ask_for_mail, mailed_token, try_code
from tests.support.tables import Tables, allow_passkeys

ONE_OF_MANY = {"success": 1, "user_invalid_token": MANY - 1}
FACTORS = ["recoveryCode", "totp", "email", "phone"]

pytestmark = pytest.mark.race


def challenge(person: Person, session: str, factor: str) -> str:
    return str(person.post("/account/mfa/challenges", {"factor": factor}, session=session).json["$id"])


def answer(person: Person, session: str, challenge_id: str, code: str) -> Answer:
    return person.put("/account/mfa/challenges", {"challengeId": challenge_id, "otp": code}, session=session)


def that_gained(tables: Tables, factor: str) -> list[dict[str, Any]]:
    """The sessions that have passed that factor."""
    return [item for item in tables.items("sessions") if factor in item["factors"]]


def assert_spent(tables: Tables, person: Person, factor: str, code: str) -> None:
    """Nothing of the code is left to spend, as far as it outlives its challenge."""
    user = tables.item(keys.user(person.id))
    if factor == "totp":
        assert user["authenticators"]["totp"]["step"] == int(person.clock()) // 30
    if factor == "recoveryCode":
        selector = code[: codes.SELECTOR_LENGTH]
        assert [bool(item["spent"]) for item in tables.items("recovery-codes") if item["selector"] == selector] == [
            True
        ]
        assert selector not in user["recovery_codes"]


@pytest.mark.parametrize("factor", [*FACTORS, "passkey"])
def test_one_challenge_is_answered_once(people: People, tables: Tables, race: Race, factor: str) -> None:
    mfa = factor == "recoveryCode"  # before MFA is in force it is no factor
    person = people.new(email_verified=True, phone_verified=True, recovery_codes=True, mfa=mfa)
    person.sign_in()
    if factor == "totp":
        person.enrol_authenticator()
        person.sign_in()
    if factor == "passkey":
        allow_passkeys(tables, person.clock)
        person.enrol_passkey()
        person.sign_in()
    person.clock.advance(seconds=60)
    challenge_id = person.challenge(factor)
    code = person.right_answer(factor)

    answers = race(MANY, lambda _: person.answer(challenge_id, code))

    assert outcomes(answers) == ONE_OF_MANY
    assert tables.items("challenges") == []
    assert len(that_gained(tables, factor)) == 1 + (factor in ("totp", "passkey"))  # and the one that enrolled it
    assert_spent(tables, person, factor, code)


@pytest.mark.parametrize("factor", ["recoveryCode", "totp"])
def test_one_code_is_accepted_once_over_many_challenges(
    people: People, tables: Tables, race: Race, factor: str
) -> None:
    person = people.new(authenticator=True, recovery_codes=True)
    person.pass_challenge(factor)  # so that the session gains nothing that could stand in the way of the others
    person.clock.advance(seconds=60)
    challenges = [person.challenge(factor) for _ in range(MANY)]
    code = person.right_answer(factor)

    answers = race(MANY, lambda number: person.answer(challenges[number], code))

    assert outcomes(answers) == ONE_OF_MANY
    assert len(tables.items("challenges")) == MANY - 1
    assert_spent(tables, person, factor, code)


@pytest.mark.parametrize("mfa", [True, False])
@pytest.mark.parametrize("factor", FACTORS)
def test_one_code_is_for_one_of_many_sessions(
    people: People, tables: Tables, race: Race, factor: str, mfa: bool
) -> None:
    person = people.new(recovery_codes=True, email_verified=True, phone_verified=True, authenticator=True, mfa=mfa)
    person.clock.advance(seconds=60)
    sessions = [person.sign_in() for _ in range(5)]
    asked = [(session, challenge(person, session, factor)) for session in sessions]
    code = person.right_answer(factor)
    before = len(that_gained(tables, factor))

    answers = race(MANY, lambda number: answer(person, *asked[number % 5], code))

    assert outcomes(answers) == ONE_OF_MANY
    assert len(that_gained(tables, factor)) == before + (mfa or factor != "recoveryCode")
    assert [person.get("/account", session=each).status for each in sessions].count(200) == (1 if mfa else 5)
    assert_spent(tables, person, factor, code)


def test_different_recovery_codes_at_once_are_all_spent(people: People, tables: Tables, race: Race) -> None:
    person = people.new(recovery_codes=True)
    asked = [(person.challenge("recoveryCode"), code) for code in person.recovery_codes]

    answers = race(len(asked), lambda number: person.answer(*asked[number]))

    assert outcomes(answers) == {"success": 10}
    assert "recovery_codes" not in tables.item(keys.user(person.id))
    assert [bool(item["spent"]) for item in tables.items("recovery-codes")] == [True] * 10
    again = [person.answer(person.challenge("recoveryCode"), code).status for _, code in asked]
    assert again == [401] * 10


def test_authenticator_is_confirmed_once(person: Person, tables: Tables, race: Race) -> None:
    person.begin_authenticator()
    code = person.totp_code()

    answers = race(MANY, lambda _: person.put("/account/mfa/authenticators/totp", {"otp": code}))

    assert outcomes(answers)["success"] == 1
    kept = tables.item(keys.user(person.id))["authenticators"]["totp"]
    assert (kept["verified"], kept["step"]) == (True, int(person.clock()) // 30)


def by_mail(method: str, email: str = "") -> Callable[[Person], tuple[str, str]]:
    """Who has a token by mail; for whoever has none yet, to an address that is nobody's."""

    def made(person: Person) -> tuple[str, str]:
        to = email or person.email
        asked = ask_for_mail(person.api, method, to)
        return asked.json["userId"], mailed_token(person.inbox, to)

    return made


def by_team(length: int) -> Callable[[Person], tuple[str, str]]:
    def made(person: Person) -> tuple[str, str]:
        answer = person.api.post(f"/users/{person.id}/tokens", {"length": length}, key=KEY)
        return person.id, answer.json["secret"]

    return made


def by_passkey(person: Person) -> tuple[str, str]:
    person.api.patch("/project/policies/passkey", {"rpId": "localhost"}, key=KEY)
    person.api.patch("/project/auth-methods/passkey", {"enabled": True}, key=KEY)
    person.clock.advance(seconds=6)
    person.sign_in()
    person.enrol_passkey()
    begun = person.api.post("/account/tokens/passkey").json
    credential = person.authenticator.get(begun["publicKey"])
    answer = person.api.put("/account/tokens/passkey", {"challengeId": begun["$id"], "credential": credential})
    return answer.json["userId"], answer.json["secret"]


TOKENS: dict[str, Callable[[Person], tuple[str, str]]] = {
    "a code by mail": by_mail("email-otp"),
    "a link by mail": by_mail("magic-url"),
    "a code to a new mailbox": by_mail("email-otp", ADDRESS),
    "a link to a new mailbox": by_mail("magic-url", ADDRESS),
    "the team's short one": by_team(6),
    "the team's long one": by_team(64),
    "a passkey's": by_passkey,
}


@pytest.mark.parametrize("verified", [True, False])
@pytest.mark.parametrize("kind", TOKENS)
def test_one_sign_in_token_opens_one_session(
    api: Api, people: People, tables: Tables, race: Race, kind: str, verified: bool
) -> None:
    """At most: who only meets others' writes is told to try again. A first proof of the mailbox comes before it."""
    person = people.new(email_verified=verified, signed_in=False)
    user_id, secret = TOKENS[kind](person)
    before = {item["id"] for item in tables.items("sessions")}

    answers = race(MANY, lambda number: try_code(api.at(f"127.4.0.{number + 1}"), secret, user_id))

    told = outcomes(answers)
    assert told["success"] == 1
    assert set(told) <= {"success", "user_invalid_token", "general_service_unavailable"}
    assert len({item["id"] for item in tables.items("sessions")} - before) == 1
    assert tables.items("challenges") == []
    assert len([item for item in tables.items("users") if item.get("email") == ADDRESS]) == ("new" in kind)


def test_one_handover_code_is_taken_over_once(api: Api, person: Person, tables: Tables, race: Race) -> None:
    code = offer(person)

    answers = race(MANY, lambda _: take_over(api, code))

    assert outcomes(answers) == ONE_OF_MANY
    assert tables.items("challenges") == []


def test_one_handover_code_is_used_up_once_by_right_and_wrong_verifiers(
    api: Api, person: Person, tables: Tables, race: Race
) -> None:
    code = offer(person)
    verifiers = [VERIFIER, "a" * 43]

    answers = race(MANY, lambda number: take_over(api, code, verifiers[number % 2]))

    used = [item["name"] for item in tables.items("events") if item["name"] in ("handover.update", "handover.fail")]
    assert len(used) == 1
    assert outcomes(answers)["success"] == (used == ["handover.update"])
    assert tables.items("challenges") == []
