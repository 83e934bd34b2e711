"""The guide by SDKs that are compiled first, which takes minutes: `make test-sdks` runs these, `make test` does not."""

from __future__ import annotations

import pytest

from tests.sdk import passkeys
from tests.sdk.guide import driven, walk
from tests.sdk.toolchains import kotlin_driver, rust_driver
from tests.support.servers import Server

pytestmark = pytest.mark.sdk


@pytest.fixture(scope="session", params=[kotlin_driver, rust_driver])
def driver(request: pytest.FixtureRequest) -> list[str]:
    """The command that starts it."""
    command: list[str] = request.param()
    return command


def test_guide(driver: list[str], server: Server) -> None:
    with driven(driver, server) as sdk:
        walk(sdk, server)


def test_passkeys_in_rust(server: Server) -> None:
    with driven(rust_driver(), server) as sdk:
        passkeys.walk(sdk, server)
