"""What a run says where the tools are missing that the SDKs and the pages need."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sdk.toolchains import ROOT

REST = [f"--ignore-glob={ROOT}/tests/{other}" for other in ("[!s]*", "s[!d]*")]
README = ["--numprocesses=1", *REST, "-k", "test_quick_start_of_the_readme"]
"""One test of `make test`, which names no file to pytest."""
PAGES = ["tests/browser/test_watch.py"]


@pytest.mark.parametrize(
    ("arguments", "missing"),
    [(README, {"node"}), (["tests/sdk/compiled.py"], {"java", "cargo"}), (PAGES, {"chromium"})],
    ids=["test", "test-sdks", "pages"],
)
def test_what_could_not_run_is_said_last(arguments: list[str], missing: set[str], tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]

    done = subprocess.run(
        command, cwd=ROOT, env={**environment, "PATH": str(tmp_path)}, capture_output=True, text=True, timeout=120
    )

    assert done.returncode == 0, done.stdout + done.stderr
    *said, summary = done.stdout.partition("= NOT RUN =")[2].splitlines()[1:]
    assert {line.rpartition(": ")[2] for line in said} == {f"{name} is not installed" for name in missing}
    assert "skipped" in summary
