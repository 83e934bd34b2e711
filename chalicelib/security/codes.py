"""Codes that people read and type, and secrets that travel in links and cookies."""

from __future__ import annotations

import re

from chalicelib.runtime import randomness

CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
SELECTOR_LENGTH = 3
RECOVERY_LENGTH = 16

_DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
"""Hyphens, dashes and the minus sign, into which keyboards and editors turn one another."""
_OTP = {digits: re.compile(rf"([0-9]{{{digits // 2}}})[{_DASHES}]?([0-9]{{{digits // 2}}})") for digits in (6, 8)}
_LOOK_ALIKES = str.maketrans("ilo", "110")
_NO_DASHES = str.maketrans("", "", _DASHES)


def one_time_code() -> str:
    """Six decimal digits, leading zeros kept (SP 800-63B-4 3.1.3: at least six digits)."""
    return f"{randomness.random_below(10**6):06d}"


def canonical_one_time_code(typed: str, digits: int = 6) -> str | None:
    """The six ASCII digits (or eight) that somebody typed, None for anything else: a digit of another script, too.

    White space is forgiven, and a dash in the middle: mails, messages and authenticator apps show `123 456`.
    """
    match = _OTP[digits].fullmatch("".join(typed.split()))
    return "".join(match.groups()) if match else None


def hex_secret(length: int) -> str:
    """That many lower-case hex characters, 4 random bits each."""
    return randomness.random_bytes((length + 1) // 2).hex()[:length]


def recovery_code() -> str:
    """A recovery code in canonical form: 16 Crockford base32 characters, 3 of them a clear selector, 65 bits secret.

    SP 800-63B-4 4.2.1.1 asks for at least 64 bits.
    """
    return "".join(CROCKFORD[randomness.random_below(32)] for _ in range(RECOVERY_LENGTH))


def shown(code: str) -> str:
    """A canonical recovery code as people see it: four groups of four."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def masked(selector: str) -> str:
    """What is left to see of a recovery code: its selector."""
    return shown(selector + "•" * (RECOVERY_LENGTH - len(selector)))


def canonical_recovery_code(typed: str) -> str | None:
    """The canonical form of a typed recovery code, None if it cannot be one.

    Case, dashes, white space and the look-alikes of Crockford's alphabet (i, l for 1; o for 0) are forgiven.
    """
    symbols = "".join(typed.split()).translate(_NO_DASHES)
    code = symbols.lower().translate(_LOOK_ALIKES) if symbols.isascii() else ""
    return code if len(code) == RECOVERY_LENGTH and set(code) <= set(CROCKFORD) else None
