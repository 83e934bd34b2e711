"""One-way forms of secrets: Argon2id for what people choose or type, SHA-256 for what has 128 random bits or more."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from chalicelib.runtime import container, randomness, settings

if TYPE_CHECKING:
    from argon2 import PasswordHasher


UNGUESSABLE_HEX = 32
"""Hex characters with 128 random bits."""


def digest(secret: str) -> bytes:
    """SHA-256 of a secret with at least 128 random bits; a slow hash would add nothing to those."""
    return hashlib.sha256(secret.encode()).digest()


def same(one: bytes, other: bytes) -> bool:
    """Whether both are equal, in time that does not tell where they differ."""
    return hmac.compare_digest(one, other)


def hash_secret(text: str) -> str:
    """Argon2id of `text` at the deployment's cost (default OWASP: 19 MiB, t=2, p=1), with salt and cost inside."""
    return _hasher().hash(text)


def matches(encoded: str, text: str) -> bool:
    """Whether `text` gave that hash. Exactly one Argon2 evaluation, also for an empty `encoded`: no match."""
    from argon2.exceptions import VerifyMismatchError

    try:
        _hasher().verify(encoded or _dummy(), text)
    except VerifyMismatchError:
        return False
    return bool(encoded)


def needs_rehash(encoded: str) -> bool:
    """Whether the cost setting has moved since the hash was made."""
    return _hasher().check_needs_rehash(encoded)


def costs(encoded: str) -> dict[str, int]:
    """The Argon2 costs inside a hash, by the API's names; for an empty one those of the deployment."""
    from argon2 import extract_parameters

    parameters = extract_parameters(encoded or _dummy())
    return {
        "memory_cost": parameters.memory_cost,
        "time_cost": parameters.time_cost,
        "threads": parameters.parallelism,
    }


def _hasher() -> PasswordHasher:
    return container.get("argon2", _build_hasher)  # type: ignore[no-any-return]


def _build_hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    config = settings.config()
    return PasswordHasher(
        time_cost=config.argon2_iterations,
        memory_cost=config.argon2_memory_kib,
        parallelism=config.argon2_parallelism,
    )


def _dummy() -> str:
    """A hash at the current cost that no text gives. It is made up, not computed: that would be a second evaluation."""
    from base64 import b64encode

    config = settings.config()
    cost = f"m={config.argon2_memory_kib},t={config.argon2_iterations},p={config.argon2_parallelism}"
    salt, key = (b64encode(randomness.random_bytes(size)).decode().rstrip("=") for size in (16, 32))
    return f"$argon2id$v=19${cost}${salt}${key}"
