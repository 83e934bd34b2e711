"""The log of an account as the table keeps it. What it tells, and to whom, is in tests/routes/test_logs.py."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.models import Event, User
from chalicelib.storage import dynamo, events, keys
from tests.support import Tables

ANN = User(id="ann", created=100, updated=100, accessed=100, generation=1)
EVENT = Event(id="0001", user_id="ann", name="user.create", created=100, ttl=9, ip="192.0.2.1", country="DE")

pytestmark = pytest.mark.usefixtures("api")


def numbered(number: int, user_id: str = "ann") -> Event:
    return replace(EVENT, id=f"{number:04d}", user_id=user_id, created=100 + number)


def test_event_is_read_as_it_was_written() -> None:
    full = replace(EVENT, id="0002", admin=True, user_agent="curl/8")
    events.write(EVENT)
    dynamo.commit(events.entry(full))

    assert events.newest(ANN) == [full, EVENT]


def test_withdrawn_event_is_gone_and_no_other(tables: Tables) -> None:
    for event in (numbered(1), numbered(2), numbered(1, "bob")):
        events.write(event)

    dynamo.commit(events.withdrawal(numbered(1)))

    assert {(item["user_id"], item["id"]) for item in tables.items("events")} == {("ann", "0002"), ("bob", "0001")}


def test_the_last_five_hundred_are_read_newest_first(tables: Tables) -> None:
    known = [numbered(number) for number in range(502)]
    tables.put(
        {keys.event("ann", event.id): {"name": event.name, "created": event.created, "ttl": 9} for event in known}
    )
    events.write(numbered(503, "bob"))

    found = events.newest(ANN)

    assert [event.id for event in found] == [f"{number:04d}" for number in range(501, 1, -1)]


def test_events_of_an_earlier_user_of_the_id_are_not_read() -> None:
    for number in (1, 2, 3):
        events.write(numbered(number))

    assert [event.created for event in events.newest(replace(ANN, created=102))] == [103, 102]
