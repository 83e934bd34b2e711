"""Ids that the server chooses: short, in order of time, and no two alike."""

from __future__ import annotations

import re

from chalicelib.ids import new_id
from chalicelib.runtime import container

MOMENT = 1_800_000_000_123


def test_id_is_twenty_hex_characters_that_tell_the_time() -> None:
    made = new_id(MOMENT)

    assert re.fullmatch("[0-9a-f]{20}", made)
    assert int(made[:8], 16) == MOMENT // 1000
    assert int(made[8:13], 16) // 1000 == MOMENT % 1000


def test_ids_sort_by_age() -> None:
    moments = [MOMENT + step for step in (0, 1, 2, 999, 1_000, 60_000, 10**9)]

    made = [new_id(moment) for moment in moments]

    assert made == sorted(made)


def test_no_id_comes_twice_within_a_millisecond() -> None:
    assert len({new_id(MOMENT) for _ in range(10_000)}) == 10_000


def test_extremes_of_chance_keep_shape_and_order() -> None:
    with container.override("random", lambda count: b"\xff" * count):
        highest = new_id(MOMENT)
    with container.override("random", bytes):
        lowest = new_id(MOMENT + 1)

    assert len(highest) == len(lowest) == 20
    assert highest < lowest
