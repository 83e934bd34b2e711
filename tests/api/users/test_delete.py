"""Delete a user, and make another with the same id: nothing of the old one works, even if it were still there."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest

from chalicelib.storage.keys import TABLES, Key
from infra.local.inbox import Inbox
from tests.support.api import Answer, Api, TeamApi, assert_refused, session_value
from tests.support.clock import Clock
from tests.support.person import PASSWORD, RETURN_URL, People, Person
from tests.support.tables import Tables, custom_code
from tests.support.tokens import bearer


def test_deleted_user_is_gone_with_all_sessions(team: TeamApi, person: Person, tables: Tables) -> None:
    token = person.jwt()

    answer = team.delete(f"/users/{person.id}")

    assert (answer.status, answer.content) == (204, b"")
    assert tables.items("users") == []
    assert_refused(team.get(f"/users/{person.id}"), 404, "user_not_found")
    assert_refused(team.delete(f"/users/{person.id}"), 404, "user_not_found")
    assert_refused(person.get("/account"), 401, "general_unauthorized_scope")
    assert_refused(person.api.get("/account", headers=bearer(token)), 401, "general_unauthorized_scope")
    body = {"email": person.email, "password": person.password}
    assert_refused(person.api.post("/account/sessions/email", body), 401, "user_invalid_credentials")


def test_addresses_are_free_again(team: TeamApi, people: People) -> None:
    person = people.new(phone_verified=True)
    team.delete(f"/users/{person.id}")

    answer = team.post("/users", {"userId": "other", "email": person.email, "phone": person.phone})

    assert answer.status == 201


def test_others_are_left_alone(team: TeamApi, people: People, tables: Tables) -> None:
    ann, bob = people.new(recovery_codes=True), people.new(recovery_codes=True)
    ann.patch("/account/prefs", {"prefs": {"a": 1}})

    team.delete(f"/users/{bob.id}")

    assert ann.get("/account").json["prefs"] == {"a": 1}
    assert {item["user_id"] for item in tables.items("recovery-codes")} == {ann.id}


class Old(NamedTuple):
    """A user who is no more, and everything that he held."""

    person: Person
    jwt: str
    jwt_without_session: str
    server_session: str
    challenge: str
    link: str
    text_code: str
    custom_challenge: str
    custom_code: str
    sessions: list[str]


REMAINS = ("sessions", "challenges", "recovery-codes", "events")


@pytest.fixture
def old(api: Api, team: TeamApi, inbox: Inbox, clock: Clock, tables: Tables) -> Old:
    """Nothing of what he does ends sessions: the generation of his sessions is the first one, like the new user's.

    What was erased is put back, as if somebody had written it late.
    """
    team.patch("/project/policies/mfa-factors", {"custom": True})
    person = Person(api, inbox, clock, id="ada", email="ada@example.test", phone="+4915112345678")
    body = {"userId": person.id, "email": person.email, "phone": person.phone, "password": PASSWORD}
    assert team.post("/users", body).status == 201
    person.sign_in()
    person.enrol_authenticator()
    person.create_recovery_codes()
    person.patch("/account/prefs", {"prefs": {"mine": True}})
    person.post("/account/verifications/phone")
    text_code = person.texted_code()
    person.post("/account/verifications/email", {"url": RETURN_URL})
    link = person.mailed_secret()
    sessionless = team.post(f"/users/{person.id}/jwts", {"sessionId": "none"}).json["jwt"]
    server = team.post(f"/users/{person.id}/sessions").json["secret"]
    challenge, custom = person.challenge("totp"), person.challenge("custom")
    code, sessions = custom_code(tables, custom), [item["id"] for item in tables.items("sessions")]
    found = Old(person, person.jwt(), sessionless, server, challenge, link, text_code, custom, code, sessions)
    kept = {table: tables.items(table) for table in REMAINS}
    late = {Key(table, tuple(item[name] for name in TABLES[table])): item for table in REMAINS for item in kept[table]}
    assert team.delete(f"/users/{person.id}").status == 204
    assert team.post("/users", body).status == 201
    tables.put(late)
    return found


def sign_in(old: Old) -> str:
    body = {"email": old.person.email, "password": PASSWORD}
    return session_value(old.person.api.post("/account/sessions/email", body))


GUEST = (401, "general_unauthorized_scope")
INVALID = (401, "user_invalid_token")
ATTEMPTS: dict[str, tuple[Callable[[Old], Answer], tuple[int, str]]] = {
    "session": (lambda old: old.person.get("/account"), GUEST),
    "server session": (lambda old: old.person.api.get("/account", session=old.server_session), GUEST),
    "jwt": (lambda old: old.person.api.get("/account", headers=bearer(old.jwt)), GUEST),
    "jwt without session": (
        lambda old: old.person.api.get("/account", headers=bearer(old.jwt_without_session)),
        GUEST,
    ),
    "link": (
        lambda old: old.person.api.put("/account/verifications/email", {"userId": old.person.id, "secret": old.link}),
        INVALID,
    ),
    "text code": (
        lambda old: old.person.api.put(
            "/account/verifications/phone", {"userId": old.person.id, "secret": old.text_code}
        ),
        INVALID,
    ),
}


def test_user_of_the_same_id_does_not_inherit_what_the_old_one_held(old: Old) -> None:
    for attempt, expected in ATTEMPTS.values():
        assert_refused(attempt(old), *expected)


def test_user_of_the_same_id_has_no_factor_code_session_or_preference(old: Old, team: TeamApi) -> None:
    path = f"/users/{old.person.id}"

    assert team.get(f"{path}/sessions").json == {"total": 0, "sessions": []}
    factors = team.get(f"{path}/mfa/factors").json
    assert {name for name, there in factors.items() if there} == {"custom"}  # which the project gives to everybody
    assert_refused(team.get(f"{path}/mfa/recovery-codes"), 404, "user_recovery_codes_not_found")
    assert_refused(team.delete(f"{path}/mfa/authenticators/totp"), 404, "user_authenticator_not_found")
    user = team.get(path).json
    assert user["prefs"] == {}
    assert [user[flag] for flag in ("mfa", "emailVerification", "phoneVerification")] == [False] * 3


def test_challenges_of_the_old_user_answer_nothing(old: Old) -> None:
    person = old.person
    person.session = sign_in(old)
    person.clock.advance(seconds=60)

    for challenge_id, answer in ((old.challenge, person.totp_code()), (old.custom_challenge, old.custom_code)):
        assert_refused(person.answer(challenge_id, answer), *INVALID)


def test_recovery_code_of_the_old_user_is_wrong(old: Old) -> None:
    person = old.person
    person.session = sign_in(old)

    assert_refused(person.answer(person.challenge("recoveryCode"), person.recovery_codes[0]), *INVALID)


def test_old_session_cannot_be_ended_or_extended_under_the_new_user(old: Old, team: TeamApi) -> None:
    assert old.sessions
    for session_id in old.sessions:
        answer = team.delete(f"/users/{old.person.id}/sessions/{session_id}")
        assert_refused(answer, 404, "user_session_not_found")
