"""The system's random number generator, made for secrets (CSPRNG)."""

from __future__ import annotations

import secrets

from chalicelib.runtime import container


def random_bytes(count: int) -> bytes:
    """That many random bytes."""
    value: bytes = container.get("random", lambda: secrets.token_bytes)(count)
    return value


def random_below(limit: int) -> int:
    """A uniform number from 0 to limit - 1 (64 surplus bits make the bias of the remainder negligible)."""
    return int.from_bytes(random_bytes((limit.bit_length() + 71) // 8), "big") % limit
