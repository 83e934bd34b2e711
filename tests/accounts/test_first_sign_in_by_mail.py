"""Whoever signs in by mail proves the mailbox: nothing that others put on its account before opens it any more."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.runtime import aws, container
from chalicelib.storage import keys
from tests.accounts.test_first_proof import assert_left_nothing, made_by_team
from tests.conftest import Jobs
from tests.support.api import Answer, TeamApi, assert_refused, session_value
from tests.support.faults import Faulty, meanwhile, refusal_of_aws
from tests.support.person import PASSWORD, RETURN_URL, People, Person
from tests.support.refusals import CREDENTIALS_INVALID, GUEST, TOKEN
from tests.support.sign_in import MAILS, ask_for_mail, mailed_token, sign_in_by_mail, try_code, try_password
from tests.support.tables import Tables

METHODS = pytest.mark.parametrize("method", MAILS)


@pytest.fixture
def stranger(people: People) -> Person:
    """Somebody who signed up with another's address and left all that one can leave."""
    return people.new(phone_verified=True, recovery_codes=True, authenticator=True)


def owner_of(stranger: Person, method: str) -> Person:
    """The owner of the mailbox, once signed in by it."""
    answer = sign_in_by_mail(stranger, method)
    return Person(
        stranger.api,
        stranger.inbox,
        stranger.clock,
        answer.json["userId"],
        stranger.email,
        phone=stranger.phone,
        session=session_value(answer),
    )


@METHODS
@pytest.mark.parametrize("keeps_sessions", [False, True])
def test_password_sessions_number_and_factors_of_before_are_gone(
    stranger: Person, team: TeamApi, tables: Tables, method: str, keeps_sessions: bool
) -> None:
    team.patch("/project/policies/session-invalidation", {"enabled": not keeps_sessions})

    owner = owner_of(stranger, method)

    assert owner.id == stranger.id
    assert_refused(try_password(stranger.api, stranger.email), *CREDENTIALS_INVALID)
    assert_refused(stranger.get("/account"), *GUEST)
    account = owner.get("/account").json
    assert (account["emailVerification"], account["phone"], account["mfa"]) == (True, "", False)
    assert team.get(f"/users/{owner.id}").json["password"] is None
    factors = owner.get("/account/mfa/factors").json
    assert {name for name, there in factors.items() if there} == {"email"}
    kept = tables.item(keys.user(owner.id))
    assert (kept["authenticators"], len(kept["devices"]), "recovery_codes" in kept) == ({}, 1, False)
    assert list(kept["sessions"]) == [owner.session_id()]
    phone = {"userId": "unique()", "phone": stranger.phone}
    stranger.clock.advance(minutes=1)
    asked = stranger.api.post("/account/tokens/phone", phone).json["userId"]
    assert try_code(stranger.api, stranger.texted_code(), asked).json["userId"] == asked, "an account of its own"


@METHODS
def test_owner_is_told_what_was_taken_off(stranger: Person, run_jobs: Jobs, method: str) -> None:
    run_jobs()
    owner = owner_of(stranger, method)
    run_jobs()

    assert "the password, phone number, authenticator app, passkeys and recovery codes" in owner.mails()[0]["text"]
    logged = [event["event"] for event in owner.get("/account/logs").json["logs"]]
    assert logged[:3] == ["session.create", "verification.update.email.first", "token.create"]


@METHODS
def test_open_proofs_of_before_prove_nothing(people: People, method: str) -> None:
    stranger = people.new()
    stranger.set_phone()
    stranger.post("/account/verifications/phone")
    stranger.post("/account/verifications/email", {"url": RETURN_URL})
    link = stranger.mailed_secret()

    owner_of(stranger, method)

    for kind, secret in (("phone", stranger.texted_code()), ("email", link)):
        proof = {"userId": stranger.id, "secret": secret}
        assert_refused(stranger.api.put(f"/account/verifications/{kind}", proof), *TOKEN)


@METHODS
@pytest.mark.parametrize("verified", [False, True])
def test_what_the_team_set_may_be_the_strangers(team: TeamApi, people: People, method: str, verified: bool) -> None:
    ann = made_by_team(team, people.new(), verified)

    assert sign_in_by_mail(ann, method).json["userId"] == "ann"

    assert_refused(try_password(ann.api, ann.email), *CREDENTIALS_INVALID)
    assert_left_nothing(team, ann)


@METHODS
def test_second_sign_in_takes_nothing_off(stranger: Person, method: str) -> None:
    owner = owner_of(stranger, method)
    assert owner.patch("/account/password", {"password": PASSWORD}).status == 200
    owner.enrol_authenticator()
    owner.clock.advance(minutes=1)

    assert sign_in_by_mail(owner, method).json["userId"] == owner.id

    assert try_password(owner.api, owner.email).status == 201
    assert owner.get("/account/mfa/factors").json["totp"] is True


def with_mfa(people: People, factor: str) -> Person:
    has: dict[str, Any] = {factor: True}
    return people.new(mfa=True, **has)


