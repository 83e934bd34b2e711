"""MFA that was on before there was a factor comes into force with the first one; nothing from before outlives that."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from infra.local.inbox import Inbox
from tests.conftest import Jobs
from tests.support.api import Answer, Api, TeamApi, assert_refused, session_value
from tests.support.clock import Clock
from tests.support.person import PASSWORD, RETURN_URL, People, Person
from tests.support.tables import Tables, switch_project

OUT = (401, "general_unauthorized_scope")


def proof(owner: Person, secret: str) -> dict[str, str]:
    return {"userId": owner.id, "secret": secret}


def keep_sessions(owner: Person, team: TeamApi) -> None:
    assert team.patch("/project/policies/session-invalidation", {"enabled": False}).status == 200
    owner.clock.advance(seconds=6)


@pytest.fixture
def owner(people: People) -> Person:
    return people.new()


@pytest.fixture
def thief(owner: Person) -> Person:
    """Somebody who has the password. He has switched MFA on, which waits for a factor, and made recovery codes."""
    thief = Person(owner.api, owner.inbox, owner.clock, owner.id, owner.email)
    thief.sign_in()
    assert thief.switch_mfa(True).status == 200
    thief.create_recovery_codes()
    return thief


def flagged(kind: str, path: str) -> Callable[[Person, TeamApi], None]:
    def flag(owner: Person, team: TeamApi) -> None:
        if kind == "phone":
            owner.set_phone()
        assert team.patch(f"/users/{owner.id}/{path}", {f"{kind}Verification": True}).status == 200

    return flag


FIRST_FACTORS: dict[str, Callable[[Person, TeamApi], None]] = {
    "authenticator": lambda owner, team: owner.enrol_authenticator(),
    "link by e-mail": lambda owner, team: owner.verify_email(),
    "code by SMS": lambda owner, team: owner.verify_phone(),
    "mailbox, says the team": flagged("email", "verification"),
    "number, says the team": flagged("phone", "verification/phone"),
}


@pytest.mark.parametrize("first", FIRST_FACTORS)
def test_codes_that_another_session_made_are_void(owner: Person, thief: Person, team: TeamApi, first: str) -> None:
    owner.sign_in()
    owner.clock.advance(days=1)
    FIRST_FACTORS[first](owner, team)

    thief.sign_in()
    code = thief.recovery_codes[0]
    assert_refused(thief.answer(thief.challenge("recoveryCode"), code), 401, "user_invalid_token")


PROOFS_OF: dict[str, Callable[[Person], dict[str, str]]] = {
    "email": lambda thief: proof(thief, link_of(thief)),
    "phone": lambda thief: proof(thief, code_of(thief)),
}


def link_of(person: Person) -> str:
    assert person.post("/account/verifications/email", {"url": RETURN_URL}).status == 201
    return person.mailed_secret()


def code_of(person: Person) -> str:
    person.set_phone()
    assert person.post("/account/verifications/phone").status == 201
    return person.texted_code()


@pytest.mark.parametrize("keeps", [False, True], ids=["sessions end", "sessions stay"])
@pytest.mark.parametrize("first", ["MFA", "factor"])
@pytest.mark.parametrize("kind", PROOFS_OF)
def test_proof_that_was_asked_for_before_makes_no_factor_after(
    owner: Person, team: TeamApi, kind: str, first: str, keeps: bool
) -> None:
    """Whoever had the password asked for it, and needs no session to redeem it."""
    if keeps:
        keep_sessions(owner, team)
    held = PROOFS_OF[kind](owner)
    owner.sign_in()
    steps: list[Callable[[], object]] = [owner.enrol_authenticator, lambda: owner.switch_mfa(True)]
    for step in steps if first == "factor" else reversed(steps):
        step()

    assert_refused(owner.api.put(f"/account/verifications/{kind}", held), 401, "user_invalid_token")

    assert owner.get("/account/mfa/factors").json[kind] is False


@pytest.mark.parametrize("kind", PROOFS_OF)
def test_proof_stays_good_while_mfa_waits_for_a_factor(owner: Person, kind: str) -> None:
    held = PROOFS_OF[kind](owner)
    owner.switch_mfa(True)

    assert owner.put(f"/account/verifications/{kind}", held).status == 200


def test_owner_hears_of_the_codes(owner: Person, thief: Person, run_jobs: Jobs) -> None:
    owner.sign_in()
    owner.clock.advance(days=1)
    owner.verify_email()
    run_jobs()

    told = " ".join(mail["text"] for mail in owner.mails()).replace("\n", " ")
    assert "Recovery codes that were made before" in told


def test_link_that_the_thief_asked_for_keeps_no_code_of_his(owner: Person, thief: Person) -> None:
    """Whose session redeems it counts, not whose asked for it."""
    owner.sign_in()
    assert thief.post("/account/verifications/email", {"url": RETURN_URL}).status == 201
    assert owner.put("/account/verifications/email", proof(owner, owner.mailed_secret())).status == 200

    thief.sign_in()
    assert thief.get("/account/mfa/factors").json["recoveryCode"] is False


@pytest.mark.parametrize("first", FIRST_FACTORS)
def test_other_sessions_end(owner: Person, thief: Person, team: TeamApi, first: str) -> None:
    """One of them may hold a factor that is no more: an authenticator that was enrolled and removed."""
    owner.sign_in()
    FIRST_FACTORS[first](owner, team)

    assert_refused(thief.get("/account/mfa/factors"), *OUT)
    assert team.get(f"/users/{owner.id}").json["mfa"] is True


def test_session_that_redeems_the_proof_lives_on_and_has_passed_it(owner: Person) -> None:
    owner.sign_in()
    assert owner.switch_mfa(True).status == 200
    assert owner.post("/account/verifications/email", {"url": RETURN_URL}).status == 201

    assert owner.put("/account/verifications/email", proof(owner, owner.mailed_secret())).status == 200

    assert owner.get("/account").json["mfa"] is True
    assert owner.get("/account/sessions/current").json["factors"] == ["password", "email"]


def test_session_of_somebody_else_may_redeem_it_and_gains_nothing(owner: Person, thief: Person, people: People) -> None:
    other = people.new()
    owner.sign_in()
    assert owner.post("/account/verifications/email", {"url": RETURN_URL}).status == 201

    assert other.put("/account/verifications/email", proof(owner, owner.mailed_secret())).status == 200

    assert other.get("/account").json["$id"] == other.id
    for session in (owner, thief):
        assert_refused(session.get("/account/mfa/factors"), *OUT)


def test_recovery_code_is_no_factor_before_mfa_is_in_force(owner: Person, thief: Person, team: TeamApi) -> None:
    """Whoever has the password makes some: the session would be whole once MFA is in force, were it to live on."""
    keep_sessions(owner, team)
    assert thief.answer(thief.challenge("recoveryCode"), thief.recovery_codes[0]).status == 200
    owner.sign_in()
    owner.enrol_authenticator()

    assert_refused(thief.get("/account"), 401, "user_more_factors_required")
    assert_refused(thief.switch_mfa(False), 401, "user_more_factors_required")


def test_nothing_ends_where_the_policy_says_so(owner: Person, thief: Person, team: TeamApi) -> None:
    keep_sessions(owner, team)
    owner.sign_in()
    owner.enrol_authenticator()

    assert thief.get("/account/mfa/factors").status == 200
    assert_refused(thief.get("/account"), 401, "user_more_factors_required")


def test_owner_hears_at_the_mailbox_that_the_link_proves(owner: Person, tables: Tables, run_jobs: Jobs) -> None:
    """It had its one notice of the day as long as it was not proven."""
    assert owner.switch_mfa(True).status == 200
    run_jobs()
    owner.inbox.clear()
    switch_project(tables, owner.clock, factors={"email": False})

    redeemed_by_mail(owner)

    assert owner.get("/account").json["mfa"] is False
    run_jobs()
    assert [mail for mail in owner.mails() if "switched off" in mail["text"].replace("\n", " ")]


def test_authenticator_that_the_project_does_not_allow_switches_mfa_off_and_ends_nothing(
    owner: Person, team: TeamApi
) -> None:
    assert owner.switch_mfa(True).status == 200
    other = Person(owner.api, owner.inbox, owner.clock, owner.id, owner.email)
    other.sign_in()
    assert team.patch("/project/policies/mfa-factors", {"totp": False}).status == 200
    owner.clock.advance(seconds=6)
    owner.enrol_authenticator()

    assert other.get("/account").json["mfa"] is False


def redeemed_by_mail(owner: Person) -> None:
    assert owner.post("/account/verifications/email", {"url": RETURN_URL}).status == 201
    assert owner.put("/account/verifications/email", proof(owner, owner.mailed_secret())).status == 200


def redeemed_by_sms(owner: Person) -> None:
    assert owner.post("/account/verifications/phone").status == 201
    assert owner.put("/account/verifications/phone", proof(owner, owner.texted_code())).status == 200


@pytest.mark.parametrize("first", [Person.enrol_authenticator, redeemed_by_mail, redeemed_by_sms])
def test_codes_of_the_session_that_adds_it_stay(owner: Person, first: Callable[[Person], object]) -> None:
    """The guide's order: recovery codes, MFA on, then a factor."""
    owner.set_phone()
    owner.create_recovery_codes()
    assert owner.switch_mfa(True).status == 200
    first(owner)

    owner.sign_in()
    owner.pass_challenge("recoveryCode")
    assert owner.get("/account").status == 200


