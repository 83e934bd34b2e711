"""A passkey as second factor, after a password."""

from __future__ import annotations

import json

import pytest

from chalicelib.storage import keys
from tests.support.api import TeamApi, assert_refused
from tests.support.authenticator import Authenticator, Bent, from_base64url
from tests.support.clock import Clock
from tests.support.person import ORIGIN, People, Person
from tests.support.tables import Tables, allow_passkeys, switch_project


@pytest.fixture
def owner(people: People, tables: Tables, clock: Clock) -> Person:
    """Somebody whose MFA is in force by a passkey alone, and who has given the password."""
    allow_passkeys(tables, clock)
    person = people.new(recovery_codes=True)
    person.enrol_passkey()
    assert person.switch_mfa(True).status == 200
    person.sign_in()
    return person


def test_passkey_alone_puts_mfa_in_force(owner: Person) -> None:
    assert_refused(owner.get("/account"), 401, "user_more_factors_required")
    listed = owner.get("/account/mfa/factors").json
    assert {name for name, has in listed.items() if has} == {"passkey", "recoveryCode"}

    begun = owner.begin_challenge("passkey").json
    session = owner.answer(begun["$id"], owner.right_answer("passkey")).json

    allowed = [from_base64url(each["id"]) for each in begun["publicKey"]["allowCredentials"]]
    assert allowed == [passkey.id for passkey in owner.authenticator.passkeys]
    assert session["factors"] == ["password", "passkey"]
    assert owner.get("/account").status == 200


def test_recovery_code_works_as_for_others(owner: Person) -> None:
    assert owner.pass_challenge("recoveryCode").json["factors"] == ["password", "recoveryCode"]


def test_false_answer_ends_its_challenge_and_a_slip_does_not(owner: Person) -> None:
    challenge = owner.challenge("passkey")
    right = owner.right_answer("passkey")

    assert_refused(owner.answer(challenge, "123456"), 401, "user_invalid_token")
    assert_refused(owner.answer(challenge, right[:-1]), 401, "user_invalid_token")
    phished = json.dumps(owner.authenticator.get(owner.asked, Bent(origin="https://evil.test")))
    assert_refused(owner.answer(challenge, phished), 401, "user_invalid_token")

    assert_refused(owner.answer(challenge, right), 401, "user_invalid_token")


def test_strangers_passkey_is_no_answer(owner: Person, people: People) -> None:
    stranger = people.new()
    stranger.enrol_passkey()
    challenge = owner.challenge("passkey")
    [other] = stranger.authenticator.passkeys

    signed = json.dumps(stranger.authenticator.get(owner.asked, passkey=other))

    assert_refused(owner.answer(challenge, signed), 401, "user_invalid_token")
    own = json.dumps(owner.authenticator.get(owner.asked))
    assert_refused(owner.answer(challenge, own), 401, "user_invalid_token")


def test_removed_passkey_answers_no_open_challenge(owner: Person, team: TeamApi, tables: Tables) -> None:
    switch_project(tables, owner.clock, session_invalidation=False)
    challenge = owner.challenge("passkey")
    [passkey] = team.get(f"/users/{owner.id}/passkeys").json["passkeys"]
    assert team.delete(f"/users/{owner.id}/passkeys/{passkey['$id']}").status == 204

    assert_refused(owner.answer(challenge, owner.right_answer("passkey")), 401, "user_invalid_token")


def test_last_passkey_takes_mfa_along(owner: Person, team: TeamApi) -> None:
    owner.answer(owner.challenge("passkey"), owner.right_answer("passkey"))
    passkeys = owner.get("/account/passkeys").json["passkeys"]

    assert owner.delete(f"/account/passkeys/{passkeys[0]['$id']}").status == 204

    assert owner.get("/account").json["mfa"] is False
    assert owner.get("/account/mfa/factors").json["passkey"] is False


def test_one_of_two_leaves_it_in_force(owner: Person) -> None:
    owner.answer(owner.challenge("passkey"), owner.right_answer("passkey"))
    first = owner.authenticator
    owner.authenticator = Authenticator(ORIGIN)
    second = owner.enrol_passkey()
    assert owner.delete(f"/account/passkeys/{second}").status == 204

    owner.authenticator = first
    owner.sign_in()
    assert_refused(owner.get("/account"), 401, "user_more_factors_required")
    assert owner.answer(owner.challenge("passkey"), owner.right_answer("passkey")).status == 200


@pytest.mark.parametrize("off", ["switch", "rp"])
def test_factor_has_its_own_switch_and_needs_an_rp_id(owner: Person, tables: Tables, off: str) -> None:
    switches = {"factors": {"passkey": False}} if off == "switch" else {"passkey_rp_id": ""}
    switch_project(tables, owner.clock, **switches)

    refused = owner.post("/account/mfa/challenges", {"factor": "passkey"})

    assert_refused(refused, 501, "user_auth_method_unsupported")
    assert owner.get("/account/mfa/factors").json["passkey"] is False


def test_factor_stays_where_signing_in_by_passkeys_is_off(owner: Person, tables: Tables) -> None:
    switch_project(tables, owner.clock, methods={"passkey": False})

    assert owner.answer(owner.challenge("passkey"), owner.right_answer("passkey")).status == 200


def test_user_without_one_is_told_so(people: People, tables: Tables, clock: Clock) -> None:
    allow_passkeys(tables, clock)

    refused = people.new().post("/account/mfa/challenges", {"factor": "passkey"})

    assert_refused(refused, 404, "user_passkey_not_found")


def test_app_that_knows_the_old_factors_goes_on(people: People, tables: Tables, clock: Clock) -> None:
    allow_passkeys(tables, clock)
    person = people.new(authenticator=True, mfa=True)
    person.pass_challenge()
    person.enrol_passkey()
    person.sign_in()

    assert person.pass_challenge("totp").json["factors"] == ["password", "totp"]


def test_mfa_that_comes_into_force_by_a_passkey_ends_other_sessions(
    people: People, tables: Tables, clock: Clock
) -> None:
    allow_passkeys(tables, clock)
    person = people.new()
    other = person.session
    person.sign_in()
    assert person.switch_mfa(True).status == 200

    person.enrol_passkey()

    assert person.get("/account").status == 200, "it has just proven the factor"
    assert_refused(person.get("/account", session=other), 401, "general_unauthorized_scope")


def test_recovery_codes_of_another_session_are_void_where_a_passkey_puts_mfa_in_force(
    people: People, tables: Tables, clock: Clock
) -> None:
    allow_passkeys(tables, clock)
    person = people.new()
    other = Person(person.api, person.inbox, person.clock, person.id, person.email)
    assert person.switch_mfa(True).status == 200
    other.sign_in()
    other.create_recovery_codes()

    person.enrol_passkey()

    assert person.get("/account/mfa/factors").json["recoveryCode"] is False


def test_passkey_that_the_record_of_its_user_does_not_have_is_no_answer(owner: Person, tables: Tables) -> None:
    challenge = owner.challenge("passkey")
    tables.change(keys.user(owner.id), passkeys={"another": "0" * 64})

    assert_refused(owner.answer(challenge, owner.right_answer("passkey")), 401, "user_invalid_token")
