"""What must be readable again, and short codes, under the deployment's data keys.

A data key is 256 bits from KMS, kept in the settings table in wrapped form and unwrapped once per process, so a warm
request makes no KMS call. Keys are derived from it (HKDF-Expand with one block, RFC 5869 2.3): one for AES-256-GCM, one
for the keyed hash of codes, one for JSON Web Tokens. There may be several (`storage/data_key.py` adds one): the newest
in force seals, and what was sealed begins with the number of its key, so that all of them open. A process looks for
newer keys every five minutes, and none is in force before every process knows it: nobody meets a number that is new.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from chalicelib.runtime import clock, container, randomness
from chalicelib.storage import data_key
from chalicelib.storage.data_key import SPREAD, DataKey, Keyring
from chalicelib.units import MINUTE_MS

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12


class UnknownKey(KeyError):
    """There is no data key of that number."""


def encrypt(secret: bytes, owner: str, code: str = "") -> bytes:
    """AES-256-GCM of `secret`, readable only with the same `owner` (a user or challenge id) as additional data.

    With a `code` of 128 random bits or more, which is stored nowhere, not even the data key alone opens it.
    """
    nonce, number = randomness.random_bytes(NONCE_BYTES), newest()
    return bytes([number]) + nonce + _cipher(number, code).encrypt(nonce, secret, owner.encode())


def decrypt(sealed: bytes, owner: str, code: str = "") -> bytes:
    """The inverse of `encrypt`. cryptography.exceptions.InvalidTag when the bytes, owner or code are not the same."""
    nonce, body = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
    return _cipher(sealed[0], code).decrypt(nonce, body, owner.encode())


def is_current(sealed: bytes) -> bool:
    """Whether the newest data key in force sealed it, or a newer one: nothing moves back to an older key."""
    return sealed[0] >= newest()


def keyed_hash(*parts: str) -> bytes:
    """HMAC-SHA-256 of the parts: the stored form of a six-digit code, useless to a reader of the table.

    The parts are what the code is bound to, and the code; none may contain a NUL.
    """
    return _hash(newest(), parts)


def hash_matches(stored: bytes, *parts: str) -> bool:
    """Whether `keyed_hash` gave `stored` for these parts, under whichever data key was in force then.

    An empty `stored` matches nothing, after the same work.
    """
    return hmac.compare_digest(stored, _hash(stored[0] if stored else newest(), parts))


def hash_under(key: bytes, *parts: str) -> bytes:
    """The same, under a key that is a `keyed_hash` itself: for a process that has no data key."""
    return key[:1] + hmac.digest(key[1:], "\0".join(parts).encode(), hashlib.sha256)


def hash_under_matches(stored: bytes, key_parts: tuple[str, ...], *parts: str) -> bool:
    """Whether `hash_under` gave `stored`, the key being the hash of `key_parts`; as above for an empty one."""
    key = _hash(stored[0] if stored else newest(), key_parts)
    return hmac.compare_digest(stored, hash_under(key, *parts))


def newest() -> int:
    """The number of the newest data key in force, which seals and signs, from 1 on."""
    return _keyring().sealing(clock.now())


def derived_key(purpose: str, number: int) -> bytes:
    """A key of its own for each purpose, 32 bytes, from the data key of that number."""
    return hmac.new(_data_key(number).plain, purpose.encode() + b"\x01", hashlib.sha256).digest()


def signing_key(number: int, longest_life: int) -> bytes | None:
    """The key of JSON Web Tokens of that number; None for one that signs none that can still live.

    `longest_life` is that of a token in milliseconds: so long after a newer key came into force, the older one is over.
    """
    ring, now = _keyring(), clock.now()
    if number > len(ring.keys) and now - ring.looked >= MINUTE_MS:  # tokens are anybody's word: not each may ask KMS
        ring.look(now)
    if not 1 <= number <= len(ring.keys):
        return None
    newer = ring.keys[number:]
    if newer and now - min(key.created for key in newer) > SPREAD + longest_life:
        return None
    return derived_key("jwt", number)


def _hash(number: int, parts: tuple[str, ...]) -> bytes:
    digest = hmac.new(derived_key("codes", number), "\0".join(parts).encode(), hashlib.sha256).digest()
    return bytes([number]) + digest


def _cipher(number: int, code: str) -> AESGCM:
    """That of a code is not kept: it opens one thing, once."""
    if code:
        return _build_cipher(f"secrets with {code}", number)
    return container.get(f"cipher-{number}", lambda: _build_cipher("secrets", number))  # type: ignore[no-any-return]


def _build_cipher(purpose: str, number: int) -> AESGCM:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(derived_key(purpose, number))


def _data_key(number: int) -> DataKey:
    """UnknownKey for a number that no data key has, now that they have been read again."""
    ring = _keyring()
    if number > len(ring.keys):
        ring.look(clock.now())
    if not 1 <= number <= len(ring.keys):
        raise UnknownKey(number)
    return ring.keys[number - 1]


def _keyring() -> Keyring:
    """The data keys as this process knows them, looked for again every few minutes."""
    ring: Keyring = container.get("data-keys", data_key.keyring)
    ring.keep_fresh(clock.now())
    return ring
