"""Open proofs and JSON Web Tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.models import Token
from chalicelib.timestamps import iso

if TYPE_CHECKING:
    from chalicelib.api.answers.schema import Schema


def token(record: Token, user_id: str, secret: str = "", phrase: str = "") -> dict[str, Any]:
    """`secret` is given to API keys only, `phrase`, the security phrase, to whoever asked for one."""
    return {
        "$id": record.id,
        "$createdAt": iso(record.created),
        "userId": user_id,
        "secret": secret,
        "expire": iso(record.expire),
        "phrase": phrase,
    }


def schemas() -> dict[str, Schema]:
    """What these answers look like, by the names that the SDKs give them."""
    from chalicelib.api.answers.schema import (
        DATE,
        ID,
        SECRET,
        TEXT,
        record,
        versioned,
    )

    return {
        "token": versioned("token", _id=ID, _createdAt=DATE, userId=ID, secret=SECRET, expire=DATE, phrase=TEXT),
        "jwt": record(jwt={"type": "string", "pattern": r"^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+){2}$"}),
    }
