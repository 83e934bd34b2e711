from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import UnknownServiceError

from chalicelib.runtime import aws, clock, container, randomness, settings, threads
from chalicelib.runtime.settings import SettingsError


@pytest.fixture(autouse=True)
def _nothing_built() -> Iterator[None]:
    container.reset()
    yield
    container.reset()


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


def test_reset_forgets() -> None:
    container.get("thing", lambda: 1)

    container.reset()

    assert container.get("thing", lambda: 2) == 2


def test_settings_come_from_the_environment_at_first_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MFA_STAGE", "test")
    monkeypatch.setenv("MFA_PROJECT", "one")
    monkeypatch.setenv("MFA_SMS", "off")
    for name in ("MFA_KEY", "MFA_ORIGINS"):
        monkeypatch.delenv(name, raising=False)
    assert settings.config().project == "one"

    monkeypatch.setenv("MFA_PROJECT", "two")
    assert settings.config().project == "one"

    container.reset()
    monkeypatch.delenv("MFA_PROJECT")
    with pytest.raises(SettingsError, match="MFA_PROJECT is not set"):
        settings.config()


def test_time_is_whole_milliseconds() -> None:
    with container.override("clock", lambda: 1_800_000_000.1239):
        assert clock.now() == 1_800_000_000_123


def test_real_time_is_the_default() -> None:
    assert abs(clock.now() / 1000 - time.time()) < 5


def test_real_randomness_is_the_default() -> None:
    assert len({randomness.random_bytes(16) for _ in range(100)}) == 100


def test_pause_is_as_long_as_asked_for() -> None:
    waits: list[float] = []

    with container.override("sleep", waits.append):
        clock.pause(0.25)

    assert waits == [0.25]


@pytest.mark.parametrize("count", range(5))
def test_calls_that_go_together_answer_in_their_order(count: int) -> None:
    calls = [partial(str, number) for number in range(count)]

    assert threads.together(calls) == ["0", "1", "2", "3", "4"][:count]


@pytest.mark.parametrize("count", [2, 4])
def test_calls_that_go_together_run_at_the_same_time(count: int) -> None:
    everybody = threading.Barrier(count)

    assert sorted(threads.together([lambda: everybody.wait(timeout=10)] * count)) == list(range(count))


def test_first_of_calls_that_go_together_costs_no_thread() -> None:
    me = threading.get_ident()

    assert threads.together([threading.get_ident]) == [me]
    first, second = threads.together([threading.get_ident] * 2)
    assert first == me
    assert second != me


@pytest.mark.parametrize("count", [1, 3])
def test_call_that_fails_is_an_outcome_and_stops_no_other(count: int) -> None:
    done: list[int] = []

    def fails() -> None:
        raise KeyError("first")

    outcomes = threads.together([fails, *(partial(done.append, number) for number in range(1, count))])

    assert repr(outcomes) == repr([KeyError("first"), *[None] * (count - 1)])
    assert sorted(done) == list(range(1, count))


def test_interrupt_is_no_outcome() -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    for others in ([], [int]):
        with pytest.raises(KeyboardInterrupt):
            threads.together([interrupted, *others])


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


def test_client_is_made_once_with_bounded_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "local")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")

    client: Any = aws.client("kms")

    assert aws.client("kms") is client
    config = client.meta.config
    assert (config.connect_timeout, config.read_timeout) == (2, 4)
    assert config.retries["total_max_attempts"] == 3


def test_clients_are_made_of_the_services_in_use_and_of_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "local")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB"):
        monkeypatch.delenv(name, raising=False)

    for name in aws.SERVICES:
        assert aws.client(name).meta.service_model.service_name == name
    with pytest.raises(UnknownServiceError):
        aws.client("s3")


def test_client_does_not_put_its_name_together_for_each_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")

    assert aws.client("kms").meta.config.user_agent == "chalice-mfa"
