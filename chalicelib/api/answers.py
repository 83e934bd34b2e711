"""What the answers look like: the models of wire.py as JSON schemas, by the names that the SDKs give them.

Loaded for the OpenAPI document, never for a request to anything else.
"""

from __future__ import annotations

from typing import Any

from chalicelib.api.wire import WITHOUT_USE
from chalicelib.errors import ERRORS
from chalicelib.factors.registry import FACTORS, SWITCHED
from chalicelib.sign_in.registry import WAYS
from chalicelib.web import formats

Schema = dict[str, Any]

_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}\+00:00"
_GROUP = "[0-9a-z•]{4}"

TEXT: Schema = {"type": "string"}
EMPTY: Schema = {"const": ""}
NONE: Schema = {"const": []}
FLAG: Schema = {"type": "boolean"}
COUNT: Schema = {"type": "integer", "minimum": 0}
ID: Schema = {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,35}$"}
DATE: Schema = {"type": "string", "format": "date-time", "pattern": f"^{_DATE}$"}
DATE_OR_EMPTY: Schema = {"type": "string", "pattern": f"^(?:{_DATE})?$"}
SECRET: Schema = {"type": "string", "description": "Empty unless an API key asks."}


def record(**fields: Schema) -> Schema:
    """An object with exactly these fields; `_` at the beginning of a name stands for `$`."""
    named = {f"${name[1:]}" if name[0] == "_" else name: schema for name, schema in fields.items()}
    return {"type": "object", "properties": named, "required": list(named), "additionalProperties": False}


def versioned(model: str, /, **fields: Schema) -> Schema:
    """The model of that name. What it has not had from the beginning, clients for older versions do not get."""
    whole = record(**fields)
    return {**whole, "required": [each for each in whole["required"] if each not in formats.SINCE[model]]}


def some(name: str) -> Schema:
    """The model of that name."""
    return {"$ref": f"#/components/schemas/{name}"}


def page(plural: str, name: str) -> Schema:
    """A list as the API gives it, under the plural name of its elements."""
    return record(total=COUNT, **{plural: {"type": "array", "items": some(name)}})


def or_null(kind: str) -> Schema:
    return {"type": [kind, "null"]}


SWITCHES: Schema = {"type": "array", "items": record(_id=TEXT, enabled=FLAG)}


def policy(name: str, **fields: Schema) -> Schema:
    return record(_id={"const": name}, **fields)


ACCOUNT: dict[str, Schema] = {
    "_id": ID,
    "_createdAt": DATE,
    "_updatedAt": DATE,
    "name": TEXT,
    "registration": DATE,
    "status": FLAG,
    "labels": {"type": "array", "items": TEXT},
    "passwordUpdate": DATE_OR_EMPTY,
    "email": TEXT,
    "phone": TEXT,
    "emailVerification": FLAG,
    "phoneVerification": FLAG,
    "emailCanonical": or_null("string"),
    **dict.fromkeys(
        ("emailIsFree", "emailIsDisposable", "emailIsCorporate", "emailIsCanonical"),
        or_null("boolean"),
    ),
    "mfa": FLAG,
    "prefs": some("preferences"),
    "targets": {"type": "array", "items": some("target")},
    "accessedAt": DATE,
    "impersonator": FLAG,
    "impersonatorUserId": or_null("string"),
}
CHALLENGE: dict[str, Schema] = {"_id": ID, "_createdAt": DATE, "userId": ID, "expire": DATE}
DEVICE: dict[str, Schema] = dict.fromkeys(
    (
        *("osCode", "osName", "osVersion", "clientType", "clientCode", "clientName", "clientVersion"),
        *("clientEngine", "clientEngineVersion", "deviceName", "deviceBrand", "deviceModel"),
        *("countryCode", "countryName"),
    ),
    TEXT,
)
POLICIES = [
    policy("password-dictionary", enabled=FLAG, denyList=NONE),
    policy("password-history", total=COUNT),
    policy("password-strength", min=COUNT, uppercase=FLAG, lowercase=FLAG, number=FLAG, symbols=FLAG),
    policy("password-personal-data", enabled=FLAG, denyList=NONE),
    policy("session-alert", enabled=FLAG),
    policy("session-duration", duration=COUNT),
    policy("session-invalidation", enabled=FLAG),
    policy("session-limit", total=COUNT),
    policy("user-limit", total=COUNT),
    policy(
        "membership-privacy",
        **dict.fromkeys(("userId", "userEmail", "userPhone", "userName", "userMFA", "userAccessedAt"), FLAG),
    ),
    policy("mfa-factors", **{factor.name: FLAG for factor in SWITCHED}),
]

