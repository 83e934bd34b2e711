"""Servers in processes of their own: the development server as `make run` starts it, and the zip that is deployed."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

FAST_HASHES = {"MFA_ARGON2_MEMORY_KIB": "8", "MFA_ARGON2_ITERATIONS": "1"}


class Server(NamedTuple):
    """A server that is running: its address without a path, and an API key of its."""

    url: str
    key: str


@contextmanager
def development_server(log: str = os.devnull, **settings: str) -> Iterator[str]:
    """Its address, for as long as the `with` block lasts. It listens on a free port, and prints to `log`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, **settings, "PORT": str(port)}
    command = [sys.executable, "-m", "infra.local"]
    with Path(log).open("w") as printed:
        process = subprocess.Popen(command, env=environment, stdout=printed, start_new_session=True)
    try:
        _wait_for(f"http://localhost:{port}/v1/health/version", process)
        yield f"http://localhost:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0


def functions_log(package: Path) -> Path:
    """Where the functions that this process has started log to; the package is every process's of the run."""
    return package / f"functions-{os.getpid()}.log"


@contextmanager
def deployed_server(package: Path, log: str = "", **settings: str) -> Iterator[tuple[str, str]]:
    """The address of what `make package` wrote into this folder, and an API key. The functions log to `log`."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MFA_"))}
    command = [sys.executable, "-m", "infra.lambda_runtime", str(package)]
    with Path(log or functions_log(package)).open("w") as errors:
        process = subprocess.Popen(
            command, env={**environment, **settings}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors
        )
    assert process.stdin
    assert process.stdout
    try:
        where = json.loads(process.stdout.readline())
        yield where["url"], where["key"]
    finally:
        process.stdin.close()
        process.stdout.close()
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
