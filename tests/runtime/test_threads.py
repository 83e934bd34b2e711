"""Calls that go together: in order, at the same time, and without a thread for the first."""

from __future__ import annotations

import threading
from functools import partial

import pytest

from chalicelib.runtime import threads


@pytest.mark.parametrize("count", range(5))
def test_calls_that_go_together_answer_in_their_order(count: int) -> None:
    calls = [partial(str, number) for number in range(count)]

    assert threads.together(calls) == ["0", "1", "2", "3", "4"][:count]


@pytest.mark.parametrize("count", [2, 4])
def test_calls_that_go_together_run_at_the_same_time(count: int) -> None:
    everybody = threading.Barrier(count)

    assert sorted(threads.together([lambda: everybody.wait(timeout=10)] * count)) == list(range(count))


def test_first_of_calls_that_go_together_costs_no_thread() -> None:
    me = threading.get_ident()

    assert threads.together([threading.get_ident]) == [me]
    first, second = threads.together([threading.get_ident] * 2)
    assert first == me
    assert second != me


@pytest.mark.parametrize("count", [1, 3])
def test_call_that_fails_is_an_outcome_and_stops_no_other(count: int) -> None:
    done: list[int] = []

    def fails() -> None:
        raise KeyError("first")

    outcomes = threads.together([fails, *(partial(done.append, number) for number in range(1, count))])

    assert repr(outcomes) == repr([KeyError("first"), *[None] * (count - 1)])
    assert sorted(done) == list(range(1, count))


def test_interrupt_is_no_outcome() -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    for others in ([], [int]):
        with pytest.raises(KeyboardInterrupt):
            threads.together([interrupted, *others])
