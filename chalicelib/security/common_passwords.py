"""The passwords that most people choose, which are guessed first. Loaded where a password is set, not before.

`infra/data/common_passwords.py` makes the list and says where it comes from.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

from chalicelib.runtime import container

FILE = Path(__file__).with_suffix(".zlib")
SHARED = ord("0")
"""The character that says that a word repeats nothing of the one before it; the next ones say how much it does."""


def is_common(form: str) -> bool:
    """Whether a password, in the form in which passwords are compared, is one of them."""
    return form in container.get("common-passwords", lambda: frozenset(unpack(FILE.read_bytes())))


def unpack(packed: bytes) -> Iterator[str]:
    """The words of the file, in the order of the alphabet."""
    word = ""
    for line in zlib.decompress(packed).decode().split("\n"):
        word = word[: ord(line[0]) - SHARED] + line[1:]
        yield word
