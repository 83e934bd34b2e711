"""What a process keeps: built when first asked for, replaced for the time of a block."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib.runtime import container

pytestmark = pytest.mark.usefixtures("nothing_built")


def test_thing_is_built_when_first_asked_for_and_kept() -> None:
    built: list[object] = []

    def build() -> object:
        built.append(object())
        return built[-1]

    assert container.get("thing", build) is container.get("thing", build) is built[0]
    assert len(built) == 1


def test_many_threads_build_one_thing() -> None:
    built: list[int] = []

    def build() -> int:
        time.sleep(0.01)  # gives every thread the time to find nothing
        built.append(len(built))
        return len(built)

    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: container.get("thing", build), range(8)))

    assert (len(built), found) == (1, {1})


def test_building_one_thing_may_ask_for_another() -> None:
    assert container.get("outer", lambda: container.get("inner", lambda: 1) + 1) == 2


def test_failed_build_is_tried_again() -> None:
    def fails() -> int:
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011
        container.get("thing", fails)

    assert container.get("thing", lambda: 1) == 1


@pytest.mark.parametrize("before", [None, "old"])
def test_override_ends_with_its_block(before: str | None) -> None:
    if before:
        container.get("thing", lambda: before)

    def fails_inside() -> None:
        with container.override("thing", "new") as given:
            assert container.get("thing", lambda: "built") == given == "new"
            raise KeyError

    with pytest.raises(KeyError):
        fails_inside()

    assert container.get("thing", lambda: "built") == (before or "built")


def test_fresh_process_knows_what_it_is_given_and_leaves_all_as_it_was() -> None:
    container.get("kept", lambda: "old")
    container.get("thing", lambda: "old")

    def fails_inside() -> None:
        with container.fresh(thing="given"):
            assert container.get("kept", lambda: "built") == "built"
            assert container.get("thing", lambda: "built") == "given"
            container.get("another", lambda: "built")
            raise KeyError

    with pytest.raises(KeyError):
        fails_inside()

    assert [container.get(name, lambda: "new") for name in ("kept", "thing", "another")] == ["old", "old", "new"]


def test_reset_forgets() -> None:
    container.get("thing", lambda: 1)

    container.reset()

    assert container.get("thing", lambda: 2) == 2
