"""Callers of the server under test, and people who have accounts there."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.sdk.python.clients import Caller, Callers
from tests.sdk.python.person import Person
from tests.support.servers import Server


@pytest.fixture
def callers(server: Server) -> Callers:
    return Callers(f"{server.url}/v1", server.key)


@pytest.fixture
def guest(callers: Callers) -> Caller:
    return callers.guest()


@pytest.fixture
def team(callers: Callers) -> Caller:
    return callers.team()


@pytest.fixture
def somebody(callers: Callers, server: Server) -> Callable[[], Person]:
    """Makes people who have no account yet."""
    return lambda: Person(callers, f"{server.url}/_local/inbox")


@pytest.fixture
def person(somebody: Callable[[], Person]) -> Person:
    """Somebody who has an account and is signed in."""
    return somebody().registered().signed_in()


@pytest.fixture
def custom_factor(team: Caller) -> Iterator[None]:
    """The project allows the custom factor for the length of a test."""
    team.project.update_mfa_factors_policy(custom=True)
    yield
    team.project.update_mfa_factors_policy(custom=False)


@pytest.fixture
def sessions_live_on(team: Caller) -> Iterator[None]:
    """The project lets other sessions outlive a change, for the length of a test."""
    team.project.update_session_invalidation_policy(False)
    yield
    team.project.update_session_invalidation_policy(True)
