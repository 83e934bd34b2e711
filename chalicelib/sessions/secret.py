"""What a client holds of its session: base64 of `{"id": user, "secret": session id + 64 hex characters}`.

The session's id inside the secret lets a request read user and session by key, in one round trip.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from typing import NamedTuple

from chalicelib import ids

ID_LENGTH = 20
_SECRET = re.compile(r"[0-9a-f]{84}", re.ASCII)
_ID = re.compile(ids.PATTERN, re.ASCII)


class Held(NamedTuple):
    """A value that decodes: whose session it claims to be, and with what secret."""

    user_id: str
    secret: str

    @property
    def session_id(self) -> str:
        return self.secret[:ID_LENGTH]


def encode(user_id: str, secret: str) -> str:
    """The value that cookie, header and `session.secret` carry."""
    return b64encode(json.dumps({"id": user_id, "secret": secret}, separators=(",", ":")).encode()).decode()


def decode(value: str) -> Held | None:
    """The claim that a client's value makes. None when it is not base64 of a JSON object.

    A JSON object of another shape decodes to a claim that no session can meet.
    """
    held = unwrap(value)
    if held is None or (_ID.fullmatch(held.user_id) and _SECRET.fullmatch(held.secret)):
        return held
    return Held("", "")


def unwrap(value: str) -> Held | None:
    """What is inside base64 of a JSON object, whatever the secret looks like; None when it is something else."""
    try:
        content = json.loads(b64decode(value, validate=True))
    except (ValueError, RecursionError):
        return None
    if not isinstance(content, dict):
        return None
    user_id, secret = content.get("id"), content.get("secret")
    return Held(user_id, secret) if isinstance(user_id, str) and isinstance(secret, str) else Held("", "")
