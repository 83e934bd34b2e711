"""bcrypt (`$2a$`, `$2b$`, `$2y$`).

It reads 72 bytes of a text. The library refuses longer ones and asks its callers to cut, as other systems have done
without a word: so a long password is judged by its beginning, once, and by all of it after that.
"""

from __future__ import annotations

import re

from chalicelib.security.hashing import same
from chalicelib.security.imported import Scheme, malformed, too_dear

LEAST, MOST = 4, 14
"""The cost. 12 takes a quarter of a second, 14 one."""
READ_BYTES = 72

_FORM = re.compile(
    r"\$2[aby]\$(?P<cost>[0-9]{2})\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{30}[.CGKOSWaeimquy26]", re.ASCII
)
"""With the letters in which salt and hash can end: others say the same bits, and the library refuses them."""


def check(encoded: str, scheme: Scheme) -> None:
    form = _FORM.fullmatch(encoded)
    if not form:
        raise malformed("bcrypt")
    if not LEAST <= int(form["cost"]) <= MOST:
        raise too_dear("bcrypt", f"cost {LEAST} to {MOST}")


def share(encoded: str) -> float:
    return float(2 ** (int(encoded.split("$")[2]) - MOST))


def matches(encoded: str, scheme: Scheme, text: bytes) -> bool:
    from bcrypt import hashpw

    kept = encoded.encode()
    return same(hashpw(text[:READ_BYTES], kept), kept)
