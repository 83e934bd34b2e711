"""Passwords as text: what a person typed is the same password from whatever keyboard and system it comes."""

from __future__ import annotations

from typing import NamedTuple
from unicodedata import normalize

from chalicelib.schema import takes
from chalicelib.security import hashing, imported
from chalicelib.security.imported import OURS, Scheme

LEAST, MOST = 8, 256
"""Characters (SP 800-63B-4 3.1.1.2: at least 8, and at least 64 of them permitted)."""
MOST_TYPED = 4 * MOST
"""Code points that are looked at: a character has at most four when it is taken apart (UAX 15, table of maximum
expansion factors). The work to put them together is bounded by this."""
_CHARACTERS = "Composed (NFC), a code point is a character."


class Verdict(NamedTuple):
    """Whether a password is right, and whether its hash is then to be made anew."""

    right: bool
    renew: bool


@takes(type="string", minLength=LEAST, maxLength=MOST, description=_CHARACTERS)
def new_password(value: object) -> str:
    """A rule for parameters.py: a password that may be set. ValueError for any other."""
    if not isinstance(value, str) or not LEAST <= length(value) <= MOST:
        raise ValueError(f"Password must be between {LEAST} and {MOST} characters long.")
    return value


@takes(type="string", minLength=1, maxLength=MOST, description=_CHARACTERS)
def known_password(value: object) -> str:
    """A rule for parameters.py: a password that may have been set, here or at another system, which allowed less."""
    if not isinstance(value, str) or not 1 <= length(value) <= MOST:
        raise ValueError(f"Password must be between 1 and {MOST} characters long.")
    return value


def hash_password(password: str) -> str:
    """The hash to keep, of the normalized form."""
    return hashing.hash_secret(_normalized(password))


def judge(encoded: str, password: str, scheme: Scheme = OURS) -> Verdict:
    """Whether `password` is the one whose hash is `encoded`; never for an empty hash.

    `scheme` says how another system made the hash. Then it is to be made anew in any case.

    Hashes were made of passwords as they were typed, so a wrong one that is not in normalized form is tried like that
    too. It costs a second Argon2 evaluation, which depends on what was typed alone: nobody has it like somebody.
    """
    form = _normalized(password)
    if _matches(encoded, form, scheme):
        return Verdict(right=True, renew=bool(scheme) or hashing.needs_rehash(encoded))
    as_typed = form != password and _matches(encoded, password, scheme)
    return Verdict(right=as_typed, renew=as_typed)


def _matches(encoded: str, text: str, scheme: Scheme) -> bool:
    """One Argon2 evaluation at our cost in any case: where another system's hash is fast, the answer must not be."""
    if not scheme:
        return hashing.matches(encoded, text)
    hashing.matches("", text)
    return imported.matches(encoded, scheme, text)


def compared(text: str) -> str:
    """The form in which passwords are compared with lists: in whatever capitals and forms of characters they come."""
    return _normalized(text).lower()


def _normalized(password: str) -> str:
    """NFKC. It makes the same of composed and decomposed letters, as NFC does, which SP 800-63B-4 3.1.1.2 asks for (its
    drafts and SP 800-63B-3 5.1.1.2: NFKC), and of half and full width, which input methods differ in.
    """
    return normalize("NFKC", password)


def length(password: str) -> int:
    """Characters of a password: the fewer of its two composed forms, so that it is no longer for being taken apart.

    What is hashed may be up to 18 times as long (U+FDFA): less than 10 KB, which Argon2 does not notice.
    """
    if len(password) > MOST_TYPED:
        return len(password)
    return min(len(normalize("NFC", password)), len(_normalized(password)))
