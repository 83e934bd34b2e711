"""SDKs of PyPI with models, older ones whose models are strict and the newest, against the development server."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Protocol

import pytest

pytestmark = pytest.mark.sdk

HERE = Path(__file__).parent / "typed"
LOCKS = sorted(HERE.glob("appwrite-*.lock"))
SECONDS = 120
PIP = (
    "pip",
    "install",
    "--quiet",
    "--disable-pip-version-check",
    "--no-deps",
    "--require-hashes",
    "--only-binary=:all:",
)


class Server(Protocol):
    """A server that is running: its address without a path, and an API key of its."""

    url: str
    key: str


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


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_older_sdk_reads_every_answer(lock: Path, development: Server, tmp_path: Path) -> None:
    command = [sys.executable, "-m", *PIP, "--target", str(tmp_path), "--requirement", str(lock)]
    installed = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    if installed.returncode != 0:
        pytest.skip(f"pip could not install {lock.stem}: {installed.stderr.strip().splitlines()[-1]}")
    walk(development, tmp_path)


def test_installed_sdk_reads_every_answer(development: Server) -> None:
    walk(development)
