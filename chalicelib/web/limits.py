"""The limits of requests and of wrong answers, and the headers that tell a client where it stands.

A limit counts requests before they run, or, with `wrong_answers`, the answers that turned out wrong: those it reads
together with the caller, counts before a wrong answer is told, and checks again in the transaction that a right one
causes. So at most the budget is told right or wrong, however many requests run at once, and a right one costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import NamedTuple

from chalicelib.errors import ApiError
from chalicelib.runtime import clock, settings
from chalicelib.storage import limits
from chalicelib.storage.items import Item
from chalicelib.storage.keys import Key
from chalicelib.storage.limits import Condition, Counter, Full
from chalicelib.units import DAY_S, HOUR_S, MINUTE_S
from chalicelib.user_agent import subscriber
from chalicelib.web.parameters import in_one_form
from chalicelib.web.request import ApiRequest

WRONG = frozenset({"user_invalid_credentials", "user_invalid_token", "user_blocked"})
"""What tells that an answer was wrong, or (a blocked user hears of it only then) right."""

Bucket = Callable[[ApiRequest, str], str]
"""The name of a bucket; empty where a limit does not apply."""
WINDOWS = {MINUTE_S: "a minute", HOUR_S: "an hour", DAY_S: "a day"}
"""In words, by seconds."""


class Limit(NamedTuple):
    """So many in each window, an hour unless it is another of WINDOWS, for each bucket. `what` tells the log of what.

    `bucket` names it from the request and its user's id. The endpoint's path is part of it, or the name under which
    several endpoints have a `shared` one; an empty one is not counted. `reset_on_success` empties it when the endpoint
    answers 201. `most` may depend on the request. Requests of API keys are counted where `keys_too` says so, their
    wrong answers always. `spares_devices`: of wrong answers, those from a known device are not counted here
    (`Usage.insist`).
    """

    most: int | Callable[[ApiRequest], int]
    bucket: Bucket
    what: str
    reset_on_success: bool = False
    window: int = HOUR_S
    shared: str = ""
    wrong_answers: bool = False
    spares_devices: bool = False
    keys_too: bool = False


def of_each_user(*names: str) -> Callable[[Bucket], Bucket]:
    """Mark a bucket of which each user has one, or several: the names are what stands before the user's id."""

    def mark(bucket: Bucket) -> Bucket:
        vars(bucket)["of_each_user"] = names
        return bucket

    return mark


def announce(rules: tuple[Limit, ...], endpoint: str) -> None:
    """Let the storage know which counters the users of an endpoint have."""
    for rule in rules:
        for name in vars(rule.bucket).get("of_each_user", ()):
            limits.of_each_user(f"{rule.shared or endpoint}|{name}", rule.window)


def by_address(request: ApiRequest, user_id: str) -> str:
    """Empty when a rendering server names no client: its own address would stand for all of its users."""
    address = request.forwarded if request.trusted else request.address
    return f"ip:{subscriber(address)}" if address else ""


@of_each_user("user:")
def by_user(request: ApiRequest, user_id: str) -> str:
    return f"user:{user_id}"


def by_device(request: ApiRequest, user_id: str) -> str:
    """The known device of the mailbox that is asked for, if it is one."""
    return f"device:{request.device.id}" if request.device else ""


def by_parameter(name: str) -> Bucket:
    """The parameter, an address in its one form; the placeholder itself when it is empty."""

    def bucket(request: ApiRequest, user_id: str) -> str:
        return f"{name}:{in_one_form(name, request.parameter(name)) or '{param}'}"

    return of_each_user("userId:")(bucket) if name == "userId" else bucket


def by_address_and_parameter(name: str) -> Bucket:
    parameter = by_parameter(name)

    def bucket(request: ApiRequest, user_id: str) -> str:
        address = by_address(request, user_id)
        return f"{address}|{parameter(request, user_id)}" if address else ""

    return bucket


def setting(name: str) -> Callable[[ApiRequest], int]:
    """A number of the deployment's settings."""
    return lambda request: int(getattr(settings.config(), name))


