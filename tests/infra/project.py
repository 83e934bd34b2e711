"""What deployments are tested with: a copy of the project, and an AWS account that is moto in a process of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import botocore.session

from infra.deploy.build import ARGON2_LOCK
from infra.deploy.stage import ROOT

NO_PACKAGES = "# Nothing runs this zip: it goes without the dependencies, whose download takes most of the time.\n"
HALF_WRITTEN = shutil.ignore_patterns("*.pyc.*")
"""Byte code that others are writing just now. What is whole comes along: to compile a copy anew takes a second."""

FILES = ("app.py", "Makefile", ARGON2_LOCK, ".chalice/config.json")


class Account(NamedTuple):
    """`environment` is that of a command which is to use it."""

    environment: dict[str, str]

    @property
    def url(self) -> str:
        return self.environment["AWS_ENDPOINT_URL"]

    def client(self, service: str) -> Any:
        session = botocore.session.Session()
        session.set_credentials("x", "x")
        url = self.environment["AWS_ENDPOINT_URL"]
        return session.create_client(service, region_name="us-east-1", endpoint_url=url)


@contextmanager
def new_account() -> Iterator[Account]:
    """An empty one, for as long as the `with` block."""
    command = [sys.executable, "-m", "infra.local.account", "0"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    try:
        keys = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "us-east-1"}
        foreign = ("AWS_", "MFA_", "COV", "MAKE")  # of the tests around, and of the `make` that runs them
        ours = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        yield Account({**ours, **keys, "AWS_ENDPOINT_URL": process.stdout.readline().strip()})
    finally:
        process.terminate()
        process.communicate(timeout=20)


def copy_project(target: Path) -> Path:
    """What a deployment is made from; a test may change it, and no record is left in the real one."""
    for name in ("chalicelib", "infra"):
        shutil.copytree(ROOT / name, target / name, ignore=HALF_WRITTEN)
    for name in FILES:
        (target / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, target / name)
    (target / "requirements.txt").write_text(NO_PACKAGES)
    return target
