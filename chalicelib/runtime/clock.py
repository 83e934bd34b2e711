"""The time, and waiting."""

from __future__ import annotations

import time

from chalicelib.runtime import container


def now() -> int:
    """The time in milliseconds since the epoch."""
    return int(container.get("clock", lambda: time.time)() * 1000)


def pause(seconds: float) -> None:
    """Let that much time pass."""
    container.get("sleep", lambda: time.sleep)(seconds)
