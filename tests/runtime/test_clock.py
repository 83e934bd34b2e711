"""Time is whole milliseconds of the real clock, and a pause lasts as long as asked for."""

from __future__ import annotations

import time

from chalicelib.runtime import clock, container


def test_time_is_whole_milliseconds() -> None:
    with container.override("clock", lambda: 1_800_000_000.1239):
        assert clock.now() == 1_800_000_000_123


def test_real_time_is_the_default() -> None:
    assert abs(clock.now() / 1000 - time.time()) < 5


def test_pause_is_as_long_as_asked_for() -> None:
    waits: list[float] = []

    with container.override("sleep", waits.append):
        clock.pause(0.25)

    assert waits == [0.25]
