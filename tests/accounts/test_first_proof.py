"""Whoever proves a mailbox late inherits nothing from whoever typed it first: pre-hijacking, kind by kind.

A. Sudhodanan and A. Paverd, "Pre-hijacked accounts", USENIX Security 2022. Two of its five kinds need a federated
sign-in (classic-federated merge, non-verifying identity provider); there is none here. The other three: an unexpired
session, a trojan identifier, an unexpired change of address.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.storage import keys
from tests.conftest import Jobs
from tests.support.api import Answer, TeamApi, assert_refused, session_value
from tests.support.authenticator import Authenticator
from tests.support.faults import meanwhile
from tests.support.person import ORIGIN, PASSWORD, RETURN_URL, People, Person
from tests.support.sign_in import MAILS, ask_for_code, sign_in_by_mail, try_code
from tests.support.tables import Tables, allow_passkeys
from tests.support.tokens import bearer

NEW = "the owner's password"
TOLD = "told@example.test"


def reset(person: Person, run_jobs: Jobs, email: str = "") -> Answer:
    """What the owner of the mailbox does: ask for a link, and set a password."""
    email = email or person.email
    assert person.api.post("/account/recovery", {"email": email, "url": RETURN_URL}).status == 201
    run_jobs()
    text = next(mail.text for mail in person.inbox.messages(email) if "Password Reset" in mail.subject)
    secret = text.split("secret=")[1].split("&")[0]
    return person.api.put("/account/recovery", {"userId": person.id, "secret": secret, "password": NEW})


def owner_of(stranger: Person) -> Person:
    owner = Person(stranger.api, stranger.inbox, stranger.clock, stranger.id, stranger.email, NEW)
    owner.sign_in()
    return owner


@pytest.fixture
def stranger(people: People) -> Person:
    """Somebody who signed up with another's address and left all that one can leave."""
    return people.new(phone_verified=True, recovery_codes=True, authenticator=True)


@pytest.mark.parametrize("keeps_sessions", [False, True])
def test_unexpired_sessions_and_tokens_end_whatever_the_policy(
    stranger: Person, team: TeamApi, run_jobs: Jobs, keeps_sessions: bool
) -> None:
    team.patch("/project/policies/session-invalidation", {"enabled": not keeps_sessions})
    token = stranger.jwt()
    made = team.post(f"/users/{stranger.id}/jwts", {"sessionId": "none"}).json["jwt"]
    server = team.post(f"/users/{stranger.id}/sessions").json["secret"]

    assert reset(stranger, run_jobs).status == 200

    for session in (stranger.session, server):
        assert_refused(stranger.get("/account", session=session), 401, "general_unauthorized_scope")
    for jwt in (token, made):
        assert_refused(stranger.api.get("/account", headers=bearer(jwt)), 401, "general_unauthorized_scope")


def test_trojan_number_authenticator_and_codes_are_gone(stranger: Person, run_jobs: Jobs, tables: Tables) -> None:
    codes = list(stranger.recovery_codes)

    assert reset(stranger, run_jobs).status == 200

    owner = owner_of(stranger)
    account = owner.get("/account").json
    assert (account["emailVerification"], account["phone"], account["phoneVerification"]) == (True, "", False)
    assert [target["providerType"] for target in account["targets"]] == ["email"]
    factors = owner.get("/account/mfa/factors").json
    assert {name for name, there in factors.items() if there} == {"email"}
    for code in codes[:2]:
        assert_refused(owner.answer(owner.challenge("recoveryCode"), code), 401, "user_invalid_token")
    kept = tables.item(keys.user(stranger.id))
    assert (kept["authenticators"], kept["sent"]) == ({}, {})
    stranger.clock.advance(seconds=31)
    asked = stranger.api.post("/account/tokens/phone", {"userId": "unique()", "phone": stranger.phone}).json["userId"]
    body = {"userId": asked, "secret": stranger.texted_code()}
    assert stranger.api.post("/account/sessions/token", body).json["userId"] == asked, "an account of its own"


