"""What the SDK suites share."""

from __future__ import annotations

import pytest

from tests.sdk import toolchains
from tests.support.servers import Server

pytest.register_assert_rewrite("tests.sdk.guide")


@pytest.fixture(scope="session", params=["development", "deployed"])
def server(request: pytest.FixtureRequest) -> Server:
    """The suites run through both: the development server, and the zip as Lambda runs it."""
    running: Server = request.getfixturevalue(request.param)
    return running


@pytest.fixture(scope="session")
def node() -> str:
    """The path of Node, with the packages of npm installed."""
    return toolchains.node()
