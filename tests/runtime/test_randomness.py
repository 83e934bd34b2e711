"""Random numbers and bytes are the system's, uniform and below their limit."""

from __future__ import annotations

from collections import Counter

import pytest

from chalicelib.runtime import container, randomness


def test_real_randomness_is_the_default() -> None:
    assert len({randomness.random_bytes(16) for _ in range(100)}) == 100


@pytest.mark.parametrize("limit", [1, 2, 10, 32, 1000, 10**6, 2**64])
def test_random_numbers_keep_below_their_limit(limit: int) -> None:
    numbers = [randomness.random_below(limit) for _ in range(500)]

    assert 0 <= min(numbers) <= max(numbers) < limit


@pytest.mark.parametrize("limit", [10, 10**6])
def test_random_numbers_are_uniform(limit: int) -> None:
    """Ten equal shares of 50,000 draws: each within six standard deviations (67) of 5,000."""
    shares = Counter(randomness.random_below(limit) * 10 // limit for _ in range(50_000))

    assert len(shares) == 10
    assert all(abs(count - 5_000) < 6 * 67.1 for count in shares.values())


def test_bias_of_random_numbers_is_negligible() -> None:
    """64 bits beyond those of the limit: a remainder is at most 2 ** -64 more likely than another."""
    asked: list[int] = []

    def random(count: int) -> bytes:
        asked.append(count)
        return bytes(count)

    with container.override("random", random):
        randomness.random_below(10**6)

    assert asked[0] * 8 >= (10**6).bit_length() + 64
