"""All users in order of creation, by the index `by-creation` of the users table. For API keys only."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from chalicelib.errors import fail
from chalicelib.models import Preferences, User
from chalicelib.storage import dynamo, keys, preferences, users
from chalicelib.storage.items import marshal_item, unmarshal_item
from chalicelib.storage.writes import key_attributes

MOST_COUNTED = 5000
CHUNK = 50
"""Users read at once: two items each, and BatchGetItem takes a hundred."""


def page(limit: int, offset: int, after: str, before: str) -> list[tuple[User, Preferences]]:
    """So many users from an offset, after or before the user of an id; at most MOST_COUNTED.

    400 `general_cursor_not_found` for an unknown id.
    """
    ids = _ids(after or before, backwards=bool(before and not after))
    wanted = list(islice(ids, offset, min(offset + limit, MOST_COUNTED)))
    if before and not after:
        wanted.reverse()
    found = []
    for start in range(0, len(wanted), CHUNK):
        found += _read(wanted[start : start + CHUNK])
    return found


def count() -> int:
    """How many users there are, as far as MOST_COUNTED."""
    return sum(1 for _ in islice(_ids(), MOST_COUNTED))


def _read(user_ids: list[str]) -> list[tuple[User, Preferences]]:
    wanted = [key(user_id) for user_id in user_ids for key in (keys.user, keys.preferences)]
    items = dynamo.read(*wanted)
    pairs = ((users.user_of(items[at]), preferences.preferences_of(items[at + 1])) for at in range(0, len(items), 2))
    return [(user, preferences) for user, preferences in pairs if user]


def _ids(cursor: str = "", backwards: bool = False) -> Iterator[str]:
    start = _position(cursor) if cursor else None
    while True:
        answer = dynamo.query_users(start, backwards)
        for item in map(unmarshal_item, answer["Items"]):
            yield item["pk"].partition("#")[2]
        start = answer.get("LastEvaluatedKey")
        if start is None:
            return


def _position(user_id: str) -> dict[str, Any]:
    user = users.find(user_id)
    if user is None:
        raise fail("general_cursor_not_found")
    return {**key_attributes(keys.user(user_id)), **marshal_item({"listed": keys.LISTED, "created": user.created})}
