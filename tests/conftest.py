"""The real app on moto behind the local gateway, in this process; and servers in others: of development, of the zip."""

from __future__ import annotations

import gc
import logging
import os
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, closing
from email.utils import parseaddr
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import settings

from chalicelib.runtime import container
from chalicelib.runtime.aws import client
from infra.local.aws import SENDER, LocalAws
from infra.local.gateway import Gateway
from infra.local.inbox import Inbox
from infra.local.jobs import drain
from tests.rules.recording import Recording, Threads, tell_functions_apart
from tests.support.api import CONNECTIONS, Api, TeamApi
from tests.support.clock import Clock
from tests.support.leaks import WATCH
from tests.support.package import packaged
from tests.support.person import People, Person
from tests.support.servers import FAST_HASHES, Server, deployed_server, development_server
from tests.support.tables import Tables

START = 1_800_000_000
"""A round hour plus a minute or so, so that no test meets the end of a rate limit's window by chance."""

CLIENTS = ("dynamodb", "kms", "sesv2", "sns", "sqs")
"""Made once: to make one takes longer than most tests."""

API_HOSTS = ("api.example.com", "api.ibm.de", "api.github.io")
"""Custom domains that a test may say it is reached by."""

ORIGINS = "localhost,appwrite-ios://com.example.app,appwrite-android://com.example.app"
"""Where the app's pages are, and what its native apps say they are."""

settings.register_profile("suite", deadline=None, max_examples=60, derandomize=True)
settings.load_profile("suite")


SUITES = {"sdk", "deployed", "browser"}
"""Marks of tests that need what not every machine has."""

RECORDING = Recording()
THREADS = Threads()


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(RECORDING, "permissions")


def pytest_collection_finish() -> None:
    """The tests live until the end: the garbage collector need not look through ten thousand of them each time."""
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def no_secret_in_the_logs() -> Iterator[None]:
    """Everything that this run logs is looked through at its end."""
    root = logging.getLogger()
    root.addHandler(WATCH)
    yield
    root.removeHandler(WATCH)
    assert WATCH.leaks() == []


@pytest.fixture(scope="session", autouse=True)
def no_open_connections() -> Iterator[None]:
    yield
    CONNECTIONS.close()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Generator[None, None, None]:
    """Ends the run with the suites that could not run, so that nobody takes a skipped suite for a passed one.

    It stands here since the process that reports knows no conftest.py further down when others run the tests.
    """
    yield
    skipped = [report for report in terminalreporter.stats.get("skipped", []) if SUITES & set(report.keywords)]
    if skipped:
        terminalreporter.section("NOT RUN", yellow=True)
    for report in skipped:
        terminalreporter.line(f"{report.nodeid}: {_reason(report)}", yellow=True)


def _reason(report: pytest.TestReport) -> str:
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longreprtext
    return reason.removeprefix("Skipped: ")


Jobs = Callable[[], int]
"""What the fixture `run_jobs` gives."""


class Stack(NamedTuple):
    """What runs for the whole test session. The clients are made by the session that is kept beside them."""

    aws: LocalAws
    endpoint: str
    clients: dict[str, Any]


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    with LocalAws(engine=os.environ.get("DYNAMODB_ENGINE", "")) as aws:
        os.environ.update({**aws.environment(), **FAST_HASHES})
        container.reset()
        from app import app

        tell_functions_apart(app)
        logging.getLogger("chalicelib").setLevel(logging.INFO)  # the local server has a line of its own
        recorded = RECORDING.session(aws.prefix, parseaddr(SENDER)[1])
        with container.override("botocore", recorded):
            clients = {"botocore": recorded, **{name: client(name) for name in CLIENTS}}
        with closing(clients["dynamodb"]) as dynamodb, Gateway(app, inbox=aws.inbox, names=API_HOSTS) as gateway:
            yield Stack(aws, gateway.endpoint, {**clients, "dynamodb": RECORDING.dynamodb(dynamodb, aws.prefix)})


@pytest.fixture
def clock() -> Clock:
    return Clock(START // 3600 * 3600 + 60)


@pytest.fixture
def api(stack: Stack, clock: Clock) -> Iterator[Api]:
    """A client of an empty deployment whose time is the test's."""
    stack.aws.reset()
    container.reset()
    replaced = {"clock": clock, "sleep": lambda seconds: None, "threads": THREADS, **stack.clients}
    with ExitStack() as overrides:
        for name, value in replaced.items():
            overrides.enter_context(container.override(name, value))
        yield Api(stack.endpoint)
        WATCH.saw_inbox(stack.aws.inbox)


@pytest.fixture
def team(stack: Stack, api: Api) -> TeamApi:
    """The same deployment as the team's own server sees it."""
    return TeamApi(stack.endpoint)


@pytest.fixture
def inbox(stack: Stack) -> Inbox:
    return stack.aws.inbox


@pytest.fixture(scope="session")
def tables(stack: Stack) -> Tables:
    return Tables(stack.aws)


@pytest.fixture(scope="session")
def sqs(stack: Stack) -> Any:
    return stack.aws.client("sqs")


@pytest.fixture
def run_jobs(stack: Stack, api: Api, sqs: Any) -> Jobs:
    """Does the jobs that wait in the queue, and says how many there were."""
    from app import app

    return lambda: drain(app, sqs, f"{stack.aws.prefix}-mail")


@pytest.fixture
def people(api: Api, inbox: Inbox, clock: Clock) -> People:
    return People(api, inbox, clock)


@pytest.fixture
def person(people: People) -> Person:
    """Somebody with an account and a session, and nothing else."""
    return people.new()


@pytest.fixture(scope="session")
def development() -> Iterator[Server]:
    """The development server as `make run` starts it."""
    with development_server(**FAST_HASHES) as url:
        yield Server(url, "local-api-key")


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make package STAGE=dev` writes, with all dependencies."""
    return packaged(tmp_path_factory)


@pytest.fixture(scope="session")
def deployed(package: Path) -> Iterator[Server]:
    """The zip as Lambda runs it, behind API Gateway."""
    settings = {**FAST_HASHES, "MFA_SMS": "on", "MFA_SMS_COUNTRIES": "de", "MFA_ORIGINS": ORIGINS}
    with deployed_server(package, **settings) as (url, key):
        yield Server(url, key)
