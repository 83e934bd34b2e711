"""A request for each route that does all that the route can do, and what the same request is told once it is done."""

from __future__ import annotations

from typing import Any, NamedTuple

from tests.support.person import PASSWORD

Outcome = int | tuple[int, str]
"""A status, and of an error its type."""

TOKEN = (401, "user_invalid_token")
COOLING = (429, "general_rate_limit_exceeded")
SCOPE = (401, "general_unauthorized_scope")
NO_ROUTE = (404, "general_route_not_found")


class Row(NamedTuple):
    """`again` is what the request is told when it comes once more, None where it may as well be the first."""

    method: str
    path: str
    caller: str
    outcome: Outcome
    body: dict[str, Any] | None = None
    again: Outcome | None = None
    about: str = "plain"
    """The user whom the path names."""
    alias: bool = False
    """Another name of a path above: one way to go wrong is enough to see that it is the same endpoint."""


def challenge(factor: str, name: str = "", code: str = "") -> dict[str, str]:
    return {"challengeId": f"{{{factor}_challenge}}", "otp": code or f"{{{name or factor}_code}}"}


NEW = {"userId": "unique()", "email": "new@example.test", "password": PASSWORD}
CREDENTIALS = {"email": "{plain_email}", "password": PASSWORD}
WRONG_PASSWORD = {"email": "{plain_email}", "password": "wrong password"}
SIGN_IN_CODE = {"userId": "{owners_sign_in}", "secret": "{owners_sign_in_code}"}
FIRST_SIGN_IN_CODE = {"userId": "{new_sign_in}", "secret": "{new_sign_in_code}"}
WRONG_SIGN_IN_CODE = {"userId": "{owners_sign_in}", "secret": "000000"}
KNOWN_NUMBER = {"userId": "unique()", "phone": "{full_phone}"}
NEW_NUMBER = {"userId": "unique()", "phone": "{new_phone}"}
LINK = {"url": "{url}"}
RECOVERY = {"userId": "{plain}", "secret": "{recovery_secret}", "password": "another password"}
EMAIL_PROOF = {"userId": "{plain}", "secret": "{email_secret}"}
PHONE_PROOF = {"userId": "{plain}", "secret": "{phone_code}"}
WRONG_PROOF = {"userId": "{plain}", "secret": "000000"}
PASSWORDS = {"password": "another password", "oldPassword": PASSWORD}
EMAIL = {"email": "moved@example.test", "password": PASSWORD}
PHONE = {"phone": "{new_phone}", "password": PASSWORD}
TAKEN = (409, "user_target_already_exists")
CREDENTIALS_INVALID = (401, "user_invalid_credentials")
NO_SESSION = (404, "user_session_not_found")
CODES = (409, "user_recovery_codes_already_exists")
CONFIRMED = (409, "user_authenticator_already_verified")
REMOVED = (404, "user_authenticator_not_found")
NO_USER = (404, "user_not_found")
USER = "/users/{userId}"

