"""What every factor owes the rest of the system. A new line in the registry is walked through this too."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest

from chalicelib.factors.registry import BY_NAME, FACTORS, counting, in_force, named
from chalicelib.models import User
from chalicelib.storage import keys
from tests.support.api import assert_refused
from tests.support.person import Person
from tests.support.tables import Tables, allow_passkeys, custom_code

NOBODY = User(id="nobody", created=1, updated=1, accessed=1, generation=1)

ENROL: dict[str, Callable[[Person], object]] = {
    "totp": Person.enrol_authenticator,
    "phone": Person.verify_phone,
    "email": Person.verify_email,
    "passkey": Person.enrol_passkey,
    "recoveryCode": Person.create_recovery_codes,
    **{factor.name: lambda person: None for factor in FACTORS if factor.by_team},
}
"""How a person comes by each factor; by what the team delivers, without doing anything. Another kind of factor needs a
line here, and one in `right_answer`."""

COUNTING = {"totp", "phone", "email", "passkey"}

walk = pytest.mark.parametrize("factor", [factor.name for factor in FACTORS])


@pytest.fixture
def enrolled(person: Person, tables: Tables, factor: str) -> Person:
    allow_passkeys(tables, person.clock, factors={factor: True})
    ENROL[factor](person)
    person.clock.advance(seconds=60)
    return person


def right_answer(person: Person, tables: Tables, factor: str, challenge: str) -> str:
    return custom_code(tables, challenge) if named(factor).by_team else person.right_answer(factor)


def wrong(code: str) -> str:
    return code[:-1] + ("1" if code[-1] != "1" else "2")


@walk
def test_right_answer_passes_once(enrolled: Person, tables: Tables, factor: str) -> None:
    challenge = enrolled.challenge(factor)
    code = right_answer(enrolled, tables, factor, challenge)

    session = enrolled.answer(challenge, code).json
    again = enrolled.answer(challenge, code)

    before_mfa = factor == "recoveryCode"  # it is no factor before MFA is in force
    assert (factor in session["factors"]) is not before_mfa
    assert session["factors"].count(factor) <= 1
    assert_refused(again, 401, "user_invalid_token")


@walk
def test_answer_that_has_passed_fits_no_other_challenge(enrolled: Person, tables: Tables, factor: str) -> None:
    challenge = enrolled.challenge(factor)
    code = right_answer(enrolled, tables, factor, challenge)
    assert enrolled.answer(challenge, code).status == 200

    assert_refused(enrolled.answer(enrolled.challenge(factor), code), 401, "user_invalid_token")


@walk
def test_wrong_answer_changes_nothing(enrolled: Person, tables: Tables, factor: str) -> None:
    challenge = enrolled.challenge(factor)
    code = right_answer(enrolled, tables, factor, challenge)
    before = enrolled.get("/account/sessions/current").json

    assert_refused(enrolled.answer(challenge, wrong(code)), 401, "user_invalid_token")

    assert enrolled.get("/account/sessions/current").json == before
    assert enrolled.answer(challenge, code).status == 200


@walk
def test_challenge_belongs_to_the_session_that_asked(enrolled: Person, tables: Tables, factor: str) -> None:
    challenge = enrolled.challenge(factor)
    code = right_answer(enrolled, tables, factor, challenge)
    enrolled.sign_in()

    assert_refused(enrolled.answer(challenge, code), 401, "user_invalid_token")


@walk
def test_challenge_expires(enrolled: Person, tables: Tables, factor: str) -> None:
    challenge = enrolled.challenge(factor)
    code = right_answer(enrolled, tables, factor, challenge)
    enrolled.clock.advance(minutes=10)

    fresh = enrolled.totp_code() if factor == "totp" else code
    assert_refused(enrolled.answer(challenge, fresh), 401, "user_invalid_token")


@walk
def test_nothing_that_is_kept_or_shown_gives_the_answer_away(enrolled: Person, tables: Tables, factor: str) -> None:
    answer = enrolled.begin_challenge(factor)
    code = right_answer(enrolled, tables, factor, answer.json["$id"])

    kept = tables.item(keys.challenge(answer.json["$id"])).get("kept", b"")

    assert code not in answer.text
    assert code.encode() not in kept
    assert kept != hashlib.sha256(code.encode()).digest()


@walk
def test_user_without_it_cannot_answer(person: Person, tables: Tables, factor: str) -> None:
    allow_passkeys(tables, person.clock, factors={factor: True})

    listed = person.get("/account/mfa/factors").json[factor]

    assert listed is named(factor).by_team  # which needs no proof
    nobody_lacks_it = named(factor).lasts and not named(factor).rests_on
    assert named(factor).enrolled(NOBODY) is nobody_lacks_it


def test_names_differ_in_more_than_case() -> None:
    assert len(BY_NAME) == len(FACTORS)
    assert all(named(factor.name.upper()) is factor for factor in FACTORS)


def test_only_verified_possessions_make_the_gate_close() -> None:
    assert {factor.name for factor in FACTORS if factor.proof} == COUNTING


@pytest.mark.parametrize(
    ("mfa", "verified", "expected"), [(True, True, True), (True, False, False), (False, True, False)]
)
def test_mfa_is_in_force_when_it_is_on_and_can_be_met(mfa: bool, verified: bool, expected: bool) -> None:
    user = User(
        id="somebody",
        created=1,
        updated=1,
        accessed=1,
        generation=1,
        email="a@example.test",
        email_verified=verified,
        recovery_codes=frozenset({"abc"}),
        mfa=mfa,
    )

    assert in_force(user) is expected
    assert counting(user) == (["email"] if verified else [])
