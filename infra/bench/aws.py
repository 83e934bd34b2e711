"""AWS in a process of its own, so that its time is not counted: prints the environment to use it by, until its input
ends.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]


@contextmanager
def aws_of(stage: str, engine: str = "") -> Iterator[dict[str, str]]:
    """The environment by which to use that process. `engine` is the address of another DynamoDB than moto's."""
    command = [sys.executable, "-m", "infra.bench.aws", stage, engine]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.stdin.close()


def _serve(stage: str, engine: str) -> None:
    from infra.local.aws import LocalAws  # moto is for this process alone

    with LocalAws(stage, engine) as aws:
        environment = {
            name: value for name, value in aws.environment().items() if name.startswith(("AWS_", "MFA_MAIL_FROM"))
        }
        print(json.dumps(environment), flush=True)
        sys.stdin.buffer.read()


if __name__ == "__main__":
    _serve(*sys.argv[1:])
