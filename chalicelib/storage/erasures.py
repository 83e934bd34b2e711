"""What becomes of a deleted user: a tombstone, which is open until nothing is left that belongs to the user.

No user of the same id begins before that. So whatever stands under the id is the deleted user's, however often and by
however many it is erased, and nobody inherits it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from chalicelib.models import Event
from chalicelib.runtime import clock, settings
from chalicelib.storage import dynamo, events, keys, limits
from chalicelib.storage.dynamo import Range
from chalicelib.storage.items import Item, record
from chalicelib.storage.keys import TABLES, Key
from chalicelib.storage.writes import Check, Delete, Update
from chalicelib.units import DAY_S

OWNED = tuple(table for table, (name, *_) in TABLES.items() if name == "user_id")
"""The tables that have a user's items under his id. Sessions come first: without one nothing new is made."""
BATCH = 49
"""Items that go at once: an event may take a challenge along, and a transaction has at most a hundred writes."""


class _Closed(Exception):
    """All is erased; there may be a new user of the id."""


class _Replaced(Exception):
    """What was to go with an event is gone meanwhile, or something else is in its place."""


def tombstone(user_id: str) -> Update:
    """What stays of a user who is deleted now: the time of it, under a hash of the id, for as long as a log lasts."""
    now = clock.now()
    ttl = now // 1000 + settings.config().event_days * DAY_S
    return Update(keys.tombstone(user_id)).set("deleted", now).set("ttl", ttl).set("open", True)


def none_open(user_id: str, taken: Exception) -> Check:
    """Only if nothing is left of an earlier user of the id. Otherwise `taken` is raised."""
    return Check(keys.tombstone(user_id), taken).when_absent("open")


def is_open(item: Item | None) -> bool:
    """Whether the item at `keys.tombstone` says that there is something left to erase."""
    return bool(item and item.get("open"))


def erase(user_id: str, batches: int) -> bool:
    """Erase so many batches of what a deleted user has left, at most. Whether nothing is left."""
    try:
        for table in OWNED:
            while items := dynamo.query(Range(table, user_id), BATCH):
                if not batches:
                    return False
                batches -= 1
                with suppress(_Replaced):
                    dynamo.commit(_still_open(user_id), *_deletions(table, items))
        counters = [counter.key for counter in limits.of_user(user_id)]
        found = [key for key, item in zip(counters, dynamo.read(*counters), strict=True) if item]
        dynamo.commit(_still_open(user_id).remove("open"), *map(Delete, found))
    except _Closed:
        pass
    return True


def _still_open(user_id: str) -> Update:
    """What was read before this is the deleted user's: nobody of the id has begun meanwhile."""
    return Update(keys.tombstone(user_id), _Closed()).when_present("open")


def _deletions(table: str, items: Sequence[Item]) -> list[Delete]:
    """The items go, and of events the challenges and sign-in tokens that came with them."""
    gone = [Delete(Key(table, tuple(item[name] for name in TABLES[table]))) for item in items]
    if table == "events":
        for key, item in events.came_with(record(Event, item) for item in items).items():
            gone.append(Delete(key, _Replaced()).when("created", "=", item["created"]))
    return gone