def test_open_proofs_and_known_devices_are_void(people: People, run_jobs: Jobs, tables: Tables) -> None:
    stranger = people.new()
    stranger.set_phone()
    stranger.post("/account/verifications/phone")
    code = stranger.texted_code()
    stranger.post("/account/verifications/email", {"url": RETURN_URL})
    link = stranger.mailed_secret()
    stranger.begin_authenticator()

    assert reset(stranger, run_jobs).status == 200

    for kind, secret in (("phone", code), ("email", link)):
        proof = {"userId": stranger.id, "secret": secret}
        assert_refused(stranger.api.put(f"/account/verifications/{kind}", proof), 401, "user_invalid_token")
    owner = owner_of(stranger)
    answer = owner.put("/account/mfa/authenticators/totp", {"otp": stranger.totp_code()})
    assert_refused(answer, 404, "user_authenticator_not_found")
    assert len(tables.item(keys.user(stranger.id))["devices"]) == 1, "the owner's alone"


def test_change_of_address_to_mine_gives_the_stranger_nothing(people: People, run_jobs: Jobs) -> None:
    """He has an account of his own, with all proven, and moves it to my address."""
    stranger = people.new(email_verified=True, phone_verified=True, authenticator=True)
    assert stranger.patch("/account/email", {"email": "me@example.test", "password": PASSWORD}).status == 200
    stranger.email = "me@example.test"

    assert reset(stranger, run_jobs).status == 200

    assert_refused(stranger.get("/account"), 401, "general_unauthorized_scope")
    account = owner_of(stranger).get("/account").json
    assert (account["phone"], account["emailVerification"]) == ("", True)


@pytest.mark.parametrize("factor", ["authenticator", "phone_verified"])
def test_account_with_mfa_in_force_loses_the_address_and_is_not_opened(
    people: People, team: TeamApi, run_jobs: Jobs, tables: Tables, factor: str
) -> None:
    has: dict[str, Any] = {factor: True}
    stranger = people.new(mfa=True, **has)

    answer = reset(stranger, run_jobs)

    assert_refused(answer, 400, "user_email_not_verified")
    body = {"email": stranger.email, "password": NEW}
    assert_refused(stranger.api.post("/account/sessions/email", body), 401, "user_invalid_credentials")
    left = team.get(f"/users/{stranger.id}").json
    still_passable = factor == "authenticator"  # a number alone is no second factor beside itself
    assert (left["email"], left["mfa"]) == ("", still_passable), "the stranger keeps what is his"
    assert stranger.get("/account").status == (200 if still_passable else 401)
    made = stranger.api.post("/account", {"userId": "me", **body})
    assert (made.status, made.json["$id"]) == (201, "me")
    assert session_value(stranger.api.post("/account/sessions/email", body))
    assert tables.item(keys.email(stranger.email))["user_id"] == "me"


def test_mailbox_that_was_proven_keeps_its_factors(people: People, run_jobs: Jobs) -> None:
    person = people.new(email_verified=True, phone_verified=True, authenticator=True, recovery_codes=True, mfa=True)

    assert reset(person, run_jobs).status == 200

    person.password = NEW
    person.sign_in()
    person.pass_challenge("totp")
    account = person.get("/account").json
    assert (account["phone"], account["phoneVerification"], account["mfa"]) == (person.phone, True, True)
    assert len(person.get("/account/mfa/recovery-codes").json["recoveryCodes"]) == 10


@pytest.mark.parametrize("verified", [False, True])
def test_what_the_team_set_may_be_the_strangers(team: TeamApi, people: People, run_jobs: Jobs, verified: bool) -> None:
    ann = made_by_team(team, people.new(), verified)

    assert reset(ann, run_jobs).status == 200

    assert_left_nothing(team, ann)


def made_by_team(team: TeamApi, someone: Person, verified: bool) -> Person:
    """An account that the team has made of what somebody told it, or another system: with a number, verified there or
    not, recovery codes, and a target.
    """
    number = "+4915112345678"
    body = {"userId": "ann", "email": "ann@example.test", "phone": number, "password": PASSWORD}
    assert team.post("/users", body).status == 201
    if verified:
        assert team.patch("/users/ann/verification/phone", {"phoneVerification": True}).status == 200
    assert team.patch("/users/ann/mfa/recovery-codes").status == 200
    target = {"targetId": "told", "providerType": "email", "identifier": TOLD}
    assert team.post("/users/ann/targets", target).status == 201
    return Person(someone.api, someone.inbox, someone.clock, "ann", "ann@example.test", phone=number)


