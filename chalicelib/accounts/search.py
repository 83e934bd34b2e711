"""The parameter `search` of the list of users: words that a user must have, and sequences of them in double quotes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from chalicelib.filters import folded
from chalicelib.models import User
from chalicelib.storage import words
from chalicelib.storage.user_list import Need

_PARTS = re.compile(r'"([^"]*)"|([^"]+)')
_TERMS = re.compile(r"label:\w+|\w+")


class Term(NamedTuple):
    """Words that must follow each other; of a `prefix` the last one may be the beginning of a word."""

    words: Sequence[str]
    prefix: bool = False

    def needs(self) -> Iterator[Need]:
        """The entries that a user must have."""
        for number, word in enumerate(self.words):
            begun = self.prefix and number == len(self.words) - 1
            entry = words.beginning(word) if begun else words.whole(word)
            labelled = word.startswith(words.MANY_LABELS)
            yield (entry, words.whole(words.MANY_LABELS)) if labelled else (entry,)

    @property
    def exact(self) -> bool:
        """Whether whoever has the entries has the term."""
        return len(self.words) == 1 and len(self.words[0]) < words.LONGEST

    def is_in(self, text: Sequence[str]) -> bool:
        starts = range(len(text) - len(self.words) + 1)
        return any(self._is(text[start : start + len(self.words)]) for start in starts)

    def _is(self, part: Sequence[str]) -> bool:
        last = part[-1].startswith(self.words[-1]) if self.prefix else part[-1] == self.words[-1]
        return last and list(part[:-1]) == list(self.words[:-1])


def terms(search: str) -> list[Term]:
    """What a search asks for; nothing where it has no word. The last word is a prefix, unless it is in quotes."""
    found: list[Term] = []
    end = ""
    for quoted, plain in _PARTS.findall(search):
        end = plain
        if plain:
            found += [Term((word,)) for word in _TERMS.findall(folded(plain))]
        elif sequence := _TERMS.findall(folded(quoted)):
            found.append(Term(tuple(sequence)))
    if found and _TERMS.findall(folded(end)):
        found[-1] = found[-1]._replace(prefix=True)
    return found


def text_of(user: User) -> list[str]:
    """All words of a user, field by field."""
    fields = (user.id, user.email, user.name, user.phone)
    return [word for field in fields for word in words.split(field)] + list(map(words.label, user.labels))
