"""A deployment that consists of settings and a data key, for factors that judge without AWS."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chalicelib.runtime import container
from chalicelib.runtime.settings import Config
from tests.support.tokens import data_keys

BARE = Config(stage="test", project="demo", argon2_memory_kib=8, argon2_iterations=1)


@pytest.fixture
def bare() -> Iterator[None]:
    """A deployment without AWS: a factor judges by what it is given."""
    container.reset()
    with container.override("config", BARE), container.override("data-keys", data_keys(bytes(32))):
        yield
    container.reset()
