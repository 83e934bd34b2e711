"""What must be readable again, and short codes, under the deployment's data key.

The data key is 256 bits from KMS, kept in the settings table in wrapped form and unwrapped once per process, so a warm
request makes no KMS call. Two keys are derived from it (HKDF-Expand with one block, RFC 5869 2.3): one for AES-256-GCM,
one for the keyed hash of codes.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from chalicelib import services
from chalicelib.storage import data_key

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12
VERSION = b"\x01"


def encrypt(secret: bytes, owner: str) -> bytes:
    """AES-256-GCM of `secret`, readable only with the same `owner` (a user or challenge id) as additional data."""
    nonce = services.random_bytes(NONCE_BYTES)
    return VERSION + nonce + _cipher().encrypt(nonce, secret, owner.encode())


def decrypt(sealed: bytes, owner: str) -> bytes:
    """The inverse of `encrypt`. cryptography.exceptions.InvalidTag when the bytes or the owner are not the same."""
    nonce, body = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
    return _cipher().decrypt(nonce, body, owner.encode())


def keyed_hash(*parts: str) -> bytes:
    """HMAC-SHA-256 of the parts: the stored form of a six-digit code, useless to a reader of the table.

    The parts are what the code is bound to, and the code; none may contain a NUL.
    """
    return hmac.new(derived_key("codes"), "\0".join(parts).encode(), hashlib.sha256).digest()


def _cipher() -> AESGCM:
    return services.get("cipher", _build_cipher)  # type: ignore[no-any-return]


def _build_cipher() -> AESGCM:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(derived_key("secrets"))


def derived_key(purpose: str) -> bytes:
    """A key of its own for each purpose, 32 bytes."""
    return hmac.new(_data_key(), purpose.encode() + b"\x01", hashlib.sha256).digest()


def _data_key() -> bytes:
    value: bytes = services.get("data-key", data_key.load)
    return value
