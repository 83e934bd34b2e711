"""The zip as it is deployed, with all dependencies, built once for all processes of a test run."""

from __future__ import annotations

import fcntl
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from infra.deploy.build import wheels
from infra.deploy.stage import ROOT
from tests.infra.project import copy_project

WHEELS = ROOT / "build" / "wheels"
"""Kept from run to run, as `make package` does."""


def packaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `make package STAGE=dev` fills. Skips where the zip, which is for Linux on x86_64, cannot run."""
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        pytest.skip("the zip is for Linux on x86_64")
    folder = _of_this_run(tmp_path_factory) / "package"
    with alone(ROOT / "build" / "tests.lock"):
        if not folder.exists():
            _make(tmp_path_factory.mktemp("project")).rename(folder)
    return folder


def _of_this_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the processes of pytest-xdist share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


def _make(tree: Path) -> Path:
    """Packs a copy of the project, since the project's own `build/` may be in use."""
    requirements = ROOT / "requirements.txt"
    wheels(requirements, WHEELS)
    copy_project(tree)
    shutil.copy(requirements, tree)
    (tree / "build").mkdir()
    (tree / "build" / "wheels").symlink_to(WHEELS)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MFA_", "COV"))}
    done = subprocess.run(
        [sys.executable, "-m", "infra.deploy", "package", "dev", "out"],
        cwd=tree,
        env={**environment, "AWS_DEFAULT_REGION": "us-east-1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return tree / "out"


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """One process at a time."""
    lock.parent.mkdir(exist_ok=True)
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
