"""phpass' portable hashes (`$P$`, phpBB's `$H$`): MD5, over and over again.

https://www.openwall.com/phpass/
"""

from __future__ import annotations

import hashlib
import re

from chalicelib.security.hashing import same
from chalicelib.security.imported import Scheme, malformed, too_dear

ALPHABET = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
LEAST, MOST = 7, 18
"""Logarithms of the rounds. phpass itself makes 2^7 at least; WordPress makes 2^13, which take 4 ms; 2^18 half a
second for the longest text."""

_FORM = re.compile(r"\$[PH]\$(?P<rounds>[./0-9A-Za-z])(?P<salt>[./0-9A-Za-z]{8})[./0-9A-Za-z]{21}[./01]", re.ASCII)


def check(encoded: str, scheme: Scheme) -> None:
    form = _FORM.fullmatch(encoded)
    if not form:
        raise malformed("phpass")
    if not LEAST <= ALPHABET.index(form["rounds"]) <= MOST:
        raise too_dear("phpass", f"2^{LEAST} to 2^{MOST} rounds")


def matches(encoded: str, scheme: Scheme, text: bytes) -> bool:
    setting, kept = encoded[:12], encoded[12:]
    digest = _md5(setting[4:].encode() + text)
    for _ in range(1 << ALPHABET.index(setting[3])):
        digest = _md5(digest + text)
    return same(_spelled(digest).encode(), kept.encode())


def _md5(data: bytes) -> bytes:
    return hashlib.md5(data, usedforsecurity=False).digest()


def _spelled(digest: bytes) -> str:
    """Three bytes in four characters, the lowest bits first."""
    groups = (digest[start : start + 3] for start in range(0, len(digest), 3))
    numbers = ((int.from_bytes(group, "little"), len(group) + 1) for group in groups)
    return "".join(ALPHABET[number >> 6 * place & 63] for number, count in numbers for place in range(count))
