"""On moto the races run in this process; on Amazon's own engine over several that share it (`make test-engine`)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.runtime import container, settings
from tests.conftest import START, Stack
from tests.races.crowd import Configure, Gate, Race, ReadsFirst, SharedClock
from tests.races.fleet import Fleet, FleetApi
from tests.support.api import Answer, Api, at_once
from tests.support.clock import Clock
from tests.support.servers import FAST_HASHES


@pytest.fixture(scope="session")
def gate() -> Gate:
    return Gate()


@pytest.fixture(scope="session")
def shared_clock() -> SharedClock:
    return SharedClock()


@pytest.fixture(scope="session")
def fleet(stack: Stack, shared_clock: SharedClock, gate: Gate) -> Iterator[Fleet | None]:
    """The processes that serve the app; None where there is no engine for them."""
    if not os.environ.get("DYNAMODB_ENGINE"):
        yield None
        return
    with Fleet({**stack.aws.environment(), **FAST_HASHES}, shared_clock, gate) as fleet:
        yield fleet


@pytest.fixture
def clock(shared_clock: SharedClock) -> Clock:
    shared_clock.begin(START // 3600 * 3600 + 60)
    return shared_clock


@pytest.fixture
def api(api: Api, fleet: Fleet | None) -> Api:
    """A client of an empty deployment; of its processes one after the other, if there are several."""
    return FleetApi(fleet) if fleet else api


@pytest.fixture(autouse=True)
def configure(stack: Stack, api: Api, fleet: Fleet | None, gate: Gate) -> Iterator[Configure]:
    """Sets the app up. Races run without the limits that would hide them, and with a patient client of moto.

    moto answers one request at a time and forgets ClientRequestToken: a call that was given up and tried again would
    meet its own traces, so none may be given up.
    """
    with ExitStack() as overrides:

        def configure(**changed: Any) -> None:
            config = replace(settings.config(), **changed)
            overrides.enter_context(container.override("config", config))
            if fleet:
                fleet.configure(config)

        dynamodb = ReadsFirst(stack.aws.client("dynamodb"), gate)
        overrides.enter_context(container.override("dynamodb", dynamodb))
        configure(rate_limits=False)
        yield configure


@pytest.fixture
def race(gate: Gate) -> Race:
    def race(count: int, request: Callable[[int], Answer]) -> list[Answer]:
        gate.close(count)
        try:
            return at_once(count, request)
        finally:
            gate.open()  # where nobody read a user, it would hold up the next test

    return race
