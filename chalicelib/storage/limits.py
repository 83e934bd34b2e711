"""Counters in fixed windows aligned to the epoch: of requests, of wrong answers, of messages."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import NamedTuple

from chalicelib.errors import ApiError, liftable
from chalicelib.runtime import clock, threads
from chalicelib.storage import dynamo, keys
from chalicelib.storage.items import Item
from chalicelib.storage.writes import Check, Delete, Update, Write
from chalicelib.units import HOUR_S

Condition = Write
"""A part of a transaction that only says when it may happen."""


WRONG_PASSWORDS = "wrong-passwords"
"""Names the counter of an e-mail address."""
KEPT = HOUR_S
"""Seconds for which a counter stays after its window: the circuit breaker of SMS looks back."""


class Counter(NamedTuple):
    """At most so many in a window: what `bucket` names, until `end` in epoch seconds.

    `what` says to the log of what, and in which window. Whom `bucket` names stands after its first colon.
    """

    bucket: str
    end: int
    most: int
    what: str = ""

    @property
    def key(self) -> keys.Key:
        return keys.limit(self.bucket, self.end)


class Full(ApiError):
    """A counter stands at its most: 429 `general_rate_limit_exceeded` until its window ends."""

    def __init__(self, counter: Counter) -> None:
        wait = max(1, counter.end - clock.now() // 1000)
        reason = liftable(f"the most is {counter.most} {counter.what}")
        super().__init__("general_rate_limit_exceeded", retry_after=wait, reason=reason)
        self.counter = counter


_of_each_user: dict[str, int] = {}


def of_each_user(prefix: str, window: int = HOUR_S) -> None:
    """Let it be known that each user has a counter of that window, named by this and the user's id."""
    _of_each_user[prefix] = window


def of_user(user_id: str) -> list[Counter]:
    """The counters that are named by a user's id alone, of the present windows."""
    second = clock.now() // 1000
    return [Counter(f"{prefix}{user_id}", window_end(second, window), 0) for prefix, window in _of_each_user.items()]


def window_end(second: int, window: int) -> int:
    """The end, in epoch seconds, of the window of that many seconds in which `second` lies."""
    return (second // window + 1) * window


def hour_end() -> int:
    """The end of the present hour, in epoch seconds."""
    return window_end(clock.now() // 1000, HOUR_S)


def used(counter: Counter, item: Item | None) -> int:
    """What the item at the counter's key says. Full when that is the most."""
    count = int(item["used"]) if item else 0
    if count >= counter.most:
        raise Full(counter)
    return count


def count(counters: list[Counter]) -> list[int]:
    """Count one more in each, all at once, and say how many each has had, this one included.

    Full when one of them had its most already; then none has been counted.
    """
    results = threads.together([partial(_count, counter) for counter in counters])
    failures = [result for result in results if isinstance(result, Exception)]
    if failures:
        counted = [counter for counter, result in zip(counters, results, strict=True) if isinstance(result, int)]
        give_back(counted)
        unreachable = (failure for failure in failures if not isinstance(failure, Full))
        raise next(unreachable, failures[0])
    return [result for result in results if isinstance(result, int)]


def give_back(counters: list[Counter]) -> None:
    """Undo a count. One that fails is left: it errs on the safe side and ends with its window."""
    threads.together([partial(_give_back, counter) for counter in counters])


def claim(counter: Counter, holder: str) -> None:
    """Take a counter of one, instead of counting, for a holder who may take it again: a lost answer costs nothing.

    Full when another holds it.
    """
    holder = keys.hashed(holder)
    update = Update(counter.key, Full(counter)).when_absent_or("holder", "=", holder)
    dynamo.commit(update.set("holder", holder).set("used", 1).set("ttl", counter.end + KEPT))


def release(counter: Counter, holder: str) -> None:
    """Undo a claim. One that fails is left to its holder."""
    with suppress(ApiError):
        update = Update(counter.key, Full(counter)).when("holder", "=", keys.hashed(holder))
        dynamo.commit(update.set("used", 0).remove("holder"))


def clear(counter: Counter) -> None:
    dynamo.commit(Delete(counter.key))


def room_left(counter: Counter, empty: bool) -> Condition:
    """The part of a transaction that fails when the counter is full, and empties it if that is wanted."""
    write: Write = Delete(counter.key, Full(counter)) if empty else Check(counter.key, Full(counter))
    return write.when_absent_or("used", "<", counter.most)


def one_more(counter: Counter) -> Update:
    """The part of a transaction that counts one more. Full, and nothing happens, when the counter has its most."""
    update = Update(counter.key, Full(counter)).when_absent_or("used", "<", counter.most)
    return update.add("used", 1).set("ttl", counter.end + KEPT)


def fresh_password_budget(email: str) -> Write:
    """The part of a transaction that forgets the wrong passwords of this hour for an e-mail address."""
    bucket = f"{WRONG_PASSWORDS}|email:{email}"
    return Delete(Counter(bucket, hour_end(), 0).key)


def _count(counter: Counter) -> int:
    return int(dynamo.update(one_more(counter))["used"])


def _give_back(counter: Counter) -> None:
    with suppress(ApiError):
        dynamo.commit(Update(counter.key, Full(counter)).when("used", ">", 0).add("used", -1))
