"""Passkeys, and the challenges that authenticators answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chalicelib.models import Passkey
from chalicelib.timestamps import iso

if TYPE_CHECKING:
    from chalicelib.api.answers.schema import Schema


def passkey(record: Passkey) -> dict[str, Any]:
    return {
        "$id": record.id,
        "$createdAt": iso(record.created),
        "$updatedAt": iso(record.updated),
        "name": record.name,
        "accessedAt": iso(record.accessed),
    }


def challenge(id_: str, created: int, passkey_id: str, expire: int, options: Mapping[str, Any]) -> dict[str, Any]:
    """`options` are what `navigator.credentials` takes, as JSON. `passkey_id` is empty where none is asked for."""
    return {
        "$id": id_,
        "$createdAt": iso(created),
        "passkeyId": passkey_id,
        "expire": iso(expire),
        "publicKey": options,
    }


def schemas() -> dict[str, Schema]:
    """What these answers look like, by the names that the SDKs give them."""
    from chalicelib.api.answers.schema import DATE, DATE_OR_EMPTY, ID, TEXT, page, record

    return {
        "passkey": record(_id=ID, _createdAt=DATE, _updatedAt=DATE, name=TEXT, accessedAt=DATE_OR_EMPTY),
        "passkeyList": page("passkeys", "passkey"),
        "passkeyChallenge": record(
            _id=ID, _createdAt=DATE, passkeyId=TEXT, expire=DATE, publicKey={"type": "object", "minProperties": 1}
        ),
    }
