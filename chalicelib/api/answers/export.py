"""All that is kept of a user, as it is kept, but for what would let somebody in."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from chalicelib.storage.items import Item
from chalicelib.timestamps import iso
from chalicelib.web.declaration import argument

if TYPE_CHECKING:
    from chalicelib.api.answers.schema import Schema

WITHHELD = {
    "digest": "what a token or a code is known by",
    "generation": "what a live session carries",
    "hash": "of a recovery code",
    "hashes": "of the passwords of before",
    "kept": "the answer of a challenge",
    "public_key": "of a passkey",
    "password": "its hash",
    "password_scheme": "how it was hashed elsewhere, with salt and keys",
    "recovery_codes": "the beginnings of codes",
    "secret": "the digest of a session's, and the sealed one of an authenticator",
    "selector": "the beginning of a recovery code",
    "pk": "the place of an item, which has the id in it",
    "listed": "the same for everybody",
    "ttl": "when DynamoDB removes what is over, a moment after its end",
}
"""What is left out, by its attribute, at any depth; and what it is."""
TIMES = frozenset(
    {
        *("accessed", "blocked_at", "challenged", "created", "expire", "mfa_updated", "password_updated", "sent"),
        *("spent", "updated"),
    }
)
"""Attributes that hold milliseconds since the epoch, by themselves or by name."""


def told(item: Item | None) -> dict[str, Any]:
    """An item with the names and times of the API, without what is WITHHELD; nothing of none."""
    return _map(item or {}, times=False)


def several(items: Iterable[Item | None]) -> list[dict[str, Any]]:
    return [told(item) for item in items if item]


def preferences(item: Item | None) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((item or {}).get("text", "{}"))
    return found


def targets(item: Item | None) -> list[dict[str, Any]]:
    """Those that the team has noted, which stand beside the preferences."""
    return several((item or {}).get("targets", {}).values())


def _map(kept: Mapping[str, Any], times: bool) -> dict[str, Any]:
    return {_name(name): _value(value, times or name in TIMES) for name, value in kept.items() if name not in WITHHELD}


def _value(value: Any, time: bool) -> Any:
    if isinstance(value, Mapping):
        return _map(value, time)
    if isinstance(value, list | set | frozenset):
        return [_value(each, time) for each in (value if isinstance(value, list) else sorted(value))]
    if isinstance(value, bytes):
        return urlsafe_b64encode(value).decode().rstrip("=")
    return iso(value) if time and isinstance(value, int) else value


def _name(attribute: str) -> str:
    """`phone_verified` as `phoneVerified`; what is no name of ours, such as the id of a session, as it is."""
    first, *others = attribute.split("_")
    name = first + "".join(each.capitalize() for each in others)
    return name if argument(name) == attribute else attribute


def schemas() -> dict[str, Schema]:
    """What these answers look like, by the names that the SDKs give them."""
    from chalicelib.api.answers.schema import or_null, record

    thing: Schema = {"type": "object"}
    things: Schema = {"type": "array", "items": thing}
    whole = record(
        user=thing,
        preferences=thing,
        **dict.fromkeys(("targets", "sessions", "recoveryCodes", "passkeys", "challenges", "counters", "log"), things),
        next=or_null("string"),
    )
    return {"userExport": {**whole, "required": ["log", "next"]}}
