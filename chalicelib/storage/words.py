"""The words by which users are found: an entry for each word of each field, in the table `words`.

Entries are written in the transaction that writes the field. They are of one field each, so that changes of different
fields do not meet. An entry is `word#created#id#field`, below the word's first character.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from chalicelib.filters import folded
from chalicelib.models import User
from chalicelib.storage.keys import Key, word_entry
from chalicelib.storage.writes import Delete, Put, Write

MOST_OF_TEXT = 12
"""Words of a name, and of an e-mail address, that are found."""
MOST_OF_ID = 6
MOST_LABELS = 20
MANY_LABELS = "label:"
"""The word of whoever has more labels than that, and may have any."""
LONGEST = 64
"""Characters of a word that count."""


class Place(NamedTuple):
    """Of a user, in the order of creation."""

    created: int
    id: str


_WORD = re.compile(r"\w+")


def split(text: str) -> list[str]:
    """The words of a text, in their order."""
    return _WORD.findall(folded(text))


def label(text: str) -> str:
    """The word of a label, which is no word of any other field."""
    return f"label:{folded(text)}"


def whole(word: str) -> str:
    """How the entries of a word begin."""
    return f"{word[:LONGEST]}#"


def beginning(text: str) -> str:
    """How the entries of the words begin that begin so."""
    return text[:LONGEST]


def place(entry: str) -> Place:
    """Where the user of an entry stands."""
    _, created, user_id, _ = entry.split("#")
    return Place(int(created, 16), user_id)


def entries(user: User) -> dict[Key, None]:
    """The places of all entries of a user."""
    words = ((word, field) for field, kept in _FIELDS.items() for word in kept(user))
    return {word_entry(word, user.created, user.id, field): None for word, field in words}


def new(user: User) -> list[Write]:
    """The entries of a user who is new."""
    return [Put(entry, {}) for entry in entries(user)]


def when_as_read(write: Write, user: User) -> Write:
    """Only if the user's entries are of what the record says."""
    for field in _FIELDS:
        write.when_same(field, getattr(user, field))
    return write


def gone(write: Write, user: User) -> list[Write]:
    """Remove the entries of the user whom `write` deletes, and only if they are of what was read."""
    when_as_read(write, user)
    return [Delete(entry) for entry in entries(user)]


def follow(write: Write, before: User, after: User) -> list[Write]:
    """What goes with a `write` that makes the user's fields those of `after`.

    It is done only if each field that changes still is as it was before.
    """
    for field in _FIELDS:
        if getattr(before, field) != getattr(after, field):
            write.when_same(field, getattr(before, field))
    old, new = entries(before), entries(after)
    return [
        *(Delete(entry) for entry in old if entry not in new),
        *(Put(entry, {}) for entry in new if entry not in old),
    ]


def _of_text(text: str, most: int = MOST_OF_TEXT) -> Iterator[str]:
    distinct = dict.fromkeys(map(beginning, split(text)))
    yield from list(distinct)[:most]


def _of_labels(user: User) -> Iterator[str]:
    words = dict.fromkeys(beginning(label(each)) for each in user.labels)
    yield from [MANY_LABELS] if len(words) > MOST_LABELS else words


_FIELDS = {
    "id": lambda user: _of_text(user.id, MOST_OF_ID),
    "name": lambda user: _of_text(user.name),
    "email": lambda user: _of_text(user.email),
    "phone": lambda user: _of_text(user.phone),
    "labels": _of_labels,
}