def assert_left_nothing(team: TeamApi, ann: Person) -> None:
    """Whoever has the number and the codes has an account of his own, and what was a target may be anybody's."""
    kept = team.get("/users/ann").json
    assert [target["identifier"] for target in kept["targets"]] == [ann.email]
    assert team.post("/users", {"userId": "told", "email": TOLD}).status == 201
    assert (kept["phone"], kept["phoneVerification"], kept["emailVerification"]) == ("", False, True)
    assert team.get("/users/ann/mfa/factors").json["recoveryCode"] is False
    asked = ask_for_code(ann.api, ann.phone).json["userId"]
    assert try_code(ann.api, ann.texted_code(), asked).json["userId"] == asked


def test_owner_is_told_what_was_taken_off(stranger: Person, run_jobs: Jobs) -> None:
    assert reset(stranger, run_jobs).status == 200
    run_jobs()

    assert "have been removed and all its sessions ended" in stranger.mails()[0]["text"].replace("\n", " ")


def test_owner_who_had_left_nothing_else_reads_the_usual_notice(person: Person, run_jobs: Jobs) -> None:
    assert reset(person, run_jobs).status == 200
    run_jobs()

    text = person.mails()[0]["text"]
    assert "password was reset" in text
    assert "removed" not in text


def test_mfa_without_a_factor_is_the_strangers_too(people: People, run_jobs: Jobs) -> None:
    """Else it would come into force with the mailbox, and the mailbox would be both factors."""
    stranger = people.new()
    assert stranger.switch_mfa(True).status == 200

    assert reset(stranger, run_jobs).status == 200

    assert owner_of(stranger).get("/account").json["mfa"] is False


@pytest.mark.parametrize("verified", [False, True])
def test_reset_is_judged_anew_when_mfa_comes_into_force_meanwhile(
    people: People, run_jobs: Jobs, tables: Tables, verified: bool
) -> None:
    """The owner of the account confirms a factor, or switches MFA on, between the reset's read and its write."""

    person = people.new(email_verified=verified, authenticator=True)
    assert person.api.post("/account/recovery", {"email": person.email, "url": RETURN_URL}).status == 201
    run_jobs()
    text = next(mail["text"] for mail in person.mails() if "Password Reset" in mail["subject"])
    body = {"userId": person.id, "secret": text.split("secret=")[1].split("&")[0], "password": NEW}
    with meanwhile(lambda: person.switch_mfa(True)):
        answer = person.api.put("/account/recovery", body)

    if not verified:
        assert_refused(answer, 400, "user_email_not_verified")
        return
    assert answer.status == 200
    person.password = NEW
    person.sign_in()
    assert_refused(person.get("/account"), 401, "user_more_factors_required")
    assert_refused(person.post("/account/mfa/challenges", {"factor": "email"}), 501, "user_auth_method_unsupported")


def blocked(stranger: Person) -> None:
    assert stranger.patch("/account/status").status == 200


def test_stranger_who_blocked_himself_does_not_hold_the_mailbox(people: People, run_jobs: Jobs, tables: Tables) -> None:
    stranger = people.new()
    blocked(stranger)

    assert_refused(reset(stranger, run_jobs), 400, "user_email_not_verified")

    body = {"email": stranger.email, "password": NEW}
    assert stranger.api.post("/account", {"userId": "me", **body}).status == 201
    assert session_value(stranger.api.post("/account/sessions/email", body))
    assert tables.item(keys.user(stranger.id))["blocked"] is True


def test_blocked_account_whose_mailbox_was_verified_gets_no_link(people: People, run_jobs: Jobs) -> None:
    person = people.new(email_verified=True)
    blocked(person)
    run_jobs()
    person.inbox.clear()

    person.api.post("/account/recovery", {"email": person.email, "url": RETURN_URL})
    run_jobs()

    assert [mail for mail in person.mails() if "Reset" in mail["subject"]] == []


def test_owner_is_told_that_what_the_team_set_was_taken_off(team: TeamApi, people: People, run_jobs: Jobs) -> None:
    ann = made_by_team(team, people.new(), verified=False)

    assert reset(ann, run_jobs).status == 200

    run_jobs()
    assert "have been removed and all its sessions ended" in ann.mails()[0]["text"].replace("\n", " ")


# Passkeys, which would sign in alone


def by_reset(stranger: Person, run_jobs: Jobs) -> None:
    assert reset(stranger, run_jobs).status == 200


def by_mail(method: str) -> Callable[[Person, Jobs], None]:
    def prove(stranger: Person, run_jobs: Jobs) -> None:
        assert sign_in_by_mail(stranger, method).status == 201

    return prove


