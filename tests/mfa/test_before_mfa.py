"""What was done before MFA was switched on, or before a block or a change of password, does not outlive it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.factors.registry import FACTORS
from tests.conftest import Jobs
from tests.support.api import Answer, TeamApi, assert_refused
from tests.support.faults import meanwhile
from tests.support.person import PASSWORD, RETURN_URL, People, Person
from tests.support.tokens import bearer

OUT = (401, "general_unauthorized_scope")


@pytest.fixture
def owner(people: People) -> Person:
    return people.new(email_verified=True)


def thief_of(owner: Person) -> Person:
    """Somebody else who is signed in to the account."""
    thief = Person(owner.api, owner.inbox, owner.clock, owner.id, owner.email)
    thief.sign_in()
    return thief


# Sessions and recovery codes


def test_switching_mfa_on_ends_the_other_sessions_and_their_tokens(owner: Person) -> None:
    thief = thief_of(owner)
    token = thief.jwt()

    assert owner.switch_mfa(True).status == 200

    assert_refused(thief.get("/account/mfa/factors"), *OUT)
    assert_refused(owner.api.get("/account", headers=bearer(token)), *OUT)
    assert owner.get("/account").json["mfa"] is True


def test_switching_it_on_again_ends_nothing_and_tells_nobody(owner: Person, run_jobs: Jobs) -> None:
    assert owner.switch_mfa(True).status == 200
    other = thief_of(owner)
    other.pass_challenge("email")
    run_jobs()
    owner.inbox.clear()

    assert owner.switch_mfa(True).status == 200

    assert other.get("/account").status == 200
    run_jobs()
    assert owner.mails() == []


def test_switching_off_what_is_off_tells_nobody(owner: Person, run_jobs: Jobs) -> None:
    run_jobs()
    owner.inbox.clear()

    assert owner.switch_mfa(False).json["mfa"] is False

    run_jobs()
    assert owner.mails() == []


def test_codes_that_another_session_made_are_void_and_the_owner_hears_of_it(owner: Person, run_jobs: Jobs) -> None:
    thief = thief_of(owner)
    thief.create_recovery_codes()
    run_jobs()
    owner.inbox.clear()

    assert owner.switch_mfa(True).status == 200

    run_jobs()
    [notice] = owner.mails()
    assert "Recovery codes that were made before" in notice["text"].replace("\n", " ")
    thief.sign_in()
    assert thief.get("/account/mfa/factors").json["recoveryCode"] is False
    code = thief.recovery_codes[0]
    assert_refused(thief.answer(thief.challenge("recoveryCode"), code), 401, "user_invalid_token")
    owner.pass_challenge("email")
    owner.create_recovery_codes()
    thief.sign_in()
    assert_refused(thief.answer(thief.challenge("recoveryCode"), code), 401, "user_invalid_token")


def by_token(owner: Person) -> None:
    made = owner.api.post("/account/mfa/recovery-codes", headers=bearer(owner.jwt()))
    owner.recovery_codes = made.json["recoveryCodes"]


@pytest.mark.parametrize("make", [Person.create_recovery_codes, by_token])
def test_codes_of_the_session_itself_stay(owner: Person, run_jobs: Jobs, make: Callable[[Person], Any]) -> None:
    make(owner)
    run_jobs()
    owner.inbox.clear()

    assert owner.switch_mfa(True).status == 200

    run_jobs()
    [notice] = owner.mails()
    assert "Recovery codes" not in notice["text"]
    owner.sign_in()
    owner.pass_challenge("recoveryCode")


def test_codes_of_the_team_stay(owner: Person, team: TeamApi) -> None:
    owner.recovery_codes = team.patch(f"/users/{owner.id}/mfa/recovery-codes").json["recoveryCodes"]

    assert owner.switch_mfa(True).status == 200

    owner.sign_in()
    owner.pass_challenge("recoveryCode")


def test_team_switches_it_on_with_the_same_effect(owner: Person, team: TeamApi) -> None:
    owner.create_recovery_codes()

    assert team.patch(f"/users/{owner.id}/mfa", {"mfa": True}).status == 200

    assert_refused(owner.get("/account"), *OUT)
    owner.sign_in()
    assert owner.get("/account/mfa/factors").json["recoveryCode"] is False


# Blocking


def unblocked(person: Person, team: TeamApi) -> None:
    assert team.patch(f"/users/{person.id}/status", {"status": True}).status == 200


@pytest.mark.parametrize("who", ["team", "himself"])
def test_blocking_ends_sessions_and_tokens_for_good(owner: Person, team: TeamApi, who: str) -> None:
    token, server = owner.jwt(), team.post(f"/users/{owner.id}/sessions").json["secret"]
    free = team.post(f"/users/{owner.id}/jwts", {"sessionId": "none"}).json["jwt"]
    if who == "team":
        team.patch(f"/users/{owner.id}/status", {"status": False})
    else:
        assert owner.patch("/account/status").status == 200
    for session in (owner.session, server):
        assert_refused(owner.get("/account", session=session), 403, "user_blocked")

    unblocked(owner, team)

    for session in (owner.session, server):
        assert_refused(owner.get("/account", session=session), *OUT)
    for jwt in (token, free):
        assert_refused(owner.api.get("/account", headers=bearer(jwt)), *OUT)
    owner.sign_in()
    assert owner.get("/account").status == 200
    assert owner.get("/account/sessions").json["total"] == 1


def test_blocked_user_gets_no_session_and_no_token_by_any_way_in(people: People, team: TeamApi, run_jobs: Jobs) -> None:
    person = people.new(email_verified=True, phone_verified=True)
    person.clock.advance(seconds=31)
    asked = person.api.post("/account/tokens/phone", {"userId": "x", "phone": person.phone}).json["userId"]
    code = person.texted_code()
    person.api.post("/account/recovery", {"email": person.email, "url": RETURN_URL})
    run_jobs()
    link = next(mail["text"] for mail in person.mails() if "secret=" in mail["text"] and "Reset" in mail["subject"])
    team.patch(f"/users/{person.id}/status", {"status": False})
    body = {"email": person.email, "password": PASSWORD}
    refusals = [
        person.api.post("/account/sessions/email", body),
        person.api.post("/account/sessions/token", {"userId": asked, "secret": code}),
        team.post(f"/users/{person.id}/sessions"),
        team.post(f"/users/{person.id}/jwts"),
    ]
    secret = link.split("secret=")[1].split("&")[0]
    reset = {"userId": person.id, "secret": secret, "password": "another password"}

    for refused in refusals:
        assert_refused(refused, 403, "user_blocked")
    assert_refused(person.api.put("/account/recovery", reset), 401, "user_invalid_token")
    unblocked(person, team)
    assert_refused(person.api.put("/account/recovery", reset), 401, "user_invalid_token")
    person.sign_in()


@pytest.mark.parametrize("tried", [True, False], ids=["tried meanwhile", "kept"])
def test_sign_in_code_from_before_a_block_opens_nothing_after_it(people: People, team: TeamApi, tried: bool) -> None:
    person = people.new(phone_verified=True)
    person.clock.advance(seconds=31)
    asked = person.api.post("/account/tokens/phone", {"userId": "x", "phone": person.phone}).json["userId"]
    code = {"userId": asked, "secret": person.texted_code()}
    team.patch(f"/users/{person.id}/status", {"status": False})
    if tried:
        assert_refused(person.api.post("/account/sessions/token", code), 403, "user_blocked")
    unblocked(person, team)

    assert_refused(person.api.post("/account/sessions/token", code), 401, "user_invalid_token")

    person.clock.advance(seconds=31)
    asked = person.api.post("/account/tokens/phone", {"userId": "x", "phone": person.phone}).json["userId"]
    fresh = {"userId": asked, "secret": person.texted_code()}
    assert person.api.post("/account/sessions/token", fresh).status == 201


def test_blocked_user_gets_no_code_and_no_text_and_nobody_can_tell(
    people: People, team: TeamApi, run_jobs: Jobs
) -> None:
    person = people.new(email_verified=True, phone_verified=True)
    team.patch(f"/users/{person.id}/status", {"status": False})
    person.clock.advance(seconds=31)
    run_jobs()
    person.inbox.clear()

    answer = person.api.post("/account/tokens/phone", {"userId": "x", "phone": person.phone})
    person.api.post("/account/recovery", {"email": person.email, "url": RETURN_URL})
    run_jobs()

    assert (answer.status, answer.json["userId"]) == (201, "x")
    assert person.inbox.messages() == []


def test_blocking_oneself_needs_a_recent_challenge_once_mfa_is_in_force(people: People) -> None:
    person = people.new(mfa=True)

    assert_refused(person.patch("/account/status"), 401, "user_challenge_required")
    assert person.get("/account").status == 200
    person.pass_challenge("totp")

    assert person.patch("/account/status").status == 200


# What was decided on something that has moved since


def enrol(thief: Person) -> Answer:
    return thief.post("/account/mfa/authenticators/totp")


def confirm(thief: Person) -> Answer:
    return thief.put("/account/mfa/authenticators/totp", {"otp": thief.totp_code()})


CHANGES: dict[str, Callable[[Person], Answer]] = {
    "password": lambda thief: thief.patch("/account/password", {"password": "stolen one", "oldPassword": PASSWORD}),
    "email": lambda thief: thief.patch("/account/email", {"email": "thief@example.test", "password": PASSWORD}),
    "phone": lambda thief: thief.patch("/account/phone", {"phone": "+4915112345678", "password": PASSWORD}),
    "enrol": enrol,
    "confirm": confirm,
    "recovery codes": lambda thief: thief.post("/account/mfa/recovery-codes"),
    "mfa off": lambda thief: thief.switch_mfa(False),
    "block": lambda thief: thief.patch("/account/status"),
}
AFTERWARDS = {"user_challenge_required", "general_service_unavailable"}


@pytest.mark.parametrize("keeps_sessions", [False, True])
@pytest.mark.parametrize("change", CHANGES)
def test_change_that_was_let_in_without_mfa_does_not_happen_once_it_is_in_force(
    owner: Person, team: TeamApi, change: str, keeps_sessions: bool
) -> None:
    """The thief's request has been checked when the owner switches MFA on."""
    team.patch("/project/policies/session-invalidation", {"enabled": not keeps_sessions})
    thief = thief_of(owner)
    if change in ("enrol", "confirm"):  # which fetches the data key as well
        thief.begin_authenticator()
    if change == "mfa off":  # it is on already, and comes into force by the owner's factor
        team.patch(f"/users/{owner.id}/verification", {"emailVerification": False})
        owner.sign_in()
        owner.switch_mfa(True)
        thief.sign_in()

        def happen() -> None:
            team.patch(f"/users/{owner.id}/verification", {"emailVerification": True})
    else:

        def happen() -> None:
            assert owner.switch_mfa(True).status == 200

    with meanwhile(happen):
        answer = CHANGES[change](thief)

    assert answer.status >= 400
    assert answer.json["type"] in AFTERWARDS
    account = team.get(f"/users/{owner.id}").json
    assert (account["mfa"], account["status"], account["email"], account["phone"]) == (True, True, owner.email, "")
    factors = team.get(f"/users/{owner.id}/mfa/factors").json
    assert (factors["totp"], factors["recoveryCode"]) == (False, False)
    owner.sign_in()


@pytest.mark.parametrize("change", sorted(set(CHANGES) - {"mfa off"}))
def test_change_by_a_session_that_is_ended_meanwhile_does_not_happen(owner: Person, change: str) -> None:
    thief = thief_of(owner)
    if change in ("enrol", "confirm"):
        thief.begin_authenticator()

    with meanwhile(lambda: owner.delete("/account/sessions")):
        answer = CHANGES[change](thief)

    assert answer.status in (401, 503)
    owner.sign_in()
    account = owner.get("/account").json
    assert (account["email"], account["phone"], account["status"]) == (owner.email, "", True)
    assert owner.get("/account/mfa/factors").json == {factor.name: factor.name == "email" for factor in FACTORS}


def test_mailed_code_is_no_proof_of_a_mailbox_that_has_changed_meanwhile(owner: Person, team: TeamApi) -> None:
    owner.switch_mfa(True)
    half = thief_of(owner)
    challenge = half.challenge("email")
    code = half.mailed_code()

    def happen() -> None:
        team.patch(f"/users/{owner.id}/verification", {"emailVerification": False})

    with meanwhile(happen):
        answer = half.answer(challenge, code)

    assert_refused(answer, 401, "user_invalid_token")
