"""Argon2i, Argon2d and Argon2id of other costs than ours (RFC 9106)."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode

from chalicelib.security.imported import Scheme, malformed, too_dear

MOST_KIB = 65_536
MOST_PASSES = 100
MOST_WORK = 10 * MOST_KIB
"""KiB that are passed over in all: half a second."""
MOST_LANES = 16

_FORM = re.compile(
    r"\$argon2(?P<type>i|d|id)\$(?:v=(?:16|19)\$)?m=(?P<kib>[1-9][0-9]{0,9}),t=(?P<passes>[1-9][0-9]{0,9}),"
    r"p=(?P<lanes>[1-9][0-9]{0,9})\$(?P<salt>[A-Za-z0-9+/]{11,64})\$(?P<hash>[A-Za-z0-9+/]{22,128})",
    re.ASCII,
)


def check(encoded: str, scheme: Scheme) -> None:
    form = _FORM.fullmatch(encoded)
    if not form or not all(_is_base64(form[part]) for part in ("salt", "hash")):
        raise malformed("argon2")
    kib, passes, lanes = (int(form[name]) for name in ("kib", "passes", "lanes"))
    if kib < 8 * lanes:
        raise malformed("argon2")
    if kib > MOST_KIB or passes > MOST_PASSES or kib * passes > MOST_WORK or lanes > MOST_LANES:
        raise too_dear("argon2", f"m up to {MOST_KIB}, m*t up to {MOST_WORK}, t up to {MOST_PASSES}, p to {MOST_LANES}")


def share(encoded: str) -> float:
    form = _FORM.fullmatch(encoded)
    return int(form["kib"]) * int(form["passes"]) / MOST_WORK if form else 0.0


def matches(encoded: str, scheme: Scheme, text: bytes) -> bool:
    from argon2.exceptions import VerifyMismatchError
    from argon2.low_level import Type, verify_secret

    kind = {"i": Type.I, "d": Type.D, "id": Type.ID}[encoded.split("$")[1].removeprefix("argon2")]
    try:
        return verify_secret(encoded.encode(), text, kind)
    except VerifyMismatchError:
        return False


def _is_base64(text: str) -> bool:
    """Without padding, and with no bits to spare."""
    if len(text) % 4 == 1:
        return False
    return b64encode(b64decode(text + "=" * (-len(text) % 4))).decode().rstrip("=") == text
