"""How many wrong second-factor answers a user may still give, over all challenges, sessions, factors and addresses.

SP 800-63B-4 3.2.2 allows at most 100 in a row; this is 10 in any hour and 50 in any day (settings `guesses_per_hour`,
`guesses_per_day`). Neither a new challenge nor a new session refills it, nor does a right answer; time does. A password
reset through the mailbox, which is the owner's way out, gives a fresh hour once a day and never a fresh day: else
whoever reads the mailbox could go on guessing for ever. Sign-in codes are counted alike, by number or
mailbox.
"""

from __future__ import annotations

from chalicelib.runtime import settings
from chalicelib.units import DAY_S, HOUR_S

SPENT = "the budget of wrong codes is used up, of the hour or the day"


def wait(times: list[int], now: int, forgiven: int = 0) -> int:
    """Seconds until the next answer may be judged, 0 if it may be now.

    `times` are those of the wrong answers in epoch seconds, oldest first, of which the hourly budget counts those since
    `forgiven`; `now` is in milliseconds.
    """
    config = settings.config()
    if not config.rate_limits:
        return 0
    second, fresh = now // 1000, [time for time in times if time >= forgiven]
    windows = ((HOUR_S, config.guesses_per_hour, fresh), (DAY_S, config.guesses_per_day, times))
    return max(0, *(_wait_in(window, most, counted, second) for window, most, counted in windows))


def may_forgive(last: int, second: int) -> bool:
    """Whether a reset may give a fresh hour now, after the `last` that did; both in epoch seconds."""
    return second - last >= DAY_S


def with_another(times: list[int], now: int) -> list[int]:
    """The times to keep after one more wrong answer: as many as the bounds look back at."""
    second = now // 1000
    recent = [time for time in times if time > second - DAY_S]
    return [*recent, second][-settings.config().guesses_per_day :]


def _wait_in(window: int, most: int, times: list[int], second: int) -> int:
    if len(times) < most:
        return 0
    return times[-most] + window - second
