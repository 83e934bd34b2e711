"""The log of what mattered to a user's safety. An event is written in the transaction of what it tells."""

from __future__ import annotations

from chalicelib.models import Event, User
from chalicelib.storage import dynamo, keys
from chalicelib.storage.items import attributes, record
from chalicelib.storage.writes import Delete, Put

MOST_READ = 500


def entry(event: Event) -> Put:
    return Put(keys.event(event.user_id, event.id), attributes(event))


def write(event: Event) -> None:
    """Write an event that comes with nothing else."""
    dynamo.commit(entry(event))


def withdrawal(event: Event) -> Delete:
    """Takes an event back with what it told."""
    return Delete(keys.event(event.user_id, event.id))


def newest(user: User) -> list[Event]:
    """The last MOST_READ events of a user, newest first; none of an earlier user of the same id."""
    found = (record(Event, item) for item in reversed(dynamo.query("events", user.id, MOST_READ)))
    return [event for event in found if event.created >= user.created]
