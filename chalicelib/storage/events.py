"""The log of what mattered to a user's safety. An event is written in the transaction of what it tells."""

from __future__ import annotations

from collections.abc import Iterable

from chalicelib import ids
from chalicelib.errors import fail
from chalicelib.models import Event, User
from chalicelib.storage import dynamo, keys
from chalicelib.storage.dynamo import Range
from chalicelib.storage.items import Item, attributes, record
from chalicelib.storage.writes import Check, Delete, Put

MOST_SHOWN = 500
"""On one page: an answer of Lambda has at most 6 MB."""
MOST_COUNTED = 5000


def entry(event: Event) -> Put:
    return Put(keys.event(event.user_id, event.id), attributes(event))


def write(event: Event) -> None:
    """Write an event that comes with nothing else. 404 `user_not_found` when the user is gone."""
    gone = fail("user_not_found", reason="the user has been deleted meanwhile")
    dynamo.commit(entry(event), Check(keys.user(event.user_id), gone).when_present("pk"))


def withdrawal(event: Event) -> Delete:
    """Takes an event back with what it told."""
    return Delete(keys.event(event.user_id, event.id))


def newest(user: User, limit: int, offset: int, after: str = "", before: str = "") -> list[Event]:
    """So many events of a user from an offset, newest first, at most MOST_SHOWN; none of an earlier user of the id.

    Those `after` an event are older, those `before` one newer. 400 `general_cursor_not_found` for an unknown one. What
    the offset passes over is counted by DynamoDB, and costs as much as if it were read.
    """
    cursor = _known(user, after or before) if after or before else None
    upwards = bool(before and not after)
    items = dynamo.query(_of(user), min(limit, MOST_SHOWN), offset, cursor, forwards=upwards)
    return [record(Event, item) for item in (reversed(items) if upwards else items)]


def count(user: User) -> int:
    """How many events a user has, as far as MOST_COUNTED."""
    return dynamo.count(_of(user), MOST_COUNTED)


def came_with(log: Iterable[Event]) -> dict[keys.Key, Item]:
    """The challenges, sign-in tokens and hand-overs that came with these events, a hundred at most, if still there.

    A sign-in token is kept under the id that it was asked for with: a newer one in its place may be somebody else's.
    """
    made: dict[keys.Key, int] = {}
    for event in log:
        if event.challenge:
            key = keys.challenge(event.challenge)
            made[key] = max(event.created, made.get(key, 0))
    items = dynamo.read(*made) if made else []
    found = zip(made.items(), items, strict=True)
    return {key: item for (key, moment), item in found if item and item["created"] <= moment}


def _known(user: User, event_id: str) -> keys.Key:
    """The key of the user's event of that id."""
    key = keys.event(user.id, event_id)
    if event_id < ids.since(user.created) or dynamo.read(key) == [None]:
        raise fail("general_cursor_not_found", reason="no event of the cursor's id")
    return key


def _of(user: User) -> Range:
    return Range("events", user.id, ids.since(user.created))