def test_codes_of_the_team_stay(owner: Person, team: TeamApi) -> None:
    owner.recovery_codes = team.patch(f"/users/{owner.id}/mfa/recovery-codes").json["recoveryCodes"]
    assert owner.switch_mfa(True).status == 200
    owner.verify_email()

    owner.sign_in()
    owner.pass_challenge("recoveryCode")


@pytest.fixture
def of_the_teams(team: TeamApi, api: Api, inbox: Inbox, clock: Clock) -> Person:
    """Somebody whom the team made with a number and a password; MFA is on and waits for a factor."""
    number = "+4915112345678"
    body = {"userId": "ann", "phone": number, "email": "ann@example.test", "password": PASSWORD}
    assert team.post("/users", body).status == 201
    person = Person(api, inbox, clock, "ann", "ann@example.test", phone=number)
    person.sign_in()
    assert person.switch_mfa(True).status == 200
    return person


def by_code(person: Person) -> Answer:
    asked = person.api.post("/account/tokens/phone", {"userId": "x", "phone": person.phone}).json["userId"]
    return person.api.post("/account/sessions/token", {"userId": asked, "secret": person.texted_code()})


@pytest.mark.parametrize("custom", [False, True], ids=["by the password only", "by the password and by itself"])
def test_sign_in_by_a_number_that_completes_a_way_in_brings_mfa_into_force(
    of_the_teams: Person, tables: Tables, custom: bool
) -> None:
    """The account is judged, not the session: whoever has the number alone must not switch MFA off by it."""
    switch_project(tables, of_the_teams.clock, factors={"custom": custom})

    answer = by_code(of_the_teams)

    assert (answer.status, answer.json["userId"]) == (201, "ann")
    assert_refused(of_the_teams.get("/account/mfa/factors"), *OUT)
    session = session_value(answer)
    assert_refused(of_the_teams.get("/account", session=session), 401, "user_more_factors_required")
    of_the_teams.sign_in()
    of_the_teams.clock.advance(minutes=1)
    of_the_teams.pass_challenge("phone")
    assert of_the_teams.get("/account").json["mfa"] is True


