"""What the SDK suites share."""

from __future__ import annotations

from collections.abc import Generator
from typing import Protocol

import pytest


class Server(Protocol):
    """A server that is running: its address without a path, and an API key of its."""

    url: str
    key: str


@pytest.fixture(scope="session", params=["development", "deployed"])
def server(request: pytest.FixtureRequest) -> Server:
    """The suites run through both: the development server, and the zip as Lambda runs it."""
    running: Server = request.getfixturevalue(request.param)
    return running


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Generator[None, None, None]:
    """Ends the run with the suites that could not run, so that nobody takes a skipped suite for a passed one."""
    yield
    skipped = [
        report for report in terminalreporter.stats.get("skipped", []) if {"sdk", "deployed"} & set(report.keywords)
    ]
    if skipped:
        terminalreporter.section("NOT RUN", yellow=True)
    for report in skipped:
        terminalreporter.line(f"{report.nodeid}: {_reason(report)}", yellow=True)


def _reason(report: pytest.TestReport) -> str:
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longreprtext
    return reason.removeprefix("Skipped: ")
