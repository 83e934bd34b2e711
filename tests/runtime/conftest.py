"""A process that has built nothing yet."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chalicelib.runtime import container


@pytest.fixture
def nothing_built() -> Iterator[None]:
    container.reset()
    yield
    container.reset()
