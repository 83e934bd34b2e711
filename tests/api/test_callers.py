"""Who may call what: every kind of caller at every route of the app. API.md sections 2, 3, 4 and 12, DESIGN.md 5.

Everybody's MFA is in force. Parameters are as good as they can be: what is refused is refused for the caller.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from tests.support.api import Answer, Api
from tests.support.cast import CALLERS, Cast
from tests.support.clock import Clock
from tests.support.person import PASSWORD, RETURN_URL, People
from tests.support.tables import Tables

Outcome = int | tuple[int, str]
"""A status, and of an error its type."""

GUEST = (401, "general_unauthorized_scope")
MORE = (401, "user_more_factors_required")
RECENT = (401, "user_challenge_required")
SIGNED_IN = (401, "user_session_already_exists")
BLOCKED = (403, "user_blocked")
OK = 0
"""The endpoint itself answers."""


def line(text: str) -> dict[str, Any]:
    """Outcomes by caller, in the order of CALLERS."""
    names = {".": OK, "scope": GUEST, "more": MORE, "recent": RECENT, "active": SIGNED_IN, "blocked": BLOCKED}
    return dict(zip(CALLERS, (names[word] for word in text.split()), strict=True))


# fmt: off
#                  guest ended half   stale  fresh  jwt    jwt-alone key   key+session blocked
ANYWAY    = line(" .     .     .      .      .      .      .         .     .           blocked")
EVERYBODY = line(" .     .     more   .      .      .      .         .     .           blocked")
SIGN_IN   = line(" .     .     more   active active active active    .     .           blocked")
USER      = line(" scope scope more   .      .      .      .         scope scope       blocked")
HALF      = line(" scope scope .      .      .      .      .         scope scope       blocked")
HALF_OWN  = line(" scope scope .      .      .      recent recent    scope scope       blocked")
OWN       = line(" scope scope more   .      .      recent recent    scope scope       blocked")
PROTECTED = line(" scope scope more   recent .      recent recent    scope scope       blocked")
TEAM      = line(" scope scope scope  scope  scope  scope  scope     .     .           scope")
NOWHERE   = line(" .     .     .      .      .      .      .         .     .           .")
# fmt: on


class Row(NamedTuple):
    """A route, who may call it, and what the endpoint itself answers (to a JWT, where that is something else)."""

    method: str
    path: str
    who: dict[str, Any]
    outcome: Outcome
    body: dict[str, Any] | None = None
    jwt: Outcome | None = None


TOKEN = (401, "user_invalid_token")
NO_SESSION = (404, "user_session_not_found")
HAS_CODES = (409, "user_recovery_codes_already_exists")
VERIFIED = (409, "user_authenticator_already_verified")
NO_PHONE = (400, "user_phone_not_found")
NO_ROUTE = (404, "general_route_not_found")
PROOF = {"userId": "nobody", "secret": "0"}
NEW = {"userId": "unique()", "email": "{caller}@new.test", "password": PASSWORD}
NUMBER = {"userId": "unique()", "phone": "{number}"}
CREDENTIALS = {"email": "{email}", "password": PASSWORD}
PASSWORDS = {"password": "another password", "oldPassword": PASSWORD}
LINK = {"url": RETURN_URL}
ANSWER = {"challengeId": "none", "otp": "000000"}
NO_JWT = (403, "user_jwt_creation_denied")

TABLE = [
    Row("POST", "/account", EVERYBODY, 201, NEW),
    Row("GET", "/account", USER, 200),
    Row("GET", "/account/prefs", USER, 200),
    Row("PATCH", "/account/prefs", USER, 200, {"prefs": {}}),
    Row("PATCH", "/account/name", USER, 200, {"name": "Ada"}),
    Row("PATCH", "/account/password", PROTECTED, 200, PASSWORDS),
    Row("PATCH", "/account/email", PROTECTED, 200, {"email": "{caller}@new.test", "password": PASSWORD}),
    Row("PATCH", "/account/phone", PROTECTED, 200, {"phone": "{number}", "password": PASSWORD}),
    Row("PATCH", "/account/status", PROTECTED, 200),
    Row("POST", "/account/sessions/email", SIGN_IN, 201, CREDENTIALS),
    Row("POST", "/account/sessions", SIGN_IN, 201, CREDENTIALS),
    Row("POST", "/account/sessions/token", SIGN_IN, TOKEN, PROOF),
    Row("PUT", "/account/sessions/phone", SIGN_IN, TOKEN, PROOF),
    Row("GET", "/account/sessions", USER, 200),
    Row("DELETE", "/account/sessions", USER, 204),
    Row("GET", "/account/logs", USER, 200),
    Row("GET", "/account/sessions/{sessionId}", USER, 200, jwt=NO_SESSION),
    Row("PATCH", "/account/sessions/{sessionId}", USER, 200, jwt=NO_SESSION),
    Row("DELETE", "/account/sessions/{sessionId}", HALF, 204, jwt=NO_SESSION),
    Row("POST", "/account/tokens/phone", EVERYBODY, 201, NUMBER),
    Row("POST", "/account/sessions/phone", EVERYBODY, 201, NUMBER),
    Row("POST", "/account/jwts", USER, 201, jwt=NO_JWT),
    Row("POST", "/account/jwt", USER, 201, jwt=NO_JWT),
    Row("POST", "/account/recovery", EVERYBODY, 201, {"email": "{email}", **LINK}),
    Row("PUT", "/account/recovery", EVERYBODY, TOKEN, {**PROOF, "password": PASSWORD}),
    *(Row("POST", path, USER, 201, LINK) for path in ("/account/verifications/email", "/account/verification")),
    *(Row("PUT", path, EVERYBODY, TOKEN, PROOF) for path in ("/account/verifications/email", "/account/verification")),
    Row("POST", "/account/verifications/phone", USER, NO_PHONE),
    Row("POST", "/account/verification/phone", USER, NO_PHONE),
    Row("PUT", "/account/verifications/phone", EVERYBODY, TOKEN, PROOF),
    Row("PUT", "/account/verification/phone", EVERYBODY, TOKEN, PROOF),
    Row("PATCH", "/account/mfa", OWN, 200, {"mfa": True}),
    Row("PATCH", "/account/mfa", PROTECTED, 200, {"mfa": False}),
    Row("GET", "/account/mfa/factors", HALF, 200),
    Row("POST", "/account/mfa/recovery-codes", PROTECTED, HAS_CODES),
    Row("GET", "/account/mfa/recovery-codes", PROTECTED, 200),
    Row("PATCH", "/account/mfa/recovery-codes", PROTECTED, 200),
    Row("POST", "/account/mfa/authenticators/{type}", PROTECTED, VERIFIED),
    Row("PUT", "/account/mfa/authenticators/{type}", PROTECTED, VERIFIED, {"otp": "000000"}),
    Row("DELETE", "/account/mfa/authenticators/{type}", PROTECTED, 204),
    *(Row("POST", f"/account/mfa/challenge{s}", HALF_OWN, 201, {"factor": "totp"}) for s in ("s", "")),
    *(Row("PUT", f"/account/mfa/challenge{s}", HALF_OWN, TOKEN, ANSWER) for s in ("s", "")),
    Row("POST", "/users", TEAM, 201, {"userId": "unique()"}),
    Row("GET", "/users", TEAM, 200),
    Row("GET", "/users/{userId}", TEAM, 200),
    Row("DELETE", "/users/{userId}", TEAM, 204),
    Row("PATCH", "/users/{userId}/status", TEAM, 200, {"status": False}),
    Row("PATCH", "/users/{userId}/verification", TEAM, 200, {"emailVerification": True}),
    Row("PATCH", "/users/{userId}/verification/phone", TEAM, NO_PHONE, {"phoneVerification": True}),
    Row("POST", "/users/{userId}/sessions", TEAM, 201),
    Row("GET", "/users/{userId}/sessions", TEAM, 200),
    Row("DELETE", "/users/{userId}/sessions", TEAM, 204),
    Row("DELETE", "/users/{userId}/sessions/{sessionId}", TEAM, NO_SESSION),
    Row("POST", "/users/{userId}/jwts", TEAM, 201),
    Row("GET", "/users/{userId}/logs", TEAM, 200),
    Row("PATCH", "/users/{userId}/mfa", TEAM, 200, {"mfa": False}),
    Row("GET", "/users/{userId}/mfa/factors", TEAM, 200),
    Row("PATCH", "/users/{userId}/mfa/recovery-codes", TEAM, HAS_CODES),
    Row("PUT", "/users/{userId}/mfa/recovery-codes", TEAM, 200),
    Row("GET", "/users/{userId}/mfa/recovery-codes", TEAM, 200),
    Row("DELETE", "/users/{userId}/mfa/authenticators/{type}", TEAM, 204),
    Row("GET", "/users/{userId}/mfa/challenges/{challengeId}", TEAM, TOKEN),
    Row("GET", "/project", TEAM, 200),
    Row("GET", "/project/policies", TEAM, 200),
    Row("GET", "/project/policies/{policyId}", TEAM, 200),
    Row("GET", "/project/policies/mfa-factors", TEAM, 200),
    Row("PATCH", "/project/policies/mfa-factors", TEAM, 200, {"custom": True}),
    Row("GET", "/project/policies/session-invalidation", TEAM, 200),
    Row("GET", "/project/policies/session-alert", TEAM, 200),
    Row("PATCH", "/project/policies/session-alert", TEAM, 200, {"enabled": True}),
    Row("PATCH", "/project/policies/session-invalidation", TEAM, 200, {"enabled": False}),
    Row("PATCH", "/project/auth-methods/{methodId}", TEAM, 200, {"enabled": False}),
    Row("GET", "/avatars/qr", EVERYBODY, 200),
    Row("GET", "/ping", EVERYBODY, 200),
    Row("GET", "/health/version", ANYWAY, 200),
    Row("GET", "/openapi.json", ANYWAY, 200),
    *(Row(method, "/", NOWHERE, NO_ROUTE) for method in ("GET", "POST", "PUT", "PATCH", "DELETE")),
    *(Row(method, "/{proxy+}", NOWHERE, NO_ROUTE) for method in ("GET", "POST", "PUT", "PATCH", "DELETE")),
]


def expected(row: Row, caller: str) -> Outcome:
    found: Outcome = row.who[caller]
    if found != OK:
        return found
    return row.jwt if caller.startswith("jwt") and row.jwt else row.outcome


def outcome(answer: Answer) -> Outcome:
    return answer.status if answer.status < 400 else (answer.status, answer.json["type"])


@pytest.fixture(scope="module")
def made() -> list[Cast]:
    return []


@pytest.fixture
def cast(made: list[Cast], people: People, tables: Tables, clock: Clock) -> Cast:
    """The same for every row: it is made once and put back before each."""
    if not made:
        made.append(Cast(people, tables, clock))
    made[0].put_back(tables, clock)
    return made[0]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.method} {row.path}")
def test_every_caller_gets_what_the_contract_says(cast: Cast, api: Api, row: Row) -> None:
    path = row.path.replace("{proxy+}", "no/such/path")
    answers = {caller: cast.call(api, caller, row.method, path, row.body) for caller in CALLERS}

    assert {caller: outcome(answer) for caller, answer in answers.items()} == {
        caller: expected(row, caller) for caller in CALLERS
    }


@pytest.mark.parametrize("row", [row for row in TABLE if row.method == "GET"], ids=lambda row: row.path)
def test_head_is_refused_and_answered_as_get(cast: Cast, api: Api, row: Row) -> None:
    for caller in ("guest", "half", "fresh", "key"):
        wanted = expected(row, caller)
        answer = cast.call(api, caller, "HEAD", row.path.replace("{proxy+}", "no/such/path"))

        assert answer.status == (wanted if isinstance(wanted, int) else wanted[0]), caller
        assert answer.content == b""


def test_table_has_every_route_of_the_app_and_no_other(api: Api) -> None:
    from app import app

    served = {(method, path) for path, methods in app.routes.items() for method in methods}
    listed = {(row.method, row.path) for row in TABLE}
    listed |= {("HEAD", path) for method, path in listed if method == "GET"}

    assert {route for route in served if route[0] != "OPTIONS"} == listed
    assert {path for _, path in served} == {path for method, path in served if method == "OPTIONS"}


def test_preflight_is_answered_to_everybody(cast: Cast, api: Api) -> None:
    for path in {row.path.replace("{proxy+}", "no/such/path") for row in TABLE}:
        assert cast.call(api, "blocked", "OPTIONS", path).status == 204
