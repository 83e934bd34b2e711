"""scrypt (RFC 7914), in hexadecimal, with salt and costs beside it."""

from __future__ import annotations

import hashlib
import re

from chalicelib.security.hashing import same
from chalicelib.security.imported import Scheme, malformed, too_dear

MOST_BLOCKS = 1 << 19
"""N * r, blocks of 128 bytes: 64 MiB."""
MOST_WORK = 1 << 21
"""N * r * p: 0.8 seconds."""
MOST_R = 1024
"""Every lane has r such blocks of its own, beside the memory: 2 MiB in all."""
MOST_PARALLEL = 16
LENGTHS = range(16, 129)
"""Bytes of the hash: with fewer, others would fit."""


def check(encoded: str, scheme: Scheme) -> None:
    n, r, p, length = _costs(scheme)
    if n < 2 or n & (n - 1) or r < 1 or p < 1 or n.bit_length() > 16 * r:
        raise malformed("scrypt")
    if n * r > MOST_BLOCKS or n * r * p > MOST_WORK or r > MOST_R or p > MOST_PARALLEL:
        bounds = f"N*r up to {MOST_BLOCKS}, N*r*p up to {MOST_WORK}, r up to {MOST_R}, p up to {MOST_PARALLEL}"
        raise too_dear("scrypt", bounds)
    if length not in LENGTHS or not re.fullmatch(f"[0-9A-Fa-f]{{{2 * length}}}", encoded, re.ASCII):
        raise malformed("scrypt")


def matches(encoded: str, scheme: Scheme, text: bytes) -> bool:
    n, r, p, length = _costs(scheme)
    return same(derive(text, scheme["salt"].encode(), n, r, p, length), bytes.fromhex(encoded))


def derive(text: bytes, salt: bytes, n: int, r: int, p: int, length: int) -> bytes:
    return hashlib.scrypt(text, salt=salt, n=n, r=r, p=p, dklen=length, maxmem=256 * MOST_BLOCKS)


def _costs(scheme: Scheme) -> tuple[int, int, int, int]:
    return scheme["costCpu"], scheme["costMemory"], scheme["costParallel"], scheme["length"]
