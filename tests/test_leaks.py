"""The watch on the logs of a run finds what it looks for."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from tests.leaks import WATCH, Watch
from tests.support import Person

SECRETS: list[tuple[Any, str]] = [
    ({"password": "correct horse"}, "correct horse"),
    ({"otp": "123456"}, "123456"),
    ({"recoveryCodes": ["k7qf-9m2x-4t8w-hj3d"]}, "k7qf-9m2x-4t8w-hj3d"),
    ({"sessions": [{"secret": "e" * 64}]}, "e" * 64),
    ({"email": "ann@example.test"}, "ann@example.test"),
    ({"phone": "+4915112345678"}, "+4915112345678"),
    ("s" * 120, "s" * 120),
]


def logged(watch: Watch, text: str) -> None:
    watch.handle(logging.LogRecord("x", logging.INFO, "", 0, text, (), None))


@pytest.mark.parametrize(("seen", "secret"), SECRETS)
def test_secret_in_a_line_is_found(seen: Any, secret: str) -> None:
    watch = Watch()
    watch.saw(seen)
    logged(watch, "all is well, 000000 of 7")
    assert watch.leaks() == []

    logged(watch, f"sent to <{secret}>, done")

    assert len(watch.leaks()) == 1


def test_what_this_run_logs_is_watched(person: Person) -> None:
    before = len(WATCH)

    person.get("/account")

    assert len(WATCH) > before
