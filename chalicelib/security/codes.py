"""Codes that people read and type, and secrets that travel in links and cookies."""

from __future__ import annotations

import re

from chalicelib import services

CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
SELECTOR_LENGTH = 3
RECOVERY_LENGTH = 16

_OTP = re.compile(r"[0-9]{6}", re.ASCII)
_LOOK_ALIKES = str.maketrans("ilo", "110", "- ")


def one_time_code() -> str:
    """Six decimal digits, leading zeros kept (SP 800-63B-4 3.1.3: at least six digits)."""
    return f"{services.random_below(10**6):06d}"


def is_one_time_code(text: str) -> bool:
    """Whether `text` is exactly six ASCII digits: no sign, blank, underscore or digit of another script."""
    return _OTP.fullmatch(text) is not None


def hex_secret(length: int) -> str:
    """That many lower-case hex characters, 4 random bits each."""
    return services.random_bytes(length // 2).hex()


def recovery_code() -> str:
    """A recovery code in canonical form: 16 Crockford base32 characters, 3 of them a clear selector, 65 bits secret.

    SP 800-63B-4 4.2.1.1 asks for at least 64 bits.
    """
    return "".join(CROCKFORD[services.random_below(32)] for _ in range(RECOVERY_LENGTH))


def shown(code: str) -> str:
    """A canonical recovery code as people see it: four groups of four."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def masked(selector: str) -> str:
    """What is left to see of a recovery code: its selector."""
    return shown(selector + "•" * (RECOVERY_LENGTH - len(selector)))


def canonical_recovery_code(typed: str) -> str | None:
    """The canonical form of a typed recovery code, None if it cannot be one.

    Case, hyphens, blanks and the look-alikes of Crockford's alphabet (i, l for 1; o for 0) are forgiven.
    """
    if not typed.isascii():
        return None
    code = typed.lower().translate(_LOOK_ALIKES)
    return code if len(code) == RECOVERY_LENGTH and set(code) <= set(CROCKFORD) else None