def test_second_factor_voids_nothing(people: People) -> None:
    owner = people.new(email_verified=True, recovery_codes=True, mfa=True)
    owner.sign_in()
    owner.pass_challenge("email")
    owner.enrol_authenticator()

    assert owner.get("/account/mfa/factors").json["recoveryCode"] is True


def test_half_session_does_not_become_whole_when_the_team_takes_the_last_factor(people: People, team: TeamApi) -> None:
    owner = people.new(email_verified=True, mfa=True)
    thief = Person(owner.api, owner.inbox, owner.clock, owner.id, owner.email)
    thief.sign_in()
    assert_refused(thief.get("/account"), 401, "user_more_factors_required")

    team.patch(f"/users/{owner.id}/verification", {"emailVerification": False})

    assert_refused(thief.get("/account"), *OUT)


@pytest.mark.parametrize(("kind", "path"), [("email", "verification"), ("phone", "verification/phone")])
def test_address_that_is_not_there_cannot_be_called_verified(
    people: People, team: TeamApi, kind: str, path: str
) -> None:
    """Else the number or mailbox that comes next would be believed unproven."""
    has = {"phone": "+4915112345678"} if kind == "email" else {"email": "ann@example.test"}
    team.post("/users", {"userId": "ann", **has})

    refused = team.patch(f"/users/ann/{path}", {f"{kind}Verification": True})

    assert_refused(refused, 400, f"user_{kind}_not_found")
    assert team.patch(f"/users/ann/{path}", {f"{kind}Verification": False}).status == 200
    assert team.get("/users/ann").json[f"{kind}Verification"] is False
