"""API keys by which the team's own servers are known: several at once, each with scopes and an end."""

from __future__ import annotations

import re

from chalicelib.ids import new_id
from chalicelib.models import ApiKey
from chalicelib.runtime import clock, settings
from chalicelib.security import codes, hashing
from chalicelib.storage import api_keys
from chalicelib.units import DAY_MS

SCOPES = ("users.read", "users.write", "sessions.read", "sessions.write", "project.read", "project.write")
OF_EVERY_KEY = ("health.read",)
"""What needs no scope of its own."""
SECRET_LENGTH = 64
_FORM = re.compile(r"standard_([0-9a-f]{20})([0-9a-f]{64})", re.ASCII)


def make(name: str, scopes: tuple[str, ...], days: int) -> tuple[ApiKey, str]:
    """A new key, to be kept, and the value that its holder sends; `days` is 0 for one that does not end.

    The value is `standard_`, the key's id and 256 random bits: not to be had from what is kept.
    """
    now = clock.now()
    key_id, secret = new_id(now), codes.hex_secret(SECRET_LENGTH)
    expire = now + days * DAY_MS if days else 0
    digest = hashing.digest(secret)
    key = ApiKey(id=key_id, name=name, digest=digest, scopes=list(scopes), created=now, expire=expire)
    return key, f"standard_{key_id}{secret}"


def holder(value: str) -> ApiKey | None:
    """The key that a request's X-Appwrite-Key is, maybe past its end; None when it is none of ours or revoked.

    The local server has one with all scopes, setting `MFA_KEY`.
    """
    local = settings.config().key
    if local and value and hashing.same(local.encode(), value.encode()):
        return ApiKey(id="local", name="local", digest=b"", scopes=list(SCOPES), created=0)
    form = _FORM.fullmatch(value)
    key = api_keys.find(form[1]) if form else None
    if form is None or key is None or not hashing.same(key.digest, hashing.digest(form[2])):
        return None
    return key


def has_ended(key: ApiKey) -> bool:
    return 0 < key.expire <= clock.now()
