"""SDKs of PyPI with models, older ones whose models are strict and the newest, against the development server."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sdk import toolchains
from tests.support.servers import FAST_HASHES, Server, development_server

pytestmark = pytest.mark.sdk

HERE = Path(__file__).parent / "typed"
SECONDS = 120


@pytest.fixture
def development() -> Iterator[Server]:
    """One for each walk: the mails that others ask for from this address would use up what there is an hour."""
    with development_server(**FAST_HASHES) as url:
        yield Server(url, "local-api-key")


def walk(server: Server, *folders: Path) -> None:
    """With the SDK of the first of these folders that has one, else with the installed one."""
    where = {"ENDPOINT": f"{server.url}/v1", "PROJECT": "demo", "KEY": server.key}
    path = {"PYTHONPATH": os.pathsep.join(map(str, folders))}
    command = [sys.executable, "-W", "ignore::DeprecationWarning", str(HERE / "walk.py")]
    done = subprocess.run(
        command, env=os.environ | where | path, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    if done.returncode != 0:
        pytest.fail(done.stdout + done.stderr, pytrace=False)


@pytest.mark.parametrize("version", ["20.1.0", "24.0.0"])
def test_older_sdk_reads_every_answer(version: str, development: Server) -> None:
    walk(development, toolchains.python_sdk(version))


def test_installed_sdk_reads_every_answer(development: Server) -> None:
    walk(development)
