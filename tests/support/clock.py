"""Time that passes when a test says so."""

from __future__ import annotations


class Clock:
    """Time that passes only when told to, and by a millisecond at every look so that ids keep their order."""

    def __init__(self, start: int) -> None:
        self._milliseconds = start * 1000

    def __call__(self) -> float:
        self._milliseconds += 1
        return self._milliseconds / 1000

    def advance(self, *, seconds: float = 0, minutes: float = 0, days: float = 0) -> None:
        self._milliseconds += int((seconds + 60 * minutes + 86_400 * days) * 1000)
