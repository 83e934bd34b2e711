"""Races that are sure to be races: nobody writes before everybody has read."""

from __future__ import annotations

import os
from collections.abc import Callable
from multiprocessing import get_context
from typing import Any, Protocol

from tests.support.api import Answer
from tests.support.clock import Clock

SPAWN = get_context("spawn")
"""What is made of it can be handed to processes that begin afresh."""

MANY = 64 if os.environ.get("DYNAMODB_ENGINE") else 24
"""So many at once: on moto, which is behind one lock anyway, fewer than on the real engine."""


class Gate:
    """Holds up whoever has read a user until so many have; it stands open before and after."""

    def __init__(self) -> None:
        self._missing = SPAWN.Value("i", 0)
        self._open = SPAWN.Event()
        self._open.set()

    def close(self, readers: int) -> None:
        self._missing.value = readers
        self._open.clear()

    def open(self) -> None:
        self._open.set()

    def arrive(self) -> None:
        with self._missing.get_lock():
            self._missing.value -= 1
            if self._missing.value == 0:
                self._open.set()
        assert self._open.wait(timeout=30), "not all requests have come"


class ReadsFirst:
    """DynamoDB whose readers of a user stand at a gate before they go on."""

    def __init__(self, client: Any, gate: Gate) -> None:
        self._client, self._gate = client, gate

    def batch_get_item(self, **request: Any) -> Any:
        answer = self._client.batch_get_item(**request)
        if "user#" in repr(request):
            self._gate.arrive()
        return answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


class SharedClock(Clock):
    """A clock that several processes look at."""

    def __init__(self) -> None:
        self._shared = SPAWN.Value("q", 0)

    def begin(self, start: int) -> None:
        """Let it be so many seconds after the epoch."""
        self._shared.value = start * 1000

    def __call__(self) -> float:
        with self._shared.get_lock():
            self._shared.value += 1
            return float(self._shared.value) / 1000

    def advance(self, *, seconds: float = 0, minutes: float = 0, days: float = 0) -> None:
        with self._shared.get_lock():
            self._shared.value += int((seconds + 60 * minutes + 86_400 * days) * 1000)


class Race(Protocol):
    def __call__(self, count: int, request: Callable[[int], Answer]) -> list[Answer]:
        """The answers to so many requests, all of which have read before the first of them writes."""


class Configure(Protocol):
    def __call__(self, **settings: Any) -> None:
        """From now on the app has these settings, in every process."""
