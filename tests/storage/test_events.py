"""The log of an account as the table keeps it. What it tells, and to whom, is in tests/api/test_logs.py."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib import ids
from chalicelib.models import Event, User
from chalicelib.storage import dynamo, events, keys
from tests.support.tables import Tables

ANN = User(id="ann", created=100, updated=100, accessed=100, generation=1)
EVENT = Event(
    id=f"{ids.since(100)}0000001", user_id="ann", name="user.create", created=100, ttl=9, ip="192.0.2.1", country="DE"
)

pytestmark = pytest.mark.usefixtures("api")


def numbered(number: int, user_id: str = "ann") -> Event:
    return replace(EVENT, id=f"{ids.since(100 + number)}0000000", user_id=user_id, created=100 + number)


def keep(tables: Tables, *numbers: int) -> None:
    known = (numbered(number) for number in numbers)
    tables.put({keys.event("ann", each.id): {"name": each.name, "created": each.created, "ttl": 9} for each in known})


def found(user: User, limit: int = 25, offset: int = 0) -> list[int]:
    """The numbers of the events on a page."""
    return [event.created - 100 for event in events.newest(user, limit, offset)]


def test_event_is_read_as_it_was_written() -> None:
    full = replace(EVENT, id=f"{EVENT.id}2", admin=True, user_agent="curl/8")
    dynamo.commit(events.entry(EVENT))
    dynamo.commit(events.entry(full))

    assert [vars(event) for event in events.newest(ANN, 25, 0)] == [vars(full), vars(EVENT)]


def test_withdrawn_event_is_gone_and_no_other(tables: Tables) -> None:
    for event in (numbered(1), numbered(2), numbered(1, "bob")):
        dynamo.commit(events.entry(event))

    dynamo.commit(events.withdrawal(numbered(1)))

    assert {(item["user_id"], item["id"]) for item in tables.items("events")} == {
        ("ann", numbered(2).id),
        ("bob", numbered(1).id),
    }


def test_pages_reach_all_that_is_kept_newest_first(tables: Tables) -> None:
    keep(tables, *range(700))
    dynamo.commit(events.entry(numbered(701, "bob")))

    assert found(ANN, limit=2) == [699, 698]
    assert found(ANN, limit=3, offset=600) == [99, 98, 97]
    assert found(ANN, limit=25, offset=690) == list(range(9, -1, -1))
    assert found(ANN, offset=700) == found(ANN, offset=10**9) == []
    assert events.count(ANN) == 700


def test_page_has_five_hundred_at_most(tables: Tables) -> None:
    keep(tables, *range(501))

    assert found(ANN, limit=10**9) == list(range(500, 0, -1))


def test_count_stops_at_five_thousand(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MOST_COUNTED", 5)
    keep(tables, *range(7))

    assert events.count(ANN) == 5


def test_events_of_an_earlier_user_of_the_id_are_neither_read_nor_counted(tables: Tables) -> None:
    keep(tables, 1, 2, 3, 4)
    later = replace(ANN, created=103)

    assert found(later) == [4, 3]
    assert found(later, offset=1) == [3]
    assert found(later, offset=2) == []
    assert events.count(later) == 2
