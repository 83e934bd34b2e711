"""What an API key is made of, and which value is one. How routes take them is in tests/web/test_api_keys.py."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from chalicelib.ids import new_id
from chalicelib.models import ApiKey
from chalicelib.runtime import clock, container
from chalicelib.runtime.settings import Config
from chalicelib.security import api_keys, hashing
from tests.support.api import Api

NOW = 1_800_000_000
DAY = 86_400
SCOPES = ("users.read", "project.read")


@contextmanager
def deployment(local_key: str = "") -> Iterator[None]:
    with container.override("config", Config(stage="test", project="demo", key=local_key)):
        yield


@pytest.fixture(autouse=True)
def _without_aws() -> Iterator[None]:
    container.reset()
    with deployment(), container.override("clock", lambda: float(NOW)):
        yield
    container.reset()


def make(days: int = 0) -> tuple[ApiKey, str]:
    key, value = api_keys.make("backend", SCOPES, days)
    remember(key)
    return key, value


def remember(key: ApiKey) -> None:
    """This process has just read the key."""
    container.get("api-keys", dict)[key.id] = (key, clock.now())


def test_key_says_what_was_asked_for_and_keeps_a_hash() -> None:
    with container.override("random", lambda count: bytes(range(count))):
        key, value = api_keys.make("backend", SCOPES, 90)
        key_id = new_id(NOW * 1000)

    secret = bytes(range(32)).hex()
    assert value == f"standard_{key_id}{secret}"
    assert vars(key) == {
        "id": key_id,
        "name": "backend",
        "digest": hashing.digest(secret),
        "created": NOW * 1000,
        "scopes": ["users.read", "project.read"],
        "expire": (NOW + 90 * DAY) * 1000,
    }


def test_no_two_keys_share_id_or_secret() -> None:
    values = {api_keys.make("backend", SCOPES, 0)[1] for _ in range(100)}

    assert len({value[9:29] for value in values}) == len({value[29:] for value in values}) == 100
    assert all(re.fullmatch("standard_[0-9a-f]{84}", value) for value in values)


def test_holder_is_the_one_who_sends_the_whole_value() -> None:
    key, value = make()
    other, _ = make()

    assert api_keys.holder(value) == key
    last = "0" if value[-1] != "0" else "1"
    for wrong in (value[:-1] + last, value[:-1], f"{value}0", f" {value}", f"{value}\n", value.upper(), value[9:], ""):
        assert api_keys.holder(wrong) is None
    assert api_keys.holder(value.replace(key.id, other.id)) is None


def test_key_that_nobody_keeps_has_no_holder(api: Api) -> None:
    _, value = api_keys.make("backend", SCOPES, 0)

    assert api_keys.holder(value) is None


@pytest.mark.parametrize(("seconds", "alive"), [(0, True), (DAY - 0.001, True), (DAY, False), (2 * DAY, False)])
def test_key_ends_with_its_last_day(seconds: float, alive: bool) -> None:
    key, _ = make(days=1)

    with container.override("clock", lambda: NOW + seconds):
        assert api_keys.has_ended(key) is not alive


def test_key_without_days_does_not_end() -> None:
    key, value = make()
    assert key.expire == 0

    with container.override("clock", lambda: 2.0 * NOW):
        remember(key)
        assert api_keys.holder(value) == key
        assert not api_keys.has_ended(key)


def test_local_key_has_all_scopes_and_stands_beside_the_others() -> None:
    key, value = make()

    with deployment("local-api-key"):
        local = api_keys.holder("local-api-key")
        assert local
        assert vars(local) == {
            "id": "local", "name": "local", "digest": b"", "scopes": list(api_keys.SCOPES), "created": 0, "expire": 0,
        }  # fmt: skip
        assert api_keys.holder(value) == key
        for wrong in ("local-api-ke", "local-api-key ", "LOCAL-API-KEY", ""):
            assert api_keys.holder(wrong) is None


def test_where_no_local_key_is_set_none_is_one() -> None:
    for value in ("", "local-api-key", "local"):
        assert api_keys.holder(value) is None


def test_key_whose_hash_is_another_ones_opens_nothing() -> None:
    key, value = make()
    remember(replace(key, digest=hashing.digest("0" * 64)))

    assert api_keys.holder(value) is None
