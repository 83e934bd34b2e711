"""The watch on the logs of a run finds what it looks for."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from tests.support.leaks import WATCH, Watch, carried
from tests.support.person import Person

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


def test_all_that_an_answer_hands_to_a_browser_is_a_secret() -> None:
    headers = [
        ("Set-Cookie", "a_session_demo=eyJ%3D; Path=/"),
        ("Set-Cookie", "a_device_demo=one~two; Path=/"),
        ("X-Fallback-Cookies", '{"a_session_demo":"eyJ=","a_device_demo":"three~four"}'),
        ("X-Debug-Fallback", "true"),
    ]

    assert list(carried(headers)) == ["eyJ=", "one", "two", "eyJ=", "three", "four"]
    assert list(carried([("X-Fallback-Cookies", "[]")])) == []


def test_device_value_of_a_sign_in_is_watched_for(person: Person) -> None:
    body = {"email": person.email, "password": person.password}
    value = next(carried(person.api.post("/account/sessions/email", body).headers))
    watch = Watch()
    watch.saw(value)

    logged(watch, f"device {value} is known")

    assert len(watch.leaks()) == 1
    assert value in WATCH._secrets


def test_what_this_run_logs_is_watched(person: Person) -> None:
    before = len(WATCH)

    person.get("/account")

    assert len(WATCH) > before
