"""The real app on moto behind the local gateway, in this process; and, for the SDKs, the development server."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest

from chalicelib import services
from infra.local.aws import LocalAws
from infra.local.gateway import Gateway
from infra.local.inbox import Inbox
from infra.local.jobs import drain
from tests.support import Api, Clock, People, Person, Tables

START = 1_800_000_000
"""A round hour plus a minute or so, so that no test meets the end of a rate limit's window by chance."""

FAST_HASHES = {"MFA_ARGON2_MEMORY_KIB": "8", "MFA_ARGON2_ITERATIONS": "1"}


class Stack(NamedTuple):
    """What runs for the whole test session."""

    aws: LocalAws
    endpoint: str


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    with LocalAws() as aws:
        os.environ.update({**aws.environment(), **FAST_HASHES})
        services.reset()
        from app import app

        with Gateway(app, inbox=aws.inbox) as gateway:
            yield Stack(aws, gateway.endpoint)


@pytest.fixture
def clock() -> Clock:
    return Clock(START // 3600 * 3600 + 60)


@pytest.fixture
def api(stack: Stack, clock: Clock) -> Iterator[Api]:
    """A client of an empty deployment whose time is the test's."""
    stack.aws.reset()
    services.reset()
    with services.override("clock", clock), services.override("sleep", lambda seconds: None):
        yield Api(stack.endpoint)


@pytest.fixture
def inbox(stack: Stack) -> Inbox:
    return stack.aws.inbox


@pytest.fixture(scope="session")
def tables(stack: Stack) -> Tables:
    return Tables(stack.aws)


@pytest.fixture
def run_jobs(stack: Stack, api: Api) -> Callable[[], int]:
    """Does the jobs that wait in the queue, and says how many there were."""
    from app import app

    return lambda: drain(app, stack.aws.client("sqs"), f"{stack.aws.prefix}-mail")


@pytest.fixture
def people(api: Api, inbox: Inbox, clock: Clock) -> People:
    return People(api, inbox, clock)


@pytest.fixture
def person(people: People) -> Person:
    """Somebody with an account and a session, and nothing else."""
    return people.new()


class Server(NamedTuple):
    """A development server as `make run` starts it."""

    url: str


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "PORT": str(port)}
    command = [sys.executable, "-m", "infra.local"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        _wait_for(f"http://localhost:{port}/v1/health/version", process)
        yield Server(f"http://localhost:{port}")
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, "the development server ended"
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise AssertionError("the development server does not answer")
