"""MD5 and the SHA families: the hexadecimal digest of the text alone."""

from __future__ import annotations

import hashlib
import re

from chalicelib.security.hashing import same
from chalicelib.security.imported import Scheme, malformed


def check(encoded: str, scheme: Scheme) -> None:
    digits = 2 * hashlib.new(_name(scheme), usedforsecurity=False).digest_size
    if not re.fullmatch(f"[0-9A-Fa-f]{{{digits}}}", encoded, re.ASCII):
        raise malformed(scheme.get("version", "md5"))


def share(encoded: str) -> float:
    return 0.0


def matches(encoded: str, scheme: Scheme, text: bytes) -> bool:
    return same(hashlib.new(_name(scheme), text, usedforsecurity=False).digest(), bytes.fromhex(encoded))


def _name(scheme: Scheme) -> str:
    """OpenSSL's name of it: `sha512/224` is `sha512_224`, `sha3-256` is `sha3_256`."""
    return re.sub("[/-]", "_", scheme.get("version", "md5"))