TABLE = [
    Row("POST", "/account", "guest", 201, NEW, again=(409, "user_already_exists")),
    Row("GET", "/account", "plain", 200),
    Row("GET", "/account/logs", "plain", 200),
    Row("GET", "/account/prefs", "plain", 200),
    Row("PATCH", "/account/prefs", "plain", 200, {"prefs": {"a": "b"}}),
    Row("PATCH", "/account/name", "plain", 200, {"name": "Ada"}),
    Row("PATCH", "/account/password", "full", 200, PASSWORDS, again=CREDENTIALS_INVALID),
    Row("PATCH", "/account/email", "full", 200, EMAIL, again=TAKEN),
    Row("PATCH", "/account/phone", "full", 200, PHONE, again=TAKEN),
    Row("PATCH", "/account/status", "plain", 200, again=(403, "user_blocked")),
    Row("POST", "/account/sessions/email", "guest", 201, CREDENTIALS),
    Row("POST", "/account/sessions/email", "guest", CREDENTIALS_INVALID, WRONG_PASSWORD),
    Row("POST", "/account/sessions", "guest", 201, CREDENTIALS, alias=True),
    Row("POST", "/account/sessions/token", "guest", 201, SIGN_IN_CODE, again=TOKEN),
    Row("POST", "/account/sessions/token", "guest", 201, FIRST_SIGN_IN_CODE, again=TOKEN),
    Row("POST", "/account/sessions/token", "guest", TOKEN, WRONG_SIGN_IN_CODE),
    Row("PUT", "/account/sessions/phone", "guest", 201, SIGN_IN_CODE, again=TOKEN),
    Row("GET", "/account/sessions", "plain", 200),
    Row("DELETE", "/account/sessions", "plain", 204, again=SCOPE),
    Row("GET", "/account/sessions/{sessionId}", "plain", 200),
    Row("PATCH", "/account/sessions/{sessionId}", "plain", 200),
    Row(
        "DELETE",
        "/account/sessions/{sessionId}",
        "plain",
        204,
        again=NO_SESSION,
    ),
    Row("POST", "/account/tokens/phone", "guest", 201, NEW_NUMBER, again=COOLING),
    Row("POST", "/account/tokens/phone", "guest", 201, KNOWN_NUMBER, again=COOLING),
    Row("POST", "/account/sessions/phone", "guest", 201, NEW_NUMBER, again=COOLING, alias=True),
    Row("POST", "/account/jwts", "plain", 201),
    Row("POST", "/account/jwt", "plain", 201, alias=True),
    Row("POST", "/account/recovery", "guest", 201, {"email": "{plain_email}", **LINK}),
    Row("PUT", "/account/recovery", "guest", 200, RECOVERY, again=TOKEN),
    Row("POST", "/account/verifications/email", "plain", 201, LINK, again=COOLING),
    Row("POST", "/account/verification", "plain", 201, LINK, again=COOLING, alias=True),
    Row("PUT", "/account/verifications/email", "guest", 200, EMAIL_PROOF, again=TOKEN),
    Row("PUT", "/account/verification", "guest", 200, EMAIL_PROOF, again=TOKEN, alias=True),
    Row("POST", "/account/verifications/phone", "plain", 201, again=COOLING),
    Row("POST", "/account/verification/phone", "plain", 201, again=COOLING, alias=True),
    Row("PUT", "/account/verifications/phone", "guest", 200, PHONE_PROOF, again=TOKEN),
    Row("PUT", "/account/verifications/phone", "guest", TOKEN, WRONG_PROOF),
    Row("PUT", "/account/verification/phone", "guest", 200, PHONE_PROOF, again=TOKEN, alias=True),
    Row("PATCH", "/account/mfa", "plain", 200, {"mfa": True}),
    Row("PATCH", "/account/mfa", "full", 200, {"mfa": False}),
    Row("GET", "/account/mfa/factors", "half", 200),
    Row("POST", "/account/mfa/recovery-codes", "plain", 201, again=CODES),
    Row("GET", "/account/mfa/recovery-codes", "full", 200),
    Row("PATCH", "/account/mfa/recovery-codes", "full", 200),
    Row("POST", "/account/mfa/authenticators/{type}", "plain", 200),
    Row(
        "PUT",
        "/account/mfa/authenticators/{type}",
        "plain",
        200,
        {"otp": "{enrolment_code}"},
        again=CONFIRMED,
    ),
    Row(
        "DELETE",
        "/account/mfa/authenticators/{type}",
        "full",
        204,
        again=REMOVED,
    ),
    *(
        Row("POST", "/account/mfa/challenges", "full", 201, {"factor": factor}, again=again)
        for factor, again in (("totp", None), ("email", COOLING), ("phone", COOLING), ("custom", None))
    ),
    Row("POST", "/account/mfa/challenge", "half", 201, {"factor": "recoverycode"}, alias=True),
    Row("PUT", "/account/mfa/challenges", "half", 200, challenge("totp"), again=TOKEN),
    Row("PUT", "/account/mfa/challenges", "half", 200, challenge("email"), again=TOKEN),
    Row("PUT", "/account/mfa/challenges", "half", 200, challenge("phone", "phone_factor"), again=TOKEN),
    Row("PUT", "/account/mfa/challenges", "half", 200, challenge("custom"), again=TOKEN),
    Row("PUT", "/account/mfa/challenges", "half", 200, challenge("recoveryCode"), again=TOKEN),
    Row("PUT", "/account/mfa/challenges", "half", TOKEN, challenge("totp", code="000000")),
    Row("PUT", "/account/mfa/challenge", "half", 200, challenge("totp"), again=TOKEN, alias=True),
    Row("POST", "/users", "key", 201, {**NEW, "phone": "{new_phone}"}, again=(409, "user_already_exists")),
    Row("GET", "/users", "key", 200),
    Row("GET", USER, "key", 200),
    Row("DELETE", USER, "key", 204, again=NO_USER, about="full"),
    Row("PATCH", f"{USER}/status", "key", 200, {"status": False}),
    Row(
        "PATCH",
        f"{USER}/verification",
        "key",
        200,
        {"emailVerification": True},
    ),
    Row(
        "PATCH",
        f"{USER}/verification/phone",
        "key",
        200,
        {"phoneVerification": True},
    ),
    Row("POST", f"{USER}/sessions", "key", 201),
    Row("GET", f"{USER}/sessions", "key", 200),
    Row("DELETE", f"{USER}/sessions", "key", 204),
    Row(
        "DELETE",
        f"{USER}/sessions/{{sessionId}}",
        "key",
        204,
        again=NO_SESSION,
    ),
    Row("POST", f"{USER}/jwts", "key", 201),
    Row("PATCH", f"{USER}/mfa", "key", 200, {"mfa": False}, about="full"),
    Row("GET", f"{USER}/logs", "key", 200, about="full"),
    Row("GET", f"{USER}/mfa/factors", "key", 200, about="full"),
    Row("PATCH", f"{USER}/mfa/recovery-codes", "key", 200, again=CODES),
    Row("PUT", f"{USER}/mfa/recovery-codes", "key", 200, about="full"),
    Row("GET", f"{USER}/mfa/recovery-codes", "key", 200, about="full"),
    Row(
        "DELETE",
        f"{USER}/mfa/authenticators/{{type}}",
        "key",
        204,
        again=REMOVED,
        about="full",
    ),
    Row(
        "GET",
        f"{USER}/mfa/challenges/{{challengeId}}",
        "key",
        200,
        about="full",
    ),
    Row("GET", "/project", "key", 200),
    Row("GET", "/project/policies", "key", 200),
    Row("GET", "/project/policies/{policyId}", "key", 200),
    Row("GET", "/project/policies/mfa-factors", "key", 200),
    Row("PATCH", "/project/policies/mfa-factors", "key", 200, {"custom": False}),
    Row("GET", "/project/policies/session-alert", "key", 200),
    Row("PATCH", "/project/policies/session-alert", "key", 200, {"enabled": True}),
    Row("GET", "/project/policies/session-invalidation", "key", 200),
    Row("PATCH", "/project/policies/session-invalidation", "key", 200, {"enabled": False}),
    Row(
        "PATCH",
        "/project/auth-methods/{methodId}",
        "key",
        200,
        {"enabled": False},
    ),
    Row("GET", "/avatars/qr", "guest", 200),
    Row("GET", "/ping", "guest", 200),
    Row("GET", "/health/version", "guest", 200),
    Row("GET", "/openapi.json", "guest", 200),
    *(Row(method, "/", "guest", NO_ROUTE) for method in ("GET", "POST", "PUT", "PATCH", "DELETE")),
    *(Row(method, "/{proxy+}", "guest", NO_ROUTE) for method in ("GET", "POST", "PUT", "PATCH", "DELETE")),
]
