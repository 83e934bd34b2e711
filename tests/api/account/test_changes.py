"""PATCH /account/name and /account/status; and what is common to changes of password and addresses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.runtime import aws, container, settings
from chalicelib.storage import keys
from tests.support.api import Answer, TeamApi, assert_refused
from tests.support.faults import meanwhile
from tests.support.person import PASSWORD, RETURN_URL, People, Person
from tests.support.tables import Tables
from tests.support.tokens import bearer

# Name


def test_name_is_changed_and_nothing_else(people: People, tables: Tables) -> None:
    person = people.new(name="Ada")
    before = person.get("/account").json

    answer = person.patch("/account/name", {"name": "Löwe 🦁"})

    assert answer.status == 200
    assert answer.json == {**before, "name": "Löwe 🦁", "$updatedAt": answer.json["$updatedAt"]}
    assert answer.json["$updatedAt"] > before["$updatedAt"]
    assert person.get("/account").json == answer.json


@pytest.mark.parametrize("length", [1, 128])
def test_name_has_up_to_128_characters(person: Person, length: int) -> None:
    assert person.patch("/account/name", {"name": "ä" * length}).json["name"] == "ä" * length


def test_bad_name_is_refused(people: People) -> None:
    person = people.new(name="Ada")

    names: list[Any] = [None, "", "a" * 129, 1, True, ["Ada"], {}, "a\0b", "\ud800"]
    for name in names:
        assert_refused(person.patch("/account/name", {"name": name}), 400, "general_argument_invalid")

    assert person.get("/account").json["name"] == "Ada"


# Blocking oneself


def test_user_blocks_himself(person: Person) -> None:
    token = person.jwt()

    answer = person.patch("/account/status", {"status": True})

    assert (answer.status, answer.json["status"], answer.json["$id"]) == (200, False, person.id)
    cookies = answer.all("Set-Cookie")
    assert [cookie.partition(";")[0] for cookie in cookies] == [
        "a_session_demo_legacy=deleted",
        "a_session_demo=deleted",
    ]
    assert answer.header("X-Fallback-Cookies") == "[]"
    assert_refused(person.get("/account"), 403, "user_blocked")
    assert_refused(person.api.get("/account", headers=bearer(token)), 403, "user_blocked")
    assert_refused(person.patch("/account/status", {"status": True}), 403, "user_blocked")
    body = {"email": person.email, "password": person.password}
    assert_refused(person.api.post("/account/sessions/email", body), 403, "user_blocked")


# What changes of credentials have in common


def change_password(person: Person, password: str = PASSWORD, **options: Any) -> Answer:
    return person.patch("/account/password", {"password": "another password", "oldPassword": password}, **options)


def change_email(person: Person, password: str = PASSWORD, **options: Any) -> Answer:
    return person.patch("/account/email", {"email": f"new-{person.email}", "password": password}, **options)


def change_phone(person: Person, password: str = PASSWORD, **options: Any) -> Answer:
    return person.patch("/account/phone", {"phone": "+4917012345678", "password": password}, **options)


Change = Callable[..., Answer]
CHANGES = pytest.mark.parametrize("change", [change_password, change_email, change_phone])


@CHANGES
def test_other_sessions_and_their_tokens_end(people: People, team: TeamApi, change: Change) -> None:
    person, bystander = people.new(), people.new()
    stolen, stolen_token = person.session, person.jwt()
    made = team.post(f"/users/{person.id}/jwts", {"sessionId": "none"}).json["jwt"]
    server = team.post(f"/users/{person.id}/sessions").json["secret"]
    person.sign_in()
    own_token = person.jwt()

    assert change(person).status == 200

    for session in (stolen, server):
        assert_refused(person.get("/account", session=session), 401, "general_unauthorized_scope")
    for token in (stolen_token, made, own_token):  # a thief may have had the session for a moment
        assert_refused(person.api.get("/account", headers=bearer(token)), 401, "general_unauthorized_scope")
    assert person.get("/account").status == 200
    assert person.get("/account/sessions").json["total"] == 1
    assert person.api.get("/account", headers=bearer(person.jwt())).status == 200
    assert bystander.get("/account").status == 200


@CHANGES
def test_half_session_of_a_thief_ends_too(people: People, change: Change) -> None:
    person = people.new(mfa=True)
    mine = person.session
    half = person.sign_in()
    person.session = mine
    person.pass_challenge()

    assert change(person).status == 200

    person.session = half
    assert_refused(person.get("/account/mfa/factors"), 401, "general_unauthorized_scope")


@CHANGES
@pytest.mark.parametrize("policy", [True, False])
def test_token_of_a_session_acts_and_its_session_lives_on(
    person: Person, team: TeamApi, change: Change, policy: bool
) -> None:
    team.patch("/project/policies/session-invalidation", {"enabled": policy})
    token, session = person.jwt(), person.session
    other = person.sign_in()

    assert change(person, session="", headers=bearer(token)).status == 200

    assert person.get("/account", session=session).status == 200
    assert person.get("/account", session=other).status == (401 if policy else 200)


@CHANGES
def test_token_without_session_acts_and_all_sessions_end(person: Person, team: TeamApi, change: Change) -> None:
    token = team.post(f"/users/{person.id}/jwts", {"sessionId": "none"}).json["jwt"]

    assert change(person, session="", headers=bearer(token)).status == 200

    assert_refused(person.get("/account"), 401, "general_unauthorized_scope")
    assert_refused(person.api.get("/account", headers=bearer(token)), 401, "general_unauthorized_scope")


@CHANGES
def test_wrong_password_changes_nothing(person: Person, tables: Tables, change: Change) -> None:
    before = tables.item(keys.user(person.id))

    assert_refused(change(person, "wrong password"), 401, "user_invalid_credentials")

    assert tables.item(keys.user(person.id)) == before


@CHANGES
def test_change_needs_a_recent_challenge_while_mfa_is_in_force(people: People, tables: Tables, change: Change) -> None:
    person = people.new(mfa=True)
    before = tables.item(keys.user(person.id))
    assert_refused(change(person), 401, "user_challenge_required")
    assert tables.item(keys.user(person.id)) == before
    person.pass_challenge()
    person.clock.advance(minutes=5, seconds=1)
    assert_refused(change(person), 401, "user_challenge_required")

    person.pass_challenge()

    assert change(person).status == 200


@CHANGES
def test_recent_challenge_of_another_session_does_not_count(people: People, change: Change) -> None:
    person = people.new(mfa=True)
    stale = person.session
    person.sign_in()
    person.pass_challenge()

    person.session = stale

    assert_refused(change(person), 401, "user_challenge_required")


@CHANGES
@pytest.mark.parametrize("has", [{"authenticator": True}, {"recovery_codes": True}])
def test_mfa_that_is_not_in_force_asks_for_nothing(people: People, change: Change, has: dict[str, Any]) -> None:
    """A factor with MFA off, and MFA on without a factor."""
    person = people.new(**has)
    assert person.switch_mfa(bool(has.get("recovery_codes"))).status == 200

    assert change(person).status == 200


@CHANGES
def test_parity_lifts_the_need_of_a_challenge(people: People, change: Change) -> None:
    person = people.new(mfa=True)

    with container.override("config", replace(settings.config(), parity=frozenset({"factor-changes"}))):
        assert change(person).status == 200


@CHANGES
def test_password_that_was_changed_meanwhile_is_not_good_enough(person: Person, tables: Tables, change: Change) -> None:
    """The check of the old password is void when somebody changes it before the write."""

    class Raced:
        raced = False

        def __getattr__(self, operation: str) -> Any:
            if operation == "transact_write_items" and not Raced.raced:
                Raced.raced = True
                tables.change(keys.user(person.id), password="$argon2id$somebody-else")
            return getattr(real, operation)

    real = aws.client("dynamodb")
    with container.override("dynamodb", Raced()):
        assert_refused(change(person), 401, "user_invalid_credentials")

    assert person.get("/account").json["email"] == person.email


def test_recovery_link_is_void_after_a_change_of_password_or_address(
    people: People, run_jobs: Callable[[], int]
) -> None:
    for change, survives in ((change_password, False), (change_email, False), (change_phone, True)):
        person = people.new()
        person.api.post("/account/recovery", {"email": person.email, "url": RETURN_URL})
        run_jobs()
        secret = person.mailed_secret()

        assert change(person).status == 200

        body = {"userId": person.id, "secret": secret, "password": "thief's password"}
        assert person.api.put("/account/recovery", body).status == (200 if survives else 401)


# What crosses is told as what it is


def mailed_proof(person: Person) -> dict[str, str]:
    assert person.post("/account/verifications/email", {"url": RETURN_URL}).status == 201
    return {"userId": person.id, "secret": person.mailed_secret()}


CROSSED: dict[str, tuple[str, str, dict[str, Any]]] = {
    "MFA on": ("PATCH", "/account/mfa", {"mfa": True}),
    "address": ("PATCH", "/account/email", {"email": "other@example.test", "password": PASSWORD}),
}


@pytest.mark.parametrize("what", CROSSED)
def test_change_that_crosses_a_verification_may_be_tried_again(people: People, what: str) -> None:
    person = people.new()
    proof = mailed_proof(person)

    with meanwhile(lambda: person.api.put("/account/verifications/email", proof)):
        crossed = person.call(*CROSSED[what])

    assert_refused(crossed, 503, "general_service_unavailable")
    assert crossed.header("Retry-After")
    assert person.call(*CROSSED[what]).status == 200


def test_right_password_is_not_told_wrong_when_something_else_has_changed(people: People, tables: Tables) -> None:
    person = people.new(email_verified=True, mfa=True)
    person.pass_challenge("email")
    number = "+4915198765432"
    body = {"phone": number, "password": PASSWORD}

    for _ in range(11):  # more than wrong ones would be let through
        with meanwhile(lambda: tables.change(keys.user(person.id), phone_by_team=True)):
            assert_refused(person.patch("/account/phone", body), 503, "general_service_unavailable")
        tables.remove(keys.user(person.id), "phone_by_team")

    assert person.patch("/account/phone", body).status == 200
