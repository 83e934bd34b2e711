"""Every route of the API: who may call it, what it answers, and what the same request is told once it is done.

A new route is a row here. Every test that walks over all routes reads this table: the callers, the gate, the OpenAPI
document (and by it the fuzzer), and the faults of AWS.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from tests.support.handovers import CHALLENGE, VERIFIER
from tests.support.person import ORIGIN, PASSWORD, RETURN_URL
from tests.support.refusals import (
    BAD_PASSKEY,
    BLOCKED,
    CONFIRMED,
    CREDENTIALS_INVALID,
    EXISTS,
    GUEST,
    HAS_CODES,
    LIMITED,
    MORE,
    NO_IDENTITY,
    NO_JWT,
    NO_PASSKEY,
    NO_PHONE,
    NO_ROUTE,
    NO_SESSION,
    NO_TARGET,
    NO_USER,
    NOT_SERVED,
    REAUTHENTICATE,
    RECENT,
    RECENTLY_USED,
    REMOVED,
    SIGNED_IN,
    TAKEN,
    TOKEN,
)

Outcome = int | tuple[int, str]
"""A status, and of an error its type."""
Body = dict[str, Any]
"""Placeholders in its texts are filled in by whoever asks: `tests/support/cast.py` or `tests/faults/stage.py`."""
Who = dict[str, Outcome]
"""What each of CALLERS is told before the endpoint answers, OK when the endpoint itself does."""

CALLERS = ["guest", "ended", "half", "stale", "fresh", "mfa-off", "jwt", "jwt-alone", "key", "key+session", "blocked"]
"""`stale` and `fresh` are complete sessions without and with a recent challenge, `mfa-off` is a stale one of somebody
who has an authenticator and MFA switched off, `jwt` is made from a fresh one, `jwt-alone` by the team without a
session; `ended` is the value of a session that is no more."""

OK = 0


def line(text: str) -> Who:
    """Outcomes by caller, in the order of CALLERS."""
    words = [".", "scope", "more", "recent", "again", "active", "blocked"]
    meanings: list[Outcome] = [OK, GUEST, MORE, RECENT, REAUTHENTICATE, SIGNED_IN, BLOCKED]
    return dict(zip(CALLERS, (meanings[words.index(word)] for word in text.split()), strict=True))


# fmt: off
#                  guest ended half   stale  fresh  mfa-off jwt    jwt-alone key   key+session blocked
ANYONE    = line(" .     .     .      .      .      .       .      .         .     .           .")
ANYWAY    = line(" .     .     .      .      .      .       .      .         .     .           blocked")
EVERYBODY = line(" .     .     more   .      .      .       .      .         .     .           blocked")
SIGN_IN   = line(" .     .     more   active active active  active active    .     .           blocked")
USER      = line(" scope scope more   .      .      .       .      .         scope scope       blocked")
HALF      = line(" scope scope .      .      .      .       .      .         scope scope       blocked")
HALF_OWN  = line(" scope scope .      .      .      .       recent recent    scope scope       blocked")
OWN       = line(" scope scope more   .      .      .       recent recent    scope scope       blocked")
PROTECTED = line(" scope scope more   recent .      .       recent recent    scope scope       blocked")
SECRET    = line(" scope scope more   recent .      recent  recent recent    scope scope       blocked")
SIGNED_IN_ANEW = line("scope scope more again . again again again scope scope blocked")
TEAM      = line(" scope scope scope  scope  scope  scope   scope  scope     .     .           scope")
NOWHERE   = line(" .     .     .      .      .      .       .      .         .     .           .")
# fmt: on


class Act(NamedTuple):
    """A request that does what the route can do, by somebody on the stage of tests/faults.

    `again` is what the request is told when it comes once more, None where it may as well be the first. `about` is the
    user whom the path names, `passkey` the passkey, `origin` the page that asks, if it matters.
    """

    caller: str
    outcome: Outcome
    body: Body | None = None
    again: Outcome | None = None
    about: str = "plain"
    origin: str = ""
    passkey: str = "full_passkey"


class Route(NamedTuple):
    """A route, who may call it, and what the endpoint itself answers to that body (to a JWT, where that is another).

    Without `acts` this same request does all that the route can do, and `again` is what it is told once more. An alias
    is another name of a path above: one fault is enough to see that it is the same endpoint.
    """

    method: str
    path: str
    who: Who
    outcome: Outcome
    body: Body | None = None
    again: Outcome | None = None
    jwt: Outcome | None = None
    acts: tuple[Act, ...] = ()
    alias: bool = False

    @property
    def place(self) -> tuple[str, str]:
        return self.method, self.path

    def expected(self, caller: str) -> Outcome:
        """What that caller is told."""
        if self.who[caller] != OK:
            return self.who[caller]
        return self.jwt if caller.startswith("jwt") and self.jwt else self.outcome

    def on_stage(self) -> tuple[Act, ...]:
        """What is done on the stage of tests/faults."""
        return self.acts or (Act(self._typical_caller(), self.outcome, self.body, self.again),)

    def _typical_caller(self) -> str:
        if self.who["guest"] == OK:
            return "guest"
        if self.who["key"] == OK:
            return "key"
        return "plain" if self.who["stale"] == OK else "full"


def challenge(factor: str, code: str = "") -> Body:
    """The answer to the open challenge of a factor, the right one unless told otherwise."""
    return {"challengeId": f"{{{factor}_challenge}}", "otp": code or f"{{{factor}_answer}}"}


CREDENTIALS = {"email": "{email}", "password": PASSWORD}
EMAIL = {"email": "{new_email}", "password": PASSWORD}
LINK = {"url": RETURN_URL}
NEW = {"userId": "unique()", "email": "{new_email}", "password": PASSWORD}
NUMBER = {"userId": "unique()", "phone": "{new_phone}"}
PASSWORDS = {"password": "another password", "oldPassword": PASSWORD}
PHONE = {"phone": "{new_phone}", "password": PASSWORD}

TARGET = {"targetId": "unique()", "providerType": "email", "identifier": "{new_email}"}

NO_ANSWER = {"challengeId": "none", "otp": "000000"}
NO_PROOF = {"userId": "nobody", "secret": "0"}
EMAIL_PROOF = {"userId": "{plain}", "secret": "{email_secret}"}
PHONE_PROOF = {"userId": "{plain}", "secret": "{phone_code}"}
RECOVERY = {"userId": "{plain}", "secret": "{recovery_secret}", "password": "another password"}
EMAIL_CODE = {"userId": "{coded}", "secret": "{email_code}"}
RECOVERY_BY_CODE = {"userId": "{recovery_id}", "secret": "{recovery_code}", "password": "another password"}
MAILED = {"userId": "unique()", "email": "{new_email}"}
MAILED_CODE = {"userId": "{owners_mail}", "secret": "{owners_mail_code}"}
SIGN_IN_CODE = {"userId": "{owners_sign_in}", "secret": "{owners_sign_in_code}"}

PASSWORD_POLICIES: dict[str, Body] = {
    "password-dictionary": {"enabled": False, "denyList": ["acme"]},
    "password-history": {"total": 5},
    "password-strength": {"min": 12, "number": True},
    "password-personal-data": {"enabled": True, "denyList": ["acme"]},
    "password-pwned": {"users": True},
    "password-rotation": {"enabled": True, "maxAge": 86_400},
}

SIGNS_IN = Act("guest", 201, SIGN_IN_CODE, again=TOKEN)
PROVES_EMAIL = Act("guest", 200, EMAIL_PROOF, again=TOKEN)
PROVES_PHONE = Act("guest", 200, PHONE_PROOF, again=TOKEN)
SENDS_CODE = Act("plain", 201, again=LIMITED)
ANSWERS = Act("half", 200, challenge("totp"), again=TOKEN)
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

OF_ACCOUNTS = [
    Route("POST", "/account", EVERYBODY, 201, NEW, again=EXISTS),
    Route("GET", "/account", USER, 200),
    Route(
        *("DELETE", "/account", PROTECTED, 204),
        acts=(Act("plain", 204, again=GUEST), Act("full", 204, again=GUEST)),
    ),
    Route("GET", "/account/logs", USER, 200),
    Route("GET", "/account/prefs", USER, 200),
    Route("PATCH", "/account/prefs", USER, 200, {"prefs": {"a": "b"}}),
    Route("PATCH", "/account/name", USER, 200, {"name": "Ada"}),
    Route("PATCH", "/account/password", PROTECTED, 200, PASSWORDS, again=CREDENTIALS_INVALID),
    Route("PATCH", "/account/email", PROTECTED, 200, EMAIL, again=TAKEN),
    Route("PATCH", "/account/phone", PROTECTED, 200, PHONE, again=TAKEN),
    Route("PATCH", "/account/status", PROTECTED, 200, acts=(Act("plain", 200, again=BLOCKED),)),
]
OF_SESSIONS = [
    Route(
        *("POST", "/account/sessions/email", SIGN_IN, 201, CREDENTIALS),
        acts=(
            Act("guest", 201, CREDENTIALS),
            Act("guest", CREDENTIALS_INVALID, {**CREDENTIALS, "password": "wrong password"}),
        ),
    ),
    Route("POST", "/account/sessions", SIGN_IN, 201, CREDENTIALS, alias=True),
    Route(
        *("POST", "/account/sessions/token", SIGN_IN, TOKEN, NO_PROOF),
        acts=(
            SIGNS_IN,
            Act("guest", 201, {"userId": "{new_sign_in}", "secret": "{new_sign_in_code}"}, again=TOKEN),
            Act("guest", TOKEN, {**SIGN_IN_CODE, "secret": "000000"}),
        ),
    ),
    Route("PUT", "/account/sessions/phone", SIGN_IN, TOKEN, NO_PROOF, acts=(SIGNS_IN,)),
    Route("GET", "/account/sessions", USER, 200),
    Route("DELETE", "/account/sessions", USER, 204, again=GUEST),
    Route("GET", "/account/sessions/{sessionId}", USER, 200, jwt=NO_SESSION),
    Route("PATCH", "/account/sessions/{sessionId}", USER, 200, jwt=NO_SESSION),
    Route("DELETE", "/account/sessions/{sessionId}", HALF, 204, again=NO_SESSION, jwt=NO_SESSION),
    Route(
        *("POST", "/account/tokens/phone", EVERYBODY, 201, NUMBER),
        acts=(
            Act("guest", 201, NUMBER, again=LIMITED),
            Act("guest", 201, {**NUMBER, "phone": "{full_phone}"}, again=LIMITED),
        ),
    ),
    Route("POST", "/account/sessions/phone", EVERYBODY, 201, NUMBER, again=LIMITED, alias=True),
    Route("POST", "/account/jwts", USER, 201, jwt=NO_JWT),
    Route("POST", "/account/jwt", USER, 201, jwt=NO_JWT, alias=True),
]
OF_PROOFS = [
    Route("POST", "/account/recovery", EVERYBODY, 201, {"email": "{email}", **LINK}),
    Route(
        *("PUT", "/account/recovery", EVERYBODY, TOKEN, {**NO_PROOF, "password": PASSWORD}),
        acts=(Act("guest", 200, RECOVERY, again=TOKEN),),
    ),
    Route("POST", "/account/verifications/email", USER, 201, LINK, again=LIMITED),
    Route("POST", "/account/verification", USER, 201, LINK, again=LIMITED, alias=True),
    Route("PUT", "/account/verifications/email", EVERYBODY, TOKEN, NO_PROOF, acts=(PROVES_EMAIL,)),
    Route("PUT", "/account/verification", EVERYBODY, TOKEN, NO_PROOF, acts=(PROVES_EMAIL,), alias=True),
    Route("POST", "/account/verifications/phone", USER, NO_PHONE, acts=(SENDS_CODE,)),
    Route("POST", "/account/verification/phone", USER, NO_PHONE, acts=(SENDS_CODE,), alias=True),
    Route(
        *("PUT", "/account/verifications/phone", EVERYBODY, TOKEN, NO_PROOF),
        acts=(PROVES_PHONE, Act("guest", TOKEN, {**PHONE_PROOF, "secret": "000000"})),
    ),
    Route("PUT", "/account/verification/phone", EVERYBODY, TOKEN, NO_PROOF, acts=(PROVES_PHONE,), alias=True),
]
OF_MFA = [
    Route("PATCH", "/account/mfa", OWN, 200, {"mfa": True}),
    Route("PATCH", "/account/mfa", PROTECTED, 200, {"mfa": False}),
    Route("GET", "/account/mfa/factors", HALF, 200, acts=(Act("half", 200),)),
    Route(
        *("POST", "/account/mfa/recovery-codes", PROTECTED, HAS_CODES),
        acts=(Act("plain", 201, again=HAS_CODES),),
    ),
    Route("GET", "/account/mfa/recovery-codes", SECRET, 200),
    Route("PATCH", "/account/mfa/recovery-codes", SECRET, 200),
    Route("POST", "/account/mfa/authenticators/{type}", PROTECTED, CONFIRMED, acts=(Act("plain", 200),)),
    Route(
        *("PUT", "/account/mfa/authenticators/{type}", PROTECTED, CONFIRMED, {"otp": "000000"}),
        acts=(Act("plain", 200, {"otp": "{enrolment_code}"}, again=CONFIRMED),),
    ),
    Route("DELETE", "/account/mfa/authenticators/{type}", SECRET, 204, again=REMOVED),
    Route(
        *("POST", "/account/mfa/challenges", HALF_OWN, 201, {"factor": "totp"}),
        acts=(
            Act("full", 201, {"factor": "totp"}),
            Act("full", 201, {"factor": "email"}, again=LIMITED),
            Act("full", 201, {"factor": "phone"}, again=LIMITED),
            Act("full", 201, {"factor": "custom"}),
        ),
    ),
    Route(
        *("POST", "/account/mfa/challenge", HALF_OWN, 201, {"factor": "totp"}),
        acts=(Act("half", 201, {"factor": "recoverycode"}),),
        alias=True,
    ),
    Route(
        *("PUT", "/account/mfa/challenges", HALF_OWN, TOKEN, NO_ANSWER),
        acts=(
            ANSWERS,
            Act("half", 200, challenge("email"), again=TOKEN),
            Act("half", 200, challenge("phone"), again=TOKEN),
            Act("half", 200, challenge("custom"), again=TOKEN),
            Act("half", 200, challenge("recoveryCode"), again=TOKEN),
            Act("half", 200, challenge("passkey"), again=TOKEN),
            Act("half", TOKEN, challenge("totp", code="000000")),
        ),
    ),
    Route("PUT", "/account/mfa/challenge", HALF_OWN, TOKEN, NO_ANSWER, acts=(ANSWERS,), alias=True),
]
OF_THE_ANONYMOUS = [Route("POST", "/account/sessions/anonymous", SIGN_IN, 201)]
OF_CODES_BY_MAIL = [
    Route("POST", "/account/verifications/email/otp", USER, 201, {"phrase": True}, again=LIMITED),
    Route(
        *("PUT", "/account/verifications/email/otp", EVERYBODY, TOKEN, NO_PROOF),
        acts=(Act("guest", 200, EMAIL_CODE, again=TOKEN), Act("guest", TOKEN, {**EMAIL_CODE, "secret": "000000"})),
    ),
    Route(
        *("POST", "/account/recovery/otp", EVERYBODY, 201, {"email": "{email}"}),
        acts=(Act("guest", 201, {"email": "{coded_email}", "phrase": True}),),
    ),
    Route(
        *("PUT", "/account/recovery/otp", EVERYBODY, TOKEN, {**NO_PROOF, "password": PASSWORD}),
        acts=(
            Act("guest", 200, RECOVERY_BY_CODE, again=TOKEN),
            Act("guest", TOKEN, {**RECOVERY_BY_CODE, "secret": "000000"}),
        ),
    ),
]
OF_USERS = [
    Route(
        *("POST", "/users", TEAM, 201, {"userId": "unique()"}),
        acts=(Act("key", 201, {**NEW, "phone": "{new_phone}"}, again=EXISTS),),
    ),
    Route("GET", "/users", TEAM, 200),
    Route("GET", "/users/{userId}", TEAM, 200),
    Route("DELETE", "/users/{userId}", TEAM, 204, acts=(Act("key", 204, again=NO_USER, about="full"),)),
    Route("PATCH", "/users/{userId}/status", TEAM, 200, {"status": False}),
    Route("PATCH", "/users/{userId}/verification", TEAM, 200, {"emailVerification": True}),
    Route(
        *("PATCH", "/users/{userId}/verification/phone", TEAM, NO_PHONE, {"phoneVerification": True}),
        acts=(Act("key", 200, {"phoneVerification": True}),),
    ),
    Route("POST", "/users/{userId}/sessions", TEAM, 201),
    Route("GET", "/users/{userId}/sessions", TEAM, 200),
    Route("DELETE", "/users/{userId}/sessions", TEAM, 204),
    Route(
        *("DELETE", "/users/{userId}/sessions/{sessionId}", TEAM, NO_SESSION),
        acts=(Act("key", 204, again=NO_SESSION),),
    ),
    Route("POST", "/users/{userId}/jwts", TEAM, 201),
    Route("GET", "/users/{userId}/logs", TEAM, 200, acts=(Act("key", 200, about="full"),)),
    Route(
        *("PATCH", "/users/{userId}/mfa", TEAM, 200, {"mfa": False}),
        acts=(Act("key", 200, {"mfa": False}, about="full"),),
    ),
    Route("GET", "/users/{userId}/mfa/factors", TEAM, 200, acts=(Act("key", 200, about="full"),)),
    Route(
        *("PATCH", "/users/{userId}/mfa/recovery-codes", TEAM, HAS_CODES),
        acts=(Act("key", 200, again=HAS_CODES),),
    ),
    Route("PUT", "/users/{userId}/mfa/recovery-codes", TEAM, 200, acts=(Act("key", 200, about="full"),)),
    Route("GET", "/users/{userId}/mfa/recovery-codes", TEAM, 200, acts=(Act("key", 200, about="full"),)),
    Route(
        *("DELETE", "/users/{userId}/mfa/authenticators/{type}", TEAM, 204),
        acts=(Act("key", 204, again=REMOVED, about="full"),),
    ),
    Route(
        *("GET", "/users/{userId}/mfa/challenges/{challengeId}", TEAM, TOKEN),
        acts=(Act("key", 200, about="full"),),
    ),
]
OF_CHANGES_BY_THE_TEAM = [
    Route("PATCH", "/users/{userId}/name", TEAM, 200, {"name": "Ada"}),
    Route(
        *("PATCH", "/users/{userId}/email", TEAM, 200, {"email": "{new_email}"}),
        acts=(
            Act("key", 200, {"email": "{new_email}"}, again=TAKEN, about="full"),
            Act("key", 200, {"email": ""}),
        ),
    ),
    Route(
        *("PATCH", "/users/{userId}/phone", TEAM, 200, {"number": "{new_phone}"}),
        acts=(
            Act("key", 200, {"number": "{new_phone}"}, again=TAKEN),
            Act("key", 200, {"number": ""}, about="full"),
        ),
    ),
    Route(
        *("PATCH", "/users/{userId}/password", TEAM, 200, {"password": "another password"}),
        acts=(
            Act("key", 200, {"password": "another password"}, again=RECENTLY_USED),
            Act("key", 200, {"password": ""}, about="full"),
        ),
    ),
    Route("PUT", "/users/{userId}/labels", TEAM, 200, {"labels": ["editor"]}),
    Route("GET", "/users/{userId}/prefs", TEAM, 200),
    Route("PATCH", "/users/{userId}/prefs", TEAM, 200, {"prefs": {"a": "b"}}),
]
MD5 = {"userId": "unique()", "email": "{new_email}", "password": "482c811da5d5b4bc6d497ffa98491e38"}
ARGON2 = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$0bJi1vt5zWMjv3rMlk0iVsPeVGpTwS3FyyoKVCp5vZk"
PHPASS = "$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0"
BCRYPT = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"
SCRYPT = {
    "password": "00" * 64,
    "passwordSalt": "salt",
    "passwordCpu": 2,
    "passwordMemory": 1,
    "passwordParallel": 1,
    "passwordLength": 64,
}
OF_FIREBASE = {**dict.fromkeys(("password", "passwordSignerKey"), "AA" * 32)}
OF_FIREBASE |= {"passwordSalt": "AAAA", "passwordSaltSeparator": "Bw=="}
HASHES = {"hashes": ["00" * 32], "algorithm": "sha256"}
OF_IMPORTS = [
    Route("POST", "/users/md5", TEAM, 201, MD5, again=EXISTS),
    Route("POST", "/users/argon2", TEAM, 201, {**MD5, "password": ARGON2}, again=EXISTS),
    Route("POST", "/users/bcrypt", TEAM, 201, {**MD5, "password": BCRYPT}, again=EXISTS),
    Route("POST", "/users/phpass", TEAM, 201, {**MD5, "password": PHPASS}, again=EXISTS),
    Route("POST", "/users/sha", TEAM, 201, {**MD5, "password": "00" * 32}, again=EXISTS),
    Route("POST", "/users/scrypt", TEAM, 201, {**MD5, **SCRYPT}, again=EXISTS),
    Route("POST", "/users/scrypt-modified", TEAM, 201, {**MD5, **OF_FIREBASE}, again=EXISTS),
    Route(
        *("POST", "/users/{userId}/mfa/authenticators/{type}", TEAM, CONFIRMED, {"secret": "JBSWY3DPEHPK3PXP"}),
        acts=(Act("key", 201, {"secret": "JBSWY3DPEHPK3PXP"}, again=CONFIRMED),),
    ),
    Route(
        *("POST", "/users/{userId}/mfa/recovery-codes", TEAM, HAS_CODES, HASHES),
        acts=(Act("key", 201, HASHES, again=HAS_CODES),),
    ),
]
OF_TARGETS = [
    Route(
        *("POST", "/users/{userId}/targets", TEAM, 201, TARGET),
        acts=(
            Act("key", 201, TARGET, again=TAKEN),
            Act("key", 201, {**TARGET, "providerType": "sms", "identifier": "{new_phone}"}, again=TAKEN, about="full"),
        ),
    ),
    Route("GET", "/users/{userId}/targets", TEAM, 200, acts=(Act("key", 200, about="full"),)),
    Route("GET", "/users/{userId}/targets/{targetId}", TEAM, NO_TARGET, acts=(Act("key", 200, about="full"),)),
    Route(
        *("PATCH", "/users/{userId}/targets/{targetId}", TEAM, NO_TARGET, {"identifier": "{new_email}"}),
        acts=(Act("key", 200, {"identifier": "{new_email}"}, about="full"),),
    ),
    Route(
        *("DELETE", "/users/{userId}/targets/{targetId}", TEAM, NO_TARGET),
        acts=(Act("key", 204, again=NO_TARGET, about="full"),),
    ),
]
OF_THE_PROJECT = [
    Route("GET", "/project", TEAM, 200),
    Route("GET", "/project/policies", TEAM, 200),
    Route("GET", "/project/policies/{policyId}", TEAM, 200),
    Route("GET", "/project/policies/mfa-factors", TEAM, 200),
    Route("PATCH", "/project/policies/mfa-factors", TEAM, 200, {"custom": False}),
    Route("GET", "/project/policies/session-alert", TEAM, 200),
    Route("PATCH", "/project/policies/session-alert", TEAM, 200, {"enabled": True}),
    Route("GET", "/project/policies/session-invalidation", TEAM, 200),
    Route("PATCH", "/project/policies/session-invalidation", TEAM, 200, {"enabled": False}),
    Route("PATCH", "/project/auth-methods/{methodId}", TEAM, 200, {"enabled": False}),
]
OF_POLICIES = [
    Route("GET", "/project/policies/session-duration", TEAM, 200),
    Route("PATCH", "/project/policies/session-duration", TEAM, 200, {"duration": 3600}),
    Route("GET", "/project/policies/session-limit", TEAM, 200),
    Route("PATCH", "/project/policies/session-limit", TEAM, 200, {"total": 3}),
    Route("GET", "/project/policies/user-limit", TEAM, 200),
    Route("PATCH", "/project/policies/user-limit", TEAM, 200, {"total": 9000}),
    Route("GET", "/project/policies/membership-privacy", TEAM, 200),
    Route("PATCH", "/project/policies/membership-privacy", TEAM, 200, {"userEmail": False}),
    Route("GET", "/project/policies/deny-aliased-email", TEAM, 200),
    Route("PATCH", "/project/policies/deny-aliased-email", TEAM, 200, {"enabled": True}),
    Route("GET", "/project/policies/deny-disposable-email", TEAM, 200),
    Route("PATCH", "/project/policies/deny-disposable-email", TEAM, 200, {"enabled": True}),
    Route("GET", "/project/policies/deny-free-email", TEAM, 200),
    Route("PATCH", "/project/policies/deny-free-email", TEAM, 200, {"enabled": True}),
    Route("GET", "/project/policies/deny-corporate-email", TEAM, 200),
    Route("PATCH", "/project/policies/deny-corporate-email", TEAM, 200, {"enabled": True}),
]
OF_PASSWORD_POLICIES = [
    *(Route("GET", f"/project/policies/{policy}", TEAM, 200) for policy in PASSWORD_POLICIES),
    *(Route("PATCH", f"/project/policies/{policy}", TEAM, 200, body) for policy, body in PASSWORD_POLICIES.items()),
]
NOT_IMPLEMENTED = (501, "general_not_implemented")
OF_HEALTH = [
    *(Route("GET", f"/health{check}", TEAM, 200) for check in ("", "/db", "/time", "/queue/mails")),
    *(Route("GET", f"/health/{check}", TEAM, NOT_IMPLEMENTED) for check in ("cache", "pubsub")),
]
OF_EXPORTS = [Route("GET", "/users/{userId}/export", TEAM, 200, acts=(Act("key", 200, about="full"),))]
PLACES = ("", "/codes", "/countries", "/countries/eu", "/countries/phones", "/continents", "/currencies", "/languages")
OF_PLACES = [Route("GET", f"/locale{place}", EVERYBODY, 200) for place in PLACES]
CONSENTS = "/account/consents"
OF_WHAT_IS_NOT_SERVED = [
    Route("GET", "/account/sessions/oauth2/{provider}", EVERYBODY, NOT_SERVED),
    Route("GET", "/account/tokens/oauth2/{provider}", EVERYBODY, NOT_SERVED),
    Route("POST", "/account/sessions/id-token", EVERYBODY, NOT_SERVED),
    Route("GET", CONSENTS, USER, NOT_SERVED),
    *(Route(method, f"{CONSENTS}/{{consentId}}", USER, NOT_SERVED) for method in ("GET", "DELETE")),
    Route("GET", f"{CONSENTS}/{{consentId}}/tokens", USER, NOT_SERVED),
    *(Route(method, f"{CONSENTS}/{{consentId}}/tokens/{{tokenId}}", USER, NOT_SERVED) for method in ("GET", "DELETE")),
    Route("POST", "/account/targets/push", USER, NOT_SERVED),
    *(Route(method, "/account/targets/{targetId}/push", USER, NOT_SERVED) for method in ("PUT", "DELETE")),
    Route("PATCH", "/users/{userId}/impersonator", TEAM, NOT_SERVED),
]
OF_EMPTY_LISTS = [
    Route("GET", "/account/identities", USER, 200),
    Route("DELETE", "/account/identities/{identityId}", USER, NO_IDENTITY),
    Route("GET", "/users/identities", TEAM, 200),
    Route("DELETE", "/users/identities/{identityId}", TEAM, NO_IDENTITY),
    Route("GET", "/account/memberships", USER, 200),
    Route("GET", "/users/{userId}/memberships", TEAM, 200),
]
HANDOVER = {"code": "{handover}", "verifier": VERIFIER}
OF_HANDOVERS = [
    Route("POST", "/account/handovers", OWN, 201, {**LINK, "challenge": CHALLENGE}),
    Route(
        *("POST", "/account/sessions/handover", ANYWAY, TOKEN, {**HANDOVER, "code": "none"}),
        acts=(
            Act("guest", 201, HANDOVER, again=TOKEN, origin=ORIGIN),
            Act("guest", TOKEN, {**HANDOVER, "verifier": CHALLENGE}, again=TOKEN, origin=ORIGIN),
        ),
    ),
]
OF_NOBODY = [
    Route("GET", "/avatars/qr", EVERYBODY, 200),
    Route("GET", "/ping", EVERYBODY, 200),
    Route("GET", "/health/version", ANYWAY, 200),
    Route("GET", "/openapi.json", ANYWAY, 200),
    Route("GET", "/pages/{page}", ANYONE, 200),
    Route("GET", "/pages/static/{file}", ANYONE, 200),
    *(Route(method, path, NOWHERE, NO_ROUTE) for path in ("/", "/{proxy+}") for method in METHODS),
]
OF_WAYS = [
    Route(
        *("POST", "/account/tokens/email", EVERYBODY, 201, MAILED),
        acts=(
            Act("guest", 201, MAILED, again=LIMITED),
            Act("guest", 201, {**MAILED, "email": "{email}"}, again=LIMITED),
        ),
    ),
    Route("POST", "/account/tokens/magic-url", EVERYBODY, 201, {**MAILED, **LINK}, again=LIMITED),
    Route("POST", "/account/sessions/magic-url", EVERYBODY, 201, {**MAILED, **LINK}, again=LIMITED, alias=True),
    Route(
        *("PUT", "/account/sessions/magic-url", SIGN_IN, TOKEN, NO_PROOF),
        acts=(
            Act("guest", 201, MAILED_CODE, again=TOKEN),
            Act("guest", 201, {"userId": "{new_mail}", "secret": "{new_mail_code}"}, again=TOKEN),
            Act("guest", 201, {"userId": "{link}", "secret": "{link_secret}"}, again=TOKEN),
            Act("guest", 201, {"userId": "{full}", "secret": "{custom_token}"}, again=TOKEN),
            Act("guest", TOKEN, {**MAILED_CODE, "secret": "000000"}),
        ),
    ),
    Route("POST", "/users/{userId}/tokens", TEAM, 201),
]

PASSKEYS = "/account/passkeys"
NO_CREDENTIAL: Body = {"credential": {"id": "none"}}
OF_PASSKEYS = [
    Route("GET", PASSKEYS, USER, 200, acts=(Act("full", 200),)),
    Route(*("POST", PASSKEYS, SIGNED_IN_ANEW, 201), acts=(Act("plain", 201), Act("full", 201))),
    Route(
        *("PUT", f"{PASSKEYS}/{{passkeyId}}/verification", SIGNED_IN_ANEW, NO_PASSKEY, NO_CREDENTIAL),
        acts=(
            Act("full", 200, {"credential": "{begun_credential}"}, again=TOKEN, passkey="begun_passkey"),
            Act("full", BAD_PASSKEY, NO_CREDENTIAL, again=TOKEN, passkey="begun_passkey"),
        ),
    ),
    Route("GET", f"{PASSKEYS}/{{passkeyId}}", USER, NO_PASSKEY, acts=(Act("full", 200),)),
    Route(
        "PATCH", f"{PASSKEYS}/{{passkeyId}}", USER, NO_PASSKEY, {"name": "a"}, acts=(Act("full", 200, {"name": "a"}),)
    ),
    Route(
        *("DELETE", f"{PASSKEYS}/{{passkeyId}}", SIGNED_IN_ANEW, NO_PASSKEY),
        acts=(Act("full", 204, again=NO_PASSKEY), Act("full", 204, again=NO_PASSKEY, passkey="begun_passkey")),
    ),
    Route("POST", "/account/tokens/passkey", EVERYBODY, 201),
    Route(
        *("PUT", "/account/tokens/passkey", EVERYBODY, TOKEN, {"challengeId": "none", **NO_CREDENTIAL}),
        acts=(
            Act("guest", 201, {"challengeId": "{guests_challenge}", "credential": "{guests_credential}"}, again=TOKEN),
            Act("guest", BAD_PASSKEY, {"challengeId": "{guests_challenge}", **NO_CREDENTIAL}, again=TOKEN),
        ),
    ),
    Route("GET", "/users/{userId}/passkeys", TEAM, 200, acts=(Act("key", 200, about="full"),)),
    *(
        Route(method, "/users/{userId}/passkeys/{passkeyId}", TEAM, NO_PASSKEY, body, acts=(act,))
        for method, body, act in (
            ("GET", None, Act("key", 200, about="full")),
            ("PATCH", {"name": "a"}, Act("key", 200, {"name": "a"}, about="full")),
            ("DELETE", None, Act("key", 204, again=NO_PASSKEY, about="full")),
        )
    ),
    Route("GET", "/project/policies/passkey", TEAM, 200),
    Route("PATCH", "/project/policies/passkey", TEAM, 200, {"rpId": "localhost"}),
]
TABLE = (
    OF_ACCOUNTS
    + OF_SESSIONS
    + OF_PROOFS
    + OF_MFA
    + OF_PASSKEYS
    + OF_THE_ANONYMOUS
    + OF_CODES_BY_MAIL
    + OF_USERS
    + OF_CHANGES_BY_THE_TEAM
    + OF_IMPORTS
    + OF_WAYS
    + OF_HANDOVERS
    + OF_TARGETS
    + OF_THE_PROJECT
    + OF_POLICIES
    + OF_PASSWORD_POLICIES
    + OF_EXPORTS
    + OF_HEALTH
    + OF_PLACES
    + OF_EMPTY_LISTS
    + OF_WHAT_IS_NOT_SERVED
    + OF_NOBODY
)
