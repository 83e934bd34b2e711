"""Hashes that other systems made. A file for each kind, imported when one of its hashes is checked or judged.

Such a file has `check`, which raises Unfit for a hash that is malformed or would cost too much to judge, and `matches`,
for what `check` lets pass. What a hash costs was decided elsewhere, so it is bounded: a second and 64 MiB at most.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import Any, Protocol, cast

from chalicelib.errors import Unfit

Scheme = Mapping[str, Any]
"""How a hash was made: `hash` names its kind, the rest are its options, all by the API's names."""
OURS: Scheme = {}
"""That of a hash that was made here."""

MOST_BYTES = 1024
"""Of a text that is judged: 256 characters have no more. Some kinds read it thousands of times."""
FILES = {
    "argon2": "argon2_strings",
    "bcrypt": "bcrypt_strings",
    "md5": "digests",
    "phpass": "phpass",
    "scrypt": "scrypt",
    "scryptMod": "scrypt_of_firebase",
    "sha": "digests",
}


class Kind(Protocol):
    """What a file of this folder has."""

    def check(self, encoded: str, scheme: Scheme) -> None: ...

    def matches(self, encoded: str, scheme: Scheme, text: bytes) -> bool: ...


def check(encoded: str, scheme: Scheme) -> None:
    """Unfit unless the hash is one of its kind that can be judged within bounds."""
    _kind(scheme).check(encoded, scheme)


def matches(encoded: str, scheme: Scheme, text: str) -> bool:
    """Whether `text` gave that hash. What would not be let in now matches nothing, and costs nothing."""
    kind, typed = _kind(scheme), text.encode()
    try:
        kind.check(encoded, scheme)
    except Unfit:
        return False
    return len(typed) <= MOST_BYTES and kind.matches(encoded, scheme, typed)


def matching(hashes: Mapping[str, str], scheme: Scheme, text: str) -> str | None:
    """The name of the hash that `text` gave, None if it is none of these or they would cost too much together."""
    if work(hashes.values(), scheme) > 1:
        return None
    return next((name for name, encoded in hashes.items() if matches(encoded, scheme, text)), None)


def work(hashes: Iterable[str], scheme: Scheme) -> float:
    """What a text costs that is judged by all of these, of SHA, bcrypt or Argon2: a share of the most that one may."""
    share: Callable[[str], float] = import_module(f"{__name__}.{FILES[scheme['hash']]}").share
    return sum(map(share, hashes))


def malformed(kind: str) -> Unfit:
    return Unfit(f"Value must be a valid {kind} hash", f"no {kind} hash")


def too_dear(kind: str, bounds: str) -> Unfit:
    return Unfit(f"Value must be a {kind} hash of {bounds}", f"{kind} hash of costs out of bounds")


def _kind(scheme: Scheme) -> Kind:
    return cast("Kind", import_module(f"{__name__}.{FILES[scheme['hash']]}"))