FIRST_PROOFS = {"reset": by_reset, **{method: by_mail(method) for method in MAILS}}


@pytest.mark.parametrize("anonymous", [False, True], ids=["signed up", "anonymous"])
@pytest.mark.parametrize("prove", FIRST_PROOFS.values(), ids=list(FIRST_PROOFS))
def test_trojan_passkey_opens_nothing_made_waiting_or_used(
    people: People, tables: Tables, run_jobs: Jobs, prove: Callable[[Person, Jobs], None], anonymous: bool
) -> None:
    """Nor does the sign-in that the stranger has under way with it."""
    stranger = people.new()
    allow_passkeys(tables, stranger.clock)
    if anonymous:
        stranger = signed_up_without_a_name(stranger)
    stranger.enrol_passkey()
    waiting = stranger.begin_passkey()
    handle = tables.item(keys.user(stranger.id))["passkey_handle"]
    token, asked = sign_in_by_passkey(stranger), stranger.api.post("/account/tokens/passkey").json

    prove(stranger, run_jobs)

    assert_refused(stranger.api.post("/account/sessions/token", token), 401, "user_invalid_token")
    assert_refused(answer_of_passkey(stranger, asked), 401, "user_passkey_invalid")
    owner = Person(stranger.api, stranger.inbox, stranger.clock, stranger.id, stranger.email)
    owner.session = session_value(sign_in_by_mail(owner, "email-otp"))
    assert owner.get("/account/passkeys").json["passkeys"] == []
    credential = Authenticator(ORIGIN).create(waiting["publicKey"])
    late = owner.put(f"/account/passkeys/{waiting['passkeyId']}/verification", {"credential": credential})
    assert_refused(late, 404, "user_passkey_not_found")
    assert [item["pk"] for item in tables.items("users") if item["pk"].startswith("passkey#")] == []
    owner.enrol_passkey()
    assert tables.item(keys.user(owner.id))["passkey_handle"] != handle, "no passkey of the stranger's knows the owner"


def signed_up_without_a_name(person: Person) -> Person:
    """Somebody who begins anonymously and types an address of the person's choice."""
    begun = person.api.post("/account/sessions/anonymous")
    other = Person(person.api, person.inbox, person.clock, begun.json["userId"], f"mine-{person.email}")
    other.session = session_value(begun)
    assert other.patch("/account/email", {"email": other.email, "password": PASSWORD}).status == 200
    return other


def answer_of_passkey(person: Person, asked: dict[str, Any]) -> Answer:
    credential = person.authenticator.get(asked["publicKey"])
    return person.api.put("/account/tokens/passkey", {"challengeId": asked["$id"], "credential": credential})


def sign_in_by_passkey(person: Person) -> dict[str, str]:
    """The proof for a session, not redeemed yet."""
    answer = answer_of_passkey(person, person.api.post("/account/tokens/passkey").json)
    assert answer.status == 201, answer.text
    return {"userId": answer.json["userId"], "secret": answer.json["secret"]}


@pytest.mark.parametrize("step", ["begun", "answered"])
def test_passkey_that_comes_in_between_stops_the_first_proof_or_is_stopped_by_it(
    people: People, tables: Tables, run_jobs: Jobs, step: str
) -> None:
    stranger = people.new()
    allow_passkeys(tables, stranger.clock)
    begun = stranger.begin_passkey()
    credential = stranger.authenticator.create(begun["publicKey"])

    def comes() -> None:
        if step == "begun":
            stranger.begin_passkey()
        else:
            place = f"/account/passkeys/{begun['passkeyId']}/verification"
            assert stranger.put(place, {"credential": credential}).status == 200

    with meanwhile(comes, of="password_updated"):
        reset(stranger, run_jobs)
    reset(stranger, run_jobs)

    kept = tables.item(keys.user(stranger.id))
    assert (kept["passkeys"], kept["pending_passkeys"], "has_passkey" in kept) == ({}, {}, False)
    assert [item["pk"] for item in tables.items("users") if item["pk"].startswith("passkey#")] == []


def test_owner_is_told_that_passkeys_were_taken_off(people: People, tables: Tables, run_jobs: Jobs) -> None:
    stranger = people.new()
    allow_passkeys(tables, stranger.clock)
    stranger.enrol_passkey()
    run_jobs()
    stranger.clock.advance(days=1)

    assert reset(stranger, run_jobs).status == 200

    run_jobs()
    assert "passkeys" in stranger.mails()[0]["text"]
