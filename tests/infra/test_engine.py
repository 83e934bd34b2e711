"""`make test-engine` where its tools are missing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.support.files import ROOT


def test_without_java_and_maven_nothing_is_run_and_the_run_says_so(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "infra.engine", sys.executable, "-c", "raise SystemExit('it ran')"]

    environment = {**os.environ, "PATH": str(tmp_path)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)

    assert done.returncode == 0
    assert done.stdout.startswith("NOT RUN on DynamoDB Local, for want of java and mvn: ")
