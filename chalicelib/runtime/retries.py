"""How long to wait before something is tried again."""

from __future__ import annotations

from chalicelib.runtime import clock, randomness


def back_off(attempt: int) -> None:
    """Wait before the second and later tries: full jitter below 10 ms, 20 ms, 40 ms ... (at most 320 ms)."""
    if attempt:
        clock.pause(randomness.random_below(1000) / 1000 * 0.01 * 2 ** min(attempt - 1, 5))
