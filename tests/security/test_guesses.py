"""The budget of wrong second-factor answers by itself. How it holds in a storm: tests/mfa, tests/races."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from chalicelib.runtime import container
from chalicelib.runtime.settings import Config
from chalicelib.security import guesses

HOUR, DAY = 3600, 86_400
NOW = 1_800_000_000
SETTINGS = Config(stage="test", project="demo", guesses_per_hour=3, guesses_per_day=5)


@pytest.fixture(autouse=True)
def _settings() -> Iterator[None]:
    with container.override("config", SETTINGS):
        yield


def wait(*ages: int, milliseconds: int = 0) -> int:
    """Seconds to wait after wrong answers that are so many seconds old."""
    return guesses.wait([NOW - age for age in sorted(ages, reverse=True)], NOW * 1000 + milliseconds)


@pytest.mark.parametrize(
    ("ages", "seconds"),
    [
        ((), 0),
        ((0, 0), 0),
        ((0, 0, 0), HOUR),
        ((1000, 10, 0), HOUR - 1000),
        ((2000, 1000, 10, 0), HOUR - 1000),  # when the third newest has left the hour
        ((HOUR - 1, 1, 0), 1),
        ((HOUR, 1, 0), 0),
        ((5 * HOUR, 4 * HOUR, 3 * HOUR, 2 * HOUR), 0),
        ((5 * HOUR, 4 * HOUR, 3 * HOUR, 2 * HOUR, HOUR), DAY - 5 * HOUR),
        ((6 * HOUR, 5 * HOUR, 4 * HOUR, 3 * HOUR, 2 * HOUR, HOUR), DAY - 5 * HOUR),
        ((DAY - 1, 4 * HOUR, 3 * HOUR, 2 * HOUR, HOUR), 1),
        ((DAY, 4 * HOUR, 3 * HOUR, 2 * HOUR, HOUR), 0),
        ((DAY - 60, 4 * HOUR, 2, 1, 0), HOUR - 2),  # the longer of both
    ],
)
def test_next_answer_waits_until_hour_and_day_have_room(ages: tuple[int, ...], seconds: int) -> None:
    assert wait(*ages) == seconds


def test_started_second_counts_as_not_over() -> None:
    assert (wait(0, 0, 0, milliseconds=999), wait(HOUR - 1, 0, 0, milliseconds=999)) == (HOUR, 1)


def test_defaults_are_ten_an_hour_and_fifty_a_day() -> None:
    """SP 800-63B-4 3.2.2 allows at most 100 in a row."""
    with container.override("config", Config(stage="test", project="demo")):
        assert (wait(*[1] * 9), wait(*[1] * 10)) == (0, HOUR - 1)
        assert (wait(*[HOUR] * 49), wait(*[HOUR] * 50)) == (0, DAY - HOUR)


def test_switched_off_limits_are_off_for_guesses_too() -> None:
    with container.override("config", replace(SETTINGS, rate_limits=False)):
        assert wait(0, 0, 0, 0, 0, 0) == 0


def test_another_wrong_answer_is_the_newest() -> None:
    assert guesses.with_another([], NOW * 1000 + 999) == [NOW]
    assert guesses.with_another([NOW - 7], NOW * 1000) == [NOW - 7, NOW]


def test_answers_of_a_day_ago_are_forgotten() -> None:
    times = [NOW - DAY - 1, NOW - DAY, NOW - DAY + 1]

    assert guesses.with_another(times, NOW * 1000) == [NOW - DAY + 1, NOW]


def test_no_more_are_kept_than_the_bounds_look_back_at() -> None:
    times = [NOW - age for age in (50, 40, 30, 20, 10)]

    assert guesses.with_another(times, NOW * 1000) == [NOW - 40, NOW - 30, NOW - 20, NOW - 10, NOW]
