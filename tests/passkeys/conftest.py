"""A project that has passkeys, for pages on localhost."""

from __future__ import annotations

import pytest

from tests.support.api import Api
from tests.support.clock import Clock
from tests.support.tables import Tables, allow_passkeys


@pytest.fixture(autouse=True)
def _with_passkeys(api: Api, tables: Tables, clock: Clock) -> None:
    allow_passkeys(tables, clock)
