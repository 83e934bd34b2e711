"""What a session has just proven itself counts as a challenge that it has just passed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chalicelib.storage import keys
from tests.support.api import Answer, assert_refused
from tests.support.clock import Clock
from tests.support.faults import meanwhile
from tests.support.person import RETURN_URL, People, Person
from tests.support.tables import Tables, switch_project
from tests.support.tokens import bearer

CHALLENGED = (401, "user_challenge_required")
HALF = (401, "user_more_factors_required")


def ask_for_link(person: Person) -> dict[str, str]:
    assert person.post("/account/verifications/email", {"url": RETURN_URL}).status == 201
    return {"userId": person.id, "secret": person.mailed_secret()}


def ask_for_code(person: Person) -> dict[str, str]:
    if not person.phone:
        person.set_phone()
    assert person.post("/account/verifications/phone").status == 201
    return {"userId": person.id, "secret": person.texted_code()}


PROOFS: dict[str, tuple[Callable[[Person], dict[str, str]], str]] = {
    "email": (ask_for_link, "/account/verifications/email"),
    "phone": (ask_for_code, "/account/verifications/phone"),
}


def prove(person: Person, factor: str) -> Answer:
    """Add a factor in the person's own session."""
    if factor == "totp":
        person.begin_authenticator()
        return person.put("/account/mfa/authenticators/totp", {"otp": person.totp_code()})
    ask, path = PROOFS[factor]
    return person.put(path, ask(person))


def factors(person: Person) -> list[str]:
    found = person.get("/account/sessions/current").json["factors"]
    assert isinstance(found, list)
    return found


any_factor = pytest.mark.parametrize("factor", ["totp", *PROOFS])
sent = pytest.mark.parametrize("factor", PROOFS)


@any_factor
@pytest.mark.parametrize("first", ["the factor", "MFA"])
def test_recovery_codes_can_be_made_right_after_the_factor_and_mfa(person: Person, factor: str, first: str) -> None:
    """The order of many apps: authenticator, MFA on, recovery codes."""
    steps: list[Callable[[], Answer]] = [lambda: prove(person, factor), lambda: person.switch_mfa(True)]
    for step in steps if first == "the factor" else reversed(steps):
        assert step().status == 200

    assert person.post("/account/mfa/recovery-codes").status == 201
    assert factors(person) == ["password", factor]
    person.sign_in()
    person.pass_challenge(factor)


@any_factor
def test_it_is_recent_for_five_minutes(person: Person, clock: Clock, factor: str) -> None:
    proven = int(prove(person, factor).status == 200 and clock())
    assert person.switch_mfa(True).status == 200
    clock.advance(seconds=proven + 299 - clock())
    assert person.post("/account/mfa/recovery-codes").status == 201

    clock.advance(seconds=3)

    assert_refused(person.get("/account/mfa/recovery-codes"), *CHALLENGED)


@sent
def test_second_factor_is_recent_too(people: People, factor: str) -> None:
    person = people.new(mfa=True)
    person.pass_challenge()
    proof = PROOFS[factor][0](person)
    person.clock.advance(minutes=6)
    assert_refused(person.get("/account/mfa/recovery-codes"), *CHALLENGED)

    assert person.put(PROOFS[factor][1], proof).status == 200

    assert person.post("/account/mfa/recovery-codes").status == 201


@sent
def test_proof_that_nobody_or_another_session_or_user_gives_makes_no_session_recent(
    people: People, factor: str
) -> None:
    ask, path = PROOFS[factor]
    for giver in ("nobody", "another session", "another user", "a token"):
        person, other = people.new(), people.new()
        proof, session = ask(person), person.session
        if giver == "a token":
            answer = person.api.put(path, proof, headers=bearer(person.jwt()))
        else:
            value = {"nobody": "", "another session": person.sign_in(), "another user": other.session}[giver]
            answer = person.put(path, proof, session=value)
        assert answer.status == 200, giver
        person.session = session

        assert factors(person) == ["password"], giver
        assert_refused(other.get("/account/mfa/recovery-codes"), *CHALLENGED)
        assert_refused(person.get("/account/mfa/recovery-codes"), *CHALLENGED)


@sent
def test_factor_that_the_project_has_switched_off_makes_no_session_recent(
    people: People, tables: Tables, factor: str
) -> None:
    person = people.new(mfa=True)
    person.pass_challenge()
    proof = PROOFS[factor][0](person)
    person.clock.advance(minutes=6)
    switch_project(tables, person.clock, factors={factor: False})

    assert person.put(PROOFS[factor][1], proof).status == 200

    assert factors(person) == ["password", "totp"]
    assert_refused(person.post("/account/mfa/recovery-codes"), *CHALLENGED)


@sent
def test_half_session_proves_nothing(people: People, factor: str) -> None:
    person = people.new(mfa=True)
    person.pass_challenge()
    proof = PROOFS[factor][0](person)
    person.sign_in()

    assert_refused(person.put(PROOFS[factor][1], proof), *HALF)

    assert_refused(person.get("/account"), *HALF)


@sent
def test_session_that_has_become_half_meanwhile_proves_the_factor_and_passes_none(
    people: People, tables: Tables, factor: str
) -> None:
    person = people.new(authenticator=True)
    person.sign_in()
    proof = PROOFS[factor][0](person)

    with meanwhile(lambda: tables.change(keys.user(person.id), mfa=True)):
        assert person.put(PROOFS[factor][1], proof).status == 200

    assert_refused(person.get("/account"), *HALF)
    assert person.get("/account/mfa/factors").json[factor] is True


def test_session_that_signed_in_by_sms_proves_its_number_no_second_time(person: Person, clock: Clock) -> None:
    """The channel that signed in is no second factor beside itself."""
    person.verify_phone()
    clock.advance(minutes=1)
    asked = person.api.post("/account/tokens/phone", {"userId": "x", "phone": person.phone}).json["userId"]
    opened = person.api.post("/account/sessions/token", {"userId": asked, "secret": person.texted_code()})

    assert opened.json["factors"] == ["phone"]
    assert opened.json["mfaUpdatedAt"] == ""