@METHODS
@pytest.mark.parametrize("factor", ["authenticator", "phone_verified"])
def test_account_with_mfa_in_force_loses_the_address_and_the_mailbox_has_its_own(
    people: People, team: TeamApi, tables: Tables, method: str, factor: str
) -> None:
    stranger = with_mfa(people, factor)

    owner = owner_of(stranger, method)

    assert owner.id != stranger.id
    assert owner.get("/account").json["email"] == stranger.email
    assert tables.item(keys.email(stranger.email))["user_id"] == owner.id
    left = team.get(f"/users/{stranger.id}").json
    assert left["email"] == ""
    assert left["mfa"] is (factor == "authenticator"), "a number alone is no second factor beside itself"
    assert_refused(try_password(stranger.api, stranger.email), *CREDENTIALS_INVALID)


@METHODS
def test_stranger_who_blocked_himself_does_not_hold_the_mailbox(people: People, team: TeamApi, method: str) -> None:
    stranger = people.new()
    assert stranger.patch("/account/status").status == 200

    owner = owner_of(stranger, method)

    assert owner.id != stranger.id
    left = team.get(f"/users/{stranger.id}").json
    assert (left["email"], left["status"]) == ("", False)


def answered_in_the_midst_of(person: Person, method: str, change: Any) -> Answer:
    """The answer to the right token, when its account changes after it was read."""
    asked = ask_for_mail(person.api, method, person.email).json["userId"]
    secret = mailed_token(person.inbox, person.email)
    with meanwhile(change):
        return try_code(person.api, secret, asked)


@METHODS
@pytest.mark.parametrize("what", ["moved", "unverified"])
def test_mailbox_that_is_not_the_accounts_any_more_does_not_open_it_as_it_is(
    people: People, team: TeamApi, method: str, what: str
) -> None:
    team.patch("/project/policies/session-invalidation", {"enabled": False})
    person = people.new(email_verified=True)

    def move() -> None:
        person.email = "other@example.test"
        assert person.patch("/account/email", {"email": person.email, "password": PASSWORD}).status == 200
        person.verify_email()

    def doubt() -> None:
        assert team.patch(f"/users/{person.id}/verification", {"emailVerification": False}).status == 200

    answer = answered_in_the_midst_of(person, method, move if what == "moved" else doubt)

    assert answer.status == 201
    assert (answer.json["userId"] == person.id) is (what == "unverified")
    assert (team.get(f"/users/{person.id}").json["password"] is None) is (what == "unverified")


@pytest.mark.parametrize("how", ["guessed at", "superseded"])
def test_code_that_dies_meanwhile_proves_nothing(people: People, how: str) -> None:
    stranger = people.new()
    asked = ask_for_mail(stranger.api, "email-otp", stranger.email).json["userId"]
    code = stranger.mailed_code()
    stranger.clock.advance(seconds=31)

    def kill() -> None:
        if how == "superseded":
            assert ask_for_mail(stranger.api, "email-otp", stranger.email, asked).json["userId"] == asked
        else:
            assert {try_code(stranger.api, "x", asked).status for _ in range(5)} == {401}

    with meanwhile(kill):
        answer = try_code(stranger.api, code, asked)

    assert_refused(answer, *TOKEN)
    assert try_password(stranger.api, stranger.email).status == 201
    assert stranger.get("/account").json["emailVerification"] is False


@METHODS
def test_mfa_that_comes_into_force_meanwhile_is_not_opened(people: People, method: str) -> None:
    stranger = people.new(authenticator=True)

    answer = answered_in_the_midst_of(stranger, method, lambda: stranger.switch_mfa(True))

    assert answer.status == 201
    assert answer.json["userId"] != stranger.id


@METHODS
def test_password_that_is_set_meanwhile_is_gone_too(people: People, team: TeamApi, method: str) -> None:
    team.patch("/project/policies/session-invalidation", {"enabled": False})
    team.post("/users", {"userId": "ann", "email": "ann@example.test"})
    some = people.new()
    session = team.post("/users/ann/sessions").json["secret"]
    stranger = Person(some.api, some.inbox, some.clock, "ann", "ann@example.test", session=session)

    answer = answered_in_the_midst_of(
        stranger, method, lambda: stranger.patch("/account/password", {"password": PASSWORD})
    )

    assert answer.json["userId"] == "ann"
    assert team.get("/users/ann").json["password"] is None


@METHODS
def test_token_is_still_good_when_only_the_proof_was_kept(people: People, method: str) -> None:
    class FailingLater:
        """DynamoDB that takes one transaction and refuses the next."""

        taken = 0

        def __getattr__(self, operation: str) -> Any:
            if operation == "transact_write_items":
                FailingLater.taken += 1
                if FailingLater.taken > 1:
                    return getattr(failing, operation)
            return getattr(real, operation)

    stranger = people.new()
    asked = ask_for_mail(stranger.api, method, stranger.email).json["userId"]
    secret = mailed_token(stranger.inbox, stranger.email)
    real, failing = aws.client("dynamodb"), Faulty(refusal_of_aws("InternalServerError"))
    with container.override("dynamodb", FailingLater()):
        assert_refused(try_code(stranger.api, secret, asked), 503, "general_service_unavailable")

    assert_refused(try_password(stranger.api, stranger.email), *CREDENTIALS_INVALID)
    assert try_code(stranger.api, secret, asked).json["userId"] == stranger.id
