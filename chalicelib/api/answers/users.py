"""Accounts and users."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chalicelib.accounts.targets import of_addresses
from chalicelib.delivery.mail_kinds import kind_of
from chalicelib.models import Preferences, Target, User
from chalicelib.security import hashing
from chalicelib.storage import targets as stored_targets
from chalicelib.timestamps import iso

if TYPE_CHECKING:
    from chalicelib.api.answers.schema import Schema


_HASH_OPTIONS: dict[str, dict[str, str]] = {
    "argon2": dict.fromkeys(("memory_cost", "memoryCost", "time_cost", "timeCost", "threads"), "integer"),
    "bcrypt": {},
    "md5": {},
    "phpass": {},
    "scrypt": {
        **dict.fromkeys(("costCpu", "costMemory", "costParallel", "length"), "integer"),
        "salt": "string",
    },
    "scryptMod": dict.fromkeys(("salt", "saltSeparator", "signerKey"), "string"),
    "sha": {"version": "string"},
}
"""What is shown of a hash besides its `type`, with the types of JSON."""


def user(record: User, preferences: Preferences) -> dict[str, Any]:
    """The account and what only API keys may see: the password's hash."""
    return {**account(record, preferences), "password": record.password or None, **_hash(record)}


def _hash(record: User) -> dict[str, Any]:
    """How the password was hashed, by us or by the system that it comes from."""
    kind = record.password_scheme.get("hash", "argon2")
    if kind != "argon2":
        options = {name: value for name, value in record.password_scheme.items() if name != "hash"}
        return {"hash": kind, "hashOptions": {"type": kind, **options}}
    costs = hashing.costs(record.password)
    by_the_sdks_names = {"memoryCost": costs["memory_cost"], "timeCost": costs["time_cost"]}
    return {"hash": kind, "hashOptions": {"type": kind, **costs, **by_the_sdks_names}}


def account(user: User, preferences: Preferences) -> dict[str, Any]:
    return {
        "$id": user.id,
        "$createdAt": iso(user.created),
        "$updatedAt": iso(max(user.updated, preferences.updated)),
        "name": user.name,
        "registration": iso(user.created),
        "status": not user.blocked,
        "labels": user.labels,
        "passwordUpdate": iso(user.password_updated),
        "email": user.email,
        "phone": user.phone,
        "emailVerification": user.email_verified,
        "phoneVerification": user.phone_verified,
        **_email_traits(user.email),
        "passwordPwned": user.password_pwned,
        "mfa": user.mfa,
        "prefs": json.loads(preferences.text),
        "targets": targets(user, preferences),
        "accessedAt": iso(user.accessed),
        "impersonator": False,
        "impersonatorUserId": None,
    }


def preferences(record: Preferences) -> dict[str, Any]:
    """The object itself."""
    kept: dict[str, Any] = json.loads(record.text)
    return kept


def _email_traits(address: str) -> dict[str, Any]:
    kind = kind_of(address) if address else None
    return {
        "emailCanonical": kind and kind.canonical,
        "emailIsFree": kind and kind.is_free,
        "emailIsDisposable": kind and kind.is_disposable,
        "emailIsCorporate": kind and kind.is_corporate,
        "emailIsCanonical": kind and kind.is_canonical,
    }


def targets(user: User, preferences: Preferences) -> list[dict[str, Any]]:
    """The user's addresses and further targets, oldest first (a map of DynamoDB comes back in any order)."""
    every = (*of_addresses(user), *stored_targets.of(preferences).values())
    return [target(each, user) for each in sorted(every, key=lambda each: (each.created, each.kind, each.id))]


def target(record: Target, user: User) -> dict[str, Any]:
    return {
        "$id": record.id,
        "$createdAt": iso(record.created),
        "$updatedAt": iso(record.updated),
        "name": record.name,
        "userId": user.id,
        "providerId": None,
        "providerType": record.kind,
        "identifier": record.identifier,
        "expired": False,
    }


def schemas() -> dict[str, Schema]:
    """What these answers look like, by the names that the SDKs give them."""
    from chalicelib.api.answers.schema import (
        DATE,
        DATE_OR_EMPTY,
        FLAG,
        ID,
        TEXT,
        or_null,
        page,
        record,
        some,
        versioned,
    )

    account_fields: dict[str, Schema] = {
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
        "passwordPwned": or_null("boolean"),
        "mfa": FLAG,
        "prefs": some("preferences"),
        "targets": {"type": "array", "items": some("target")},
        "accessedAt": DATE,
        "impersonator": FLAG,
        "impersonatorUserId": or_null("string"),
    }
    return {
        "account": versioned("account", **account_fields),
        "user": versioned(
            "user",
            **account_fields,
            password=or_null("string"),
            hash={"enum": sorted(_HASH_OPTIONS)},
            hashOptions={
                "type": "object",
                "anyOf": [
                    record(type={"const": kind}, **{name: {"type": each} for name, each in options.items()})
                    for kind, options in _HASH_OPTIONS.items()
                ],
            },
        ),
        "userList": page("users", "user"),
        "preferences": {"type": "object"},
        "targetList": page("targets", "target"),
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
    }
