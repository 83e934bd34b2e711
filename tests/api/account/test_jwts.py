"""JWTs: what they are made from, what they may, and when they end: never more than their session may."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.runtime import container, settings
from tests.support.api import Answer, TeamApi, assert_refused
from tests.support.person import People, Person
from tests.support.tokens import bearer


def as_token(person: Person, method: str, path: str, body: Any = None, token: str = "") -> Answer:
    return person.api.call(method, path, body, headers=bearer(token or person.jwt()))


def payload(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    content: dict[str, Any] = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return content


# Made


@pytest.mark.parametrize("path", ["/account/jwts", "/account/jwt"])
def test_session_gets_a_token_that_acts_for_it(person: Person, path: str) -> None:
    answer = person.post(path)

    assert answer.status == 201
    assert set(answer.json) == {"jwt"}
    assert as_token(person, "GET", "/account", token=answer.json["jwt"]).json == person.get("/account").json
    content = payload(answer.json["jwt"])
    assert (content["userId"], content["sessionId"]) == (person.id, person.session_id())
    assert set(content) == {"userId", "sessionId", "generation", "exp"}, "and nothing secret"


@pytest.mark.parametrize(("given", "seconds"), [({}, 900), ({"duration": 1}, 1), ({"duration": 3600}, 3600)])
def test_token_lives_as_long_as_asked(person: Person, given: dict[str, int], seconds: int) -> None:
    token = person.post("/account/jwts", given).json["jwt"]
    made = int(person.clock())
    assert payload(token)["exp"] == made + seconds
    person.clock.advance(seconds=seconds - 1)
    assert as_token(person, "GET", "/account", token=token).status == 200

    person.clock.advance(seconds=1)

    assert_refused(as_token(person, "GET", "/account", token=token), 401, "user_jwt_invalid")
    assert_refused(as_token(person, "GET", "/ping", token=token), 401, "user_jwt_invalid")


@pytest.mark.parametrize("duration", [-1, 3601, 10**9, 1.5, "900", True, [], {}])
def test_bad_duration_is_refused(person: Person, duration: Any) -> None:
    assert_refused(person.post("/account/jwts", {"duration": duration}), 400, "general_argument_invalid")


def test_half_session_gets_none(people: People) -> None:
    person = people.new(mfa=True, signed_in=False)
    person.sign_in()

    assert_refused(person.post("/account/jwts"), 401, "user_more_factors_required")


def test_token_makes_no_token(person: Person, team: TeamApi) -> None:
    made = team.post(f"/users/{person.id}/jwts", {"sessionId": "none"}).json["jwt"]

    for token in (person.jwt(), made):
        refused = as_token(person, "POST", "/account/jwts", {"duration": 3600}, token=token)
        assert_refused(refused, 403, "user_jwt_creation_denied")


def test_a_minute_has_120(person: Person) -> None:
    assert person.post("/account/jwts").header("X-RateLimit-Remaining") == "119"
    assert person.post("/account/jwt").header("X-RateLimit-Remaining") == "118"
    person.clock.advance(seconds=60)
    assert person.post("/account/jwts").header("X-RateLimit-Remaining") == "119"


# Ended


def test_token_ends_with_its_session(person: Person) -> None:
    token = person.jwt()
    other = person.sign_in()
    other_token = person.jwt()

    person.delete(f"/account/sessions/{payload(token)['sessionId']}")

    assert_refused(as_token(person, "GET", "/account", token=token), 401, "general_unauthorized_scope")
    assert as_token(person, "GET", "/account", token=other_token).status == 200
    assert person.get("/account", session=other).status == 200


def test_token_ends_with_all_sessions(person: Person) -> None:
    token = person.jwt()
    assert person.delete("/account/sessions").status == 204

    assert_refused(as_token(person, "GET", "/account", token=token), 401, "general_unauthorized_scope")
    assert as_token(person, "GET", "/ping", token=token).status == 200


def test_token_of_a_session_that_lacks_a_factor_since_is_refused(people: People, team: TeamApi) -> None:
    team.patch("/project/policies/session-invalidation", {"enabled": False})
    person = people.new(email_verified=True)
    token = person.jwt()
    person.sign_in()
    assert person.switch_mfa(True).status == 200

    refused = as_token(person, "GET", "/account", token=token)

    assert_refused(refused, 401, "user_more_factors_required")


# What a token may not


def test_no_session_is_current(person: Person) -> None:
    token = person.jwt()
    listed = as_token(person, "GET", "/account/sessions", token=token).json
    one = as_token(person, "GET", f"/account/sessions/{person.session_id()}", token=token).json

    assert listed["total"] == 1
    assert [session["current"] for session in (*listed["sessions"], one)] == [False, False]
    for method in ("GET", "PATCH", "DELETE"):
        refused = as_token(person, method, "/account/sessions/current", token=token)
        assert_refused(refused, 404, "user_session_not_found")
    assert person.get("/account").status == 200


def test_token_extends_and_ends_sessions_by_id(person: Person) -> None:
    token, session_id = person.jwt(), person.session_id()

    assert as_token(person, "PATCH", f"/account/sessions/{session_id}", token=token).json["current"] is False
    ended = as_token(person, "DELETE", f"/account/sessions/{session_id}", token=token)

    assert (ended.status, ended.all("Set-Cookie"), ended.header("X-Fallback-Cookies")) == (204, [], None)
    assert_refused(person.get("/account"), 401, "general_unauthorized_scope")


def test_all_sessions_end_and_no_cookie_is_taken_back(person: Person) -> None:
    ended = as_token(person, "DELETE", "/account/sessions")

    assert (ended.status, ended.all("Set-Cookie"), ended.header("X-Fallback-Cookies")) == (204, [], None)
    assert_refused(person.get("/account"), 401, "general_unauthorized_scope")


def test_token_does_not_have_the_recent_challenge_of_its_session(people: People) -> None:
    person = people.new(mfa=True, recovery_codes=True)
    person.pass_challenge()
    token = person.jwt()

    for method, path, body in (
        ("GET", "/account/mfa/recovery-codes", None),
        ("PATCH", "/account/mfa/recovery-codes", None),
        ("DELETE", "/account/mfa/authenticators/totp", None),
        ("PATCH", "/account/mfa", {"mfa": False}),
        ("PATCH", "/account/mfa", {"mfa": True}),
        ("POST", "/account/mfa/challenges", {"factor": "totp"}),
        ("PUT", "/account/mfa/challenges", {"challengeId": "x", "otp": "123456"}),
        ("PATCH", "/account/password", {"password": "another password", "oldPassword": person.password}),
    ):
        assert_refused(as_token(person, method, path, body, token=token), 401, "user_challenge_required")


def test_parity_gives_a_token_no_more_than_factor_changes(people: People) -> None:
    person = people.new(mfa=True, recovery_codes=True)
    with container.override("config", replace(settings.config(), parity=frozenset({"factor-changes"}))):
        refused = as_token(person, "GET", "/account/mfa/recovery-codes")
        assert_refused(refused, 401, "user_challenge_required")


# Beside other credentials


@pytest.mark.parametrize("source", ["Cookie", "X-Appwrite-Session", "X-Fallback-Cookies"])
def test_token_beside_a_session_is_refused(person: Person, source: str) -> None:
    values = {
        "Cookie": f"a_session_demo={person.session}",
        "X-Appwrite-Session": person.session,
        "X-Fallback-Cookies": json.dumps({"a_session_demo": person.session}),
    }
    for path in ("/account", "/ping"):
        answer = person.api.get(path, headers={**bearer(person.jwt()), source: values[source]})
        assert_refused(answer, 403, "user_jwt_and_cookie_set")


def test_key_acts_whatever_token_comes_along(person: Person, team: TeamApi) -> None:
    assert team.get(f"/users/{person.id}", headers=bearer(person.jwt())).status == 200
    assert_refused(team.get("/account", headers=bearer(person.jwt())), 401, "general_unauthorized_scope")


# By the team's server


def test_session_that_is_named_and_gone_gives_no_token_once_mfa_is_in_force(people: People, team: TeamApi) -> None:
    """It would be bound to no session, and have no factors that it could lack."""
    person = people.new(email_verified=True, mfa=True)
    path = f"/users/{person.id}/jwts"

    assert_refused(team.post(path, {"sessionId": "none"}), 404, "user_session_not_found")
    assert team.post(path).status == 201
    assert person.delete("/account/sessions/current").status == 204
    assert team.post(path).status == 201, "for a user without sessions, as upstream has it"