SHOWN: dict[str, Schema] = {name: dict(schema) for each in FACTORS for name, schema in each.shows.items()}
"""What a challenge shows besides, by its factor."""
PROVEN = list(
    dict.fromkeys(
        [
            *(way.factor for way in WAYS if way.method and not way.channel),
            *(factor.name for factor in FACTORS),
            *(way.factor for way in WAYS),
        ]
    )
)
"""What a session can have proven: by the ways in, those of the team last, and by second factors."""

MODELS: dict[str, Schema] = {
    "account": versioned("account", **ACCOUNT),
    "user": versioned(
        "user",
        **ACCOUNT,
        password=or_null("string"),
        hash={"const": "argon2"},
        hashOptions=record(
            type={"const": "argon2"},
            **dict.fromkeys(("memory_cost", "memoryCost", "time_cost", "timeCost"), COUNT),
            threads=COUNT,
        ),
    ),
    "userList": page("users", "user"),
    "preferences": {"type": "object"},
    "target": record(
        _id=ID,
        _createdAt=DATE,
        _updatedAt=DATE,
        name=TEXT,
        userId=ID,
        providerId=or_null("string"),
        providerType={"enum": ["email", "sms"]},
        identifier=TEXT,
        expired=FLAG,
    ),
    "session": versioned(
        "session",
        _id=ID,
        _createdAt=DATE,
        _updatedAt=DATE,
        userId=ID,
        expire=DATE,
        provider={"enum": list(dict.fromkeys(way.provider for way in WAYS))},
        providerUid=TEXT,
        providerAccessToken=EMPTY,
        providerAccessTokenExpiry=EMPTY,
        providerRefreshToken=EMPTY,
        ip=TEXT,
        **DEVICE,
        current=FLAG,
        factors={"type": "array", "items": {"enum": PROVEN}},
        secret=SECRET,
        mfaUpdatedAt=DATE_OR_EMPTY,
    ),
    "sessionList": page("sessions", "session"),
    "token": versioned("token", _id=ID, _createdAt=DATE, userId=ID, secret=SECRET, expire=DATE, phrase=EMPTY),
    "jwt": record(jwt={"type": "string", "pattern": r"^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+){2}$"}),
    "mfaType": record(
        secret={"type": "string", "pattern": "^[A-Z2-7]{32}$"},
        uri={"type": "string", "pattern": "^otpauth://totp/"},
    ),
    "mfaFactors": record(**{factor.name: FLAG for factor in FACTORS}),
    "mfaChallenge": {**record(**CHALLENGE, **SHOWN), "required": record(**CHALLENGE)["required"]},
    "mfaChallengeSecret": record(**CHALLENGE, code={"type": "string", "pattern": "^[0-9]{6}$"}),
    "mfaRecoveryCodes": record(
        recoveryCodes={
            "type": "array",
            "items": {"type": "string", "pattern": "^[0-9a-z]{3}[0-9a-z•](?:-[0-9a-z•]{4}){3}$"},
        }
    ),
    "log": record(
        event=TEXT,
        userId=ID,
        userEmail=TEXT,
        userName=TEXT,
        mode={"enum": ["default", "admin"]},
        userType={"enum": ["user", "keyProject"]},
        ip=TEXT,
        time=DATE,
        **DEVICE,
    ),
    "logList": page("logs", "log"),
    "project": record(
        _id=TEXT,
        name=TEXT,
        **{name: {"const": value} for name, value in WITHOUT_USE.items()},
        **dict.fromkeys(("authMethods", "services", "protocols"), SWITCHES),
    ),
    "policy": {"anyOf": POLICIES},
    "policyList": page("policies", "policy"),
    "version": record(version=TEXT),
    "document": {"type": "object", "required": ["openapi", "info", "paths", "components"]},
    "error": record(
        message={"type": "string", "minLength": 1},
        code={"enum": sorted({status for status, _ in ERRORS.values()})},
        type={"enum": sorted(ERRORS)},
        version=TEXT,
    ),
}

CONTENT: dict[str, dict[str, Any]] = {
    "png": {"image/png": {}},
    "pong": {"text/plain": {"schema": {"const": "Pong!"}}},
    **{name: {"application/json": {"schema": some(name)}} for name in MODELS},
}
"""What an answer carries, by the name that an endpoint gives it."""
