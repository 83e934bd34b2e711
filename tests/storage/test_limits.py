"""Counters in fixed windows: what they count, when they are full, and that a refused request counts nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from chalicelib.errors import ApiError
from chalicelib.runtime import aws, container
from chalicelib.runtime.clock import now
from chalicelib.storage import dynamo, keys, limits
from chalicelib.storage.limits import Counter, Full
from chalicelib.storage.writes import Update
from tests.support.clock import Clock
from tests.support.faults import refusal_of_aws
from tests.support.tables import Tables

END = 1_800_003_600
ONE, TWO = Counter("one", END, 2), Counter("two", END, 3)

pytestmark = pytest.mark.usefixtures("api")


@contextmanager
def broken(*buckets: str) -> Iterator[None]:
    """DynamoDB that fails for the counters of these buckets."""

    class Partly:
        def __getattr__(self, name: str) -> Any:
            def call(**parameters: Any) -> Any:
                if any(f"'{bucket}|" in str(parameters) for bucket in buckets):
                    raise refusal_of_aws("InternalServerError")
                return getattr(real, name)(**parameters)

            return call

    real = aws.client("dynamodb")
    with container.override("dynamodb", Partly()):
        yield


def used(tables: Tables) -> dict[str, int]:
    return {item["id"]: item["used"] for item in tables.items("limits")}


@pytest.mark.parametrize(
    ("second", "window", "end"),
    [
        (0, 60, 60),
        (59, 60, 60),
        (60, 60, 120),
        (END - 1, 3600, END),
        (END, 3600, END + 3600),
        (86_400, 86_400, 172_800),
    ],
)
def test_window_ends_at_the_next_multiple_of_its_length(second: int, window: int, end: int) -> None:
    assert limits.window_end(second, window) == end


def test_counters_count_together_and_stay_an_hour_after_their_window(tables: Tables) -> None:
    assert limits.count([ONE, TWO]) == [1, 1]
    assert limits.count([ONE]) == [2]
    assert limits.count([TWO, Counter("one", END + 3600, 2)]) == [2, 1]

    assert used(tables) == {f"one|{END}": 2, f"two|{END}": 2, f"one|{END + 3600}": 1}
    assert {item["ttl"] for item in tables.items("limits")} == {END + 3600, END + 7200}


def test_full_counter_counts_nothing_and_neither_do_those_beside_it(tables: Tables) -> None:
    limits.count([ONE, TWO])
    limits.count([ONE])

    for together in ([ONE, TWO], [TWO, ONE], [ONE]):
        with pytest.raises(Full) as caught:
            limits.count(together)
        assert caught.value.counter == ONE

    assert used(tables) == {f"one|{END}": 2, f"two|{END}": 1}


def test_unreachable_counter_says_more_than_a_full_one(tables: Tables) -> None:
    """429 would tell the client that it had its share; what it is due is 503."""
    full, third = Counter("full", END, 1), Counter("third", END, 9)
    limits.count([full])

    with broken("two"), pytest.raises(ApiError, match="general_service_unavailable"):
        limits.count([full, TWO, third])

    assert used(tables) == {f"full|{END}": 1, f"third|{END}": 0}


def test_what_cannot_be_given_back_stays_counted_and_fails_nothing(tables: Tables) -> None:
    limits.count([ONE, TWO])

    with broken("one"):
        limits.give_back([ONE, TWO])

    assert used(tables) == {f"one|{END}": 1, f"two|{END}": 0}


def test_no_more_is_given_back_than_was_counted(tables: Tables) -> None:
    limits.count([ONE])
    for _ in range(2):
        limits.give_back([ONE, TWO])

    assert used(tables) == {f"one|{END}": 0}
    assert limits.count([ONE, TWO]) == [1, 1]


@pytest.mark.parametrize(("count", "full"), [(None, False), (0, False), (1, False), (2, True), (3, True)])
def test_counter_that_was_read_is_full_at_its_most(count: int | None, full: bool) -> None:
    item = None if count is None else {"id": ONE.key.values[0], "used": count}

    if full:
        with pytest.raises(Full):
            limits.used(ONE, item)
    else:
        assert limits.used(ONE, item) == (count or 0)


@pytest.mark.parametrize("empty", [False, True])
def test_transaction_waits_for_room_and_may_make_it(tables: Tables, empty: bool) -> None:
    def act() -> None:
        dynamo.commit(Update(limits.Counter("act", END, 9).key).add("used", 1), limits.room_left(ONE, empty))

    act()
    limits.count([ONE])
    act()
    assert used(tables).get(f"one|{END}") == (None if empty else 1)
    for _ in range(2 if empty else 1):
        limits.count([ONE])

    with pytest.raises(Full) as caught:
        act()

    assert caught.value.counter == ONE
    assert used(tables) == {f"one|{END}": 2, f"act|{END}": 2}


def test_cleared_counter_begins_anew(tables: Tables) -> None:
    limits.count([ONE, TWO])

    limits.clear(ONE)

    assert used(tables) == {f"two|{END}": 1}
    limits.clear(ONE)


def test_counter_of_one_is_its_holders_until_it_is_released(tables: Tables) -> None:
    limits.claim(ONE, "ann")
    limits.claim(ONE, "ann")
    with pytest.raises(Full):
        limits.claim(ONE, "bob")
    limits.release(ONE, "bob")
    with pytest.raises(Full):
        limits.claim(ONE, "bob")
    assert used(tables) == {f"one|{END}": 1}

    limits.release(ONE, "ann")
    assert used(tables) == {f"one|{END}": 0}
    limits.claim(ONE, "bob")
    with broken("one"):
        limits.release(ONE, "bob")

    assert tables.item(ONE.key) == {**tables.item(ONE.key), "holder": keys.hashed("bob"), "ttl": END + 3600, "used": 1}


def test_fresh_budget_forgets_the_wrong_passwords_of_one_address_in_this_hour(tables: Tables, clock: Clock) -> None:
    hour = limits.window_end(now() // 1000, 3600)
    mine, before, other = (
        Counter("wrong-passwords|email:ada@example.test", hour, 9),
        Counter("wrong-passwords|email:ada@example.test", hour - 3600, 9),
        Counter("wrong-passwords|email:eve@example.test", hour, 9),
    )
    limits.count([mine, before, other])

    dynamo.commit(limits.fresh_password_budget("ada@example.test"))

    assert set(used(tables)) == {before.key.values[0], other.key.values[0]}


@pytest.mark.parametrize(("left", "seconds"), [(3600, 3600), (1.5, 2), (1, 1), (0.5, 1), (0, 1), (-5, 1)])
def test_full_counter_means_to_come_back_after_its_window(left: float, seconds: int) -> None:
    with container.override("clock", lambda: END - left):
        answer = Full(ONE)

    assert (answer.status, answer.type, answer.retry_after) == (429, "general_rate_limit_exceeded", seconds)


@pytest.mark.race
def test_at_most_its_most_is_counted_however_many_count_at_once(tables: Tables) -> None:
    many, beside = Counter("many", END, 5), Counter("beside", END, 99)

    def one(_: int) -> int:
        try:
            return limits.count([many, beside])[0]
        except Full:
            return 0

    with ThreadPoolExecutor(12) as pool:
        results = list(pool.map(one, range(12)))

    assert sorted(results) == [0] * 7 + [1, 2, 3, 4, 5]
    assert used(tables) == {f"many|{END}": 5, f"beside|{END}": 5}
