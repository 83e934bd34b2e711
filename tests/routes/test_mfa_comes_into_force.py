"""MFA that was on before there was a factor comes into force with the first one; nothing from before outlives that."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support import People, Person, TeamApi, assert_refused

Jobs = Callable[[], int]
OUT = (401, "general_unauthorized_scope")


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


def test_owner_hears_of_the_codes(owner: Person, thief: Person, run_jobs: Jobs) -> None:
    owner.sign_in()
    owner.clock.advance(days=1)
    owner.verify_email()
    run_jobs()

    told = " ".join(mail["text"] for mail in owner.mails()).replace("\n", " ")
    assert "Recovery codes that were made before" in told


def test_authenticator_ends_the_other_sessions(owner: Person, thief: Person) -> None:
    owner.sign_in()
    owner.enrol_authenticator()

    assert_refused(thief.get("/account/mfa/factors"), *OUT)
    assert owner.get("/account").json["mfa"] is True


def test_authenticator_ends_nothing_where_the_policy_says_so(owner: Person, thief: Person, team: TeamApi) -> None:
    assert team.patch("/project/policies/session-invalidation", {"enabled": False}).status == 200
    owner.clock.advance(seconds=6)
    owner.sign_in()
    owner.enrol_authenticator()

    assert thief.get("/account/mfa/factors").status == 200
    assert_refused(thief.get("/account"), 401, "user_more_factors_required")


@pytest.mark.parametrize("first", ["authenticator", "link by e-mail", "code by SMS"])
def test_codes_of_the_session_that_adds_it_stay(owner: Person, team: TeamApi, first: str) -> None:
    """The guide's order: recovery codes, MFA on, then a factor."""
    owner.create_recovery_codes()
    assert owner.switch_mfa(True).status == 200
    FIRST_FACTORS[first](owner, team)

    owner.sign_in()
    owner.pass_challenge("recoveryCode")
    assert owner.get("/account").status == 200


def test_codes_of_the_team_stay(owner: Person, team: TeamApi) -> None:
    owner.recovery_codes = team.patch(f"/users/{owner.id}/mfa/recovery-codes").json["recoveryCodes"]
    assert owner.switch_mfa(True).status == 200
    owner.verify_email()

    owner.sign_in()
    owner.pass_challenge("recoveryCode")


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