class Usage:
    """What one request has used of its endpoint's limits."""

    def __init__(self, rules: tuple[Limit, ...], method: str, path: str) -> None:
        self._rules = rules
        self._endpoint = f"{method} {path}"
        self._counted: list[tuple[Limit, Counter]] = []
        self._watched: list[tuple[Limit, Counter]] = []
        self._spared: list[tuple[Limit, Counter]] = []
        self._second = clock.now() // 1000
        self.headers: dict[str, str] = {}

    def keys(self, request: ApiRequest, user_id: str) -> list[Key]:
        """What to read with the caller: the counters of wrong answers."""
        return [counter.key for _, counter in self._counters(request, user_id, wrong_answers=True)]

    def count(self, request: ApiRequest, user_id: str, read: Mapping[Key, Item | None], exempt: bool) -> None:
        """Count the request, and look at the counters of wrong answers, which have been `read` with the caller.

        429 with `Retry-After` when one is full. Requests of one who is `exempt` are not counted, wrong answers are.
        Exempt callers still get the headers.
        """
        requests = self._counters(request, user_id, wrong_answers=False)
        watched = self._counters(request, user_id, wrong_answers=True)
        if not settings.config().rate_limits:
            self._tell_all([*requests, *watched], [1] * (len(requests) + len(watched)))
            return
        self._spared = [each for each in watched if each[0].spares_devices and request.device]
        watched = [each for each in watched if each not in self._spared]
        counted = [(rule, counter) for rule, counter in requests if rule.keys_too or not exempt]
        try:
            seen = [limits.used(counter, read[counter.key]) + 1 for _, counter in watched]
            used = limits.count([counter for _, counter in counted])
        except Full as full:
            self._tell_alone(full)
            raise
        self._counted, self._watched = counted, watched
        self._tell_all([*watched, *counted], [*seen, *used])
        if exempt:
            self._tell_all(requests, [1] * len(requests))

    def insist(self) -> None:
        """Hold the answer to what its device was spared, too: a right one needs room there, a wrong one is counted."""
        self._watched = [*self._watched, *self._spared]

    @property
    def conditions(self) -> list[Condition]:
        """What goes into the transaction of a right answer: no counter of wrong ones has become full meanwhile."""
        return [limits.room_left(counter, rule.reset_on_success) for rule, counter in self._watched]

    def succeeded(self) -> None:
        """Empty the buckets of the rules that a success resets."""
        for rule, counter in self._counted:
            if rule.reset_on_success:
                with suppress(ApiError):  # what was asked for is done, and must not be told as failed
                    limits.clear(counter)

    def failed(self, error: ApiError) -> ApiError:
        """Count a wrong answer before it is told. What to tell: 429 or 503 when it cannot be counted."""
        watched = [counter for _, counter in self._watched]
        if watched and error.type in WRONG:
            try:
                limits.count(watched)
            except ApiError as uncounted:
                uncounted.guess, error = error.guess, uncounted
        if isinstance(error, Full) and error.counter in watched:
            self._tell_alone(error)
        return error

    def _tell_alone(self, full: Full) -> None:
        """Of all limits, the client hears of the one that refused it."""
        self.headers = {}
        self._tell(full.counter, full.counter.most)

    def _counters(self, request: ApiRequest, user_id: str, wrong_answers: bool) -> list[tuple[Limit, Counter]]:
        rules = [rule for rule in self._rules if rule.wrong_answers == wrong_answers]
        named = [(rule, rule.bucket(request, user_id)) for rule in rules]
        return [(rule, self._counter(rule, name, request)) for rule, name in named if name]

    def _counter(self, rule: Limit, name: str, request: ApiRequest) -> Counter:
        most = rule.most if isinstance(rule.most, int) else rule.most(request)
        bucket, end = f"{rule.shared or self._endpoint}|{name}", limits.window_end(self._second, rule.window)
        return Counter(bucket, end, most, f"{rule.what} {WINDOWS[rule.window]}")

    def _tell_all(self, rules: list[tuple[Limit, Counter]], used: list[int]) -> None:
        for (_, counter), count in zip(rules, used, strict=True):
            self._tell(counter, count)

    def _tell(self, counter: Counter, used: int) -> None:
        """Of several limits, the client hears of the one with the least remaining."""
        remaining = counter.most - used
        if self.headers and int(self.headers["X-RateLimit-Remaining"]) <= remaining:
            return
        self.headers = {
            "X-RateLimit-Limit": str(counter.most),
            "X-RateLimit-Remaining": str(remaining),
            "X-RateLimit-Reset": str(counter.end),
        }
