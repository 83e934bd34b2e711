"""The ways to many users: in order of creation by the index `by-creation`, or by their words. For API keys only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple, Protocol

from chalicelib.errors import fail
from chalicelib.models import Preferences, User
from chalicelib.storage import dynamo, keys, preferences, users, words
from chalicelib.storage.dynamo import Range
from chalicelib.storage.items import marshal_item, unmarshal_item
from chalicelib.storage.words import Place
from chalicelib.storage.writes import key_attributes

MOST_COUNTED = 5000
"""Users in all that a list tells of, and entries of one word that are read."""
CHUNK = 50
"""Users read at once: two items each, and BatchGetItem takes a hundred."""
MOST_WORDS = 4
"""Words of one request that are looked up. The users who are found are held against the others."""
FEW = 25
"""So many users are read rather than another word looked up."""
NEVER = 10**15
"""A time beyond all others, in milliseconds."""

Row = tuple[User, Preferences]


class Way(Protocol):
    """A way to users, in order of creation. `exact`: it leads to those that were asked for, and to nobody else."""

    @property
    def exact(self) -> bool: ...

    def ids(self, cursor: User | None = None, backwards: bool = False) -> Iterator[str]:
        """The ids, beyond the user at the cursor."""

    def total(self) -> int:
        """How many users there are on it, as far as MOST_COUNTED."""


class Walk(NamedTuple):
    """All users who were created from `since` to `until`."""

    exact: bool
    since: int = 0
    until: int = NEVER

    def ids(self, cursor: User | None = None, backwards: bool = False) -> Iterator[str]:
        since, until = self.since, self.until
        if cursor:
            since, until = (since, min(until, cursor.created)) if backwards else (max(since, cursor.created), until)
        if since > until:
            return
        start = _position(cursor) if cursor and since <= cursor.created <= until else None
        while True:
            answer = dynamo.query_users(start, since, until, backwards)
            for item in map(unmarshal_item, answer["Items"]):
                yield item["pk"].partition("#")[2]
            start = answer.get("LastEvaluatedKey")
            if start is None:
                return

    def total(self) -> int:
        return sum(1 for _ in islice(self.ids(), MOST_COUNTED))


class Found(NamedTuple):
    """The users at these places in the order of creation."""

    exact: bool
    places: Sequence[Place]

    def ids(self, cursor: User | None = None, backwards: bool = False) -> Iterator[str]:
        edge = Place(cursor.created, cursor.id) if cursor else None
        for place in reversed(self.places) if backwards else self.places:
            if edge is None or (place < edge if backwards else place > edge):
                yield place.id

    def total(self) -> int:
        return len(self.places)


Need = tuple[str, ...]
"""How an entry of whoever is wanted begins: a word (`words.whole`), or what words begin with (`words.beginning`)."""


def by_words(needs: Iterable[Need], exact: bool) -> Found:
    """The users who have an entry for each need; more of them where what was looked up does not tell.

    400 `general_query_invalid` if each need is one of too many users.
    """
    found: set[Place] | None = None
    for number, need in enumerate(sorted(set(needs), key=lambda need: -min(map(len, need)))):
        if number == MOST_WORDS or (found is not None and len(found) <= FEW):
            exact = False
            break
        entries = _entries(need)
        if entries is None:
            exact = False
            continue
        exact = exact and not any(entry.startswith(words.whole(words.MANY_LABELS)) for entry in entries)
        places = set(map(words.place, entries))
        found = places if found is None else found & places
    if found is None:
        raise fail("general_query_invalid", "Too many users have these words: give more of them, or longer ones.")
    return Found(exact, sorted(found))


def read(user_ids: Iterable[str]) -> Iterator[Row]:
    """The users of these ids, with their preferences; those whom there are."""
    wanted = list(user_ids)
    for start in range(0, len(wanted), CHUNK):
        chunk = wanted[start : start + CHUNK]
        items = dynamo.read(*(key(user_id) for user_id in chunk for key in (keys.user, keys.preferences)))
        for item, preferred in zip(items[::2], items[1::2], strict=True):
            if user := users.user_of(item):
                yield user, preferences.preferences_of(preferred)


def _entries(need: Need) -> list[str] | None:
    """The entries that a need speaks of; None if there are too many."""
    entries: list[str] = []
    for beginning in need:
        left = MOST_COUNTED - len(entries)
        found = dynamo.query(Range("words", beginning[0], prefix=beginning), left + 1)
        if len(found) > left:
            return None
        entries += [item["entry"] for item in found]
    return entries


def _position(user: User) -> dict[str, Any]:
    """Where a user stands on the index."""
    return {**key_attributes(keys.user(user.id)), **marshal_item({"listed": keys.LISTED, "created": user.created})}
