"""The scene in which calls to AWS go wrong, set once for all requests and jobs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.conftest import Stack
from tests.faults.scene import Scene
from tests.faults.stage import Stage
from tests.support.api import Api
from tests.support.clock import Clock
from tests.support.person import People
from tests.support.tables import Tables


@pytest.fixture(scope="module")
def made() -> list[Scene]:
    return []


@pytest.fixture
def scene(
    made: list[Scene],
    api: Api,
    stack: Stack,
    people: People,
    tables: Tables,
    clock: Clock,
    run_jobs: Callable[[], int],
) -> Scene:
    """Set once for the whole table."""
    if not made:
        made.append(Scene(api, stack, Stage(people, tables, clock, run_jobs)))
    return made[0]
