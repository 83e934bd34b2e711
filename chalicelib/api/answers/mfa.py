"""Challenges, factors, authenticators and recovery codes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chalicelib.factors.registry import FACTORS, usable
from chalicelib.mfa.authenticators import Enrolment
from chalicelib.models import Challenge, Project, User
from chalicelib.timestamps import iso

if TYPE_CHECKING:
    from chalicelib.api.answers.schema import Schema


def challenge(record: Challenge, shown: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "$id": record.id,
        "$createdAt": iso(record.created),
        "userId": record.user_id,
        "expire": iso(record.expire),
        **shown,
    }


def challenge_secret(record: Challenge, code: str) -> dict[str, Any]:
    return challenge(record, {"code": code})


def factors(user: User, project: Project) -> dict[str, bool]:
    return {factor.name: usable(factor, user, project) for factor in FACTORS}


def recovery_codes(codes: list[str]) -> dict[str, list[str]]:
    return {"recoveryCodes": codes}


def authenticator(enrolment: Enrolment) -> dict[str, str]:
    return {"secret": enrolment.secret, "uri": enrolment.uri}


def schemas() -> dict[str, Schema]:
    """What these answers look like, by the names that the SDKs give them."""
    from chalicelib.api.answers.schema import (
        DATE,
        FLAG,
        ID,
        record,
    )

    challenge_fields: dict[str, Schema] = {"_id": ID, "_createdAt": DATE, "userId": ID, "expire": DATE}
    shown: dict[str, Schema] = {name: dict(schema) for each in FACTORS for name, schema in each.shows.items()}
    return {
        "mfaType": record(
            secret={"type": "string", "pattern": "^[A-Z2-7]{32}$"},
            uri={"type": "string", "pattern": "^otpauth://totp/"},
        ),
        "mfaFactors": record(**{factor.name: FLAG for factor in FACTORS}),
        "mfaChallenge": {**record(**challenge_fields, **shown), "required": record(**challenge_fields)["required"]},
        "mfaChallengeSecret": record(**challenge_fields, code={"type": "string", "pattern": "^[0-9]{6}$"}),
        "mfaRecoveryCodes": record(
            recoveryCodes={
                "type": "array",
                "items": {"type": "string", "pattern": "^[0-9a-z]{3}[0-9a-z•](?:-[0-9a-z•]{4}){3}$"},
            }
        ),
    }
