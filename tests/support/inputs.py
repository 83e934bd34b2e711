"""Input in other spellings, and whether a rule refuses it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def full_width(digits: str) -> str:
    """The digits in the full-width form that Python's int() takes as well."""
    return "".join(chr(ord(digit) - ord("0") + 0xFF10) for digit in digits)


def refuses(rule: Callable[[Any], Any], value: Any) -> bool:
    """Whether a rule for parameters refuses the value, with a description of what it wants."""
    try:
        rule(value)
    except ValueError as error:
        return bool(str(error))
    return False
