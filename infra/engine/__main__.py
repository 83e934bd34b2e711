"""`python -m infra.engine COMMAND ...`: run a command with DynamoDB Local, Amazon's own engine, in DYNAMODB_ENGINE.

moto takes what DynamoDB refuses, and its conditions are atomic only because we lock them; this engine has neither
weakness. It needs Java 17 and Maven; where they are missing, that is said and the command is not run.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra import maven

HERE = Path(__file__).parent
LIBRARIES = HERE.parents[1] / ".engine"
START_SECONDS = 30


def main(command: list[str]) -> int:
    missing = [tool for tool in ("java", "mvn") if shutil.which(tool) is None]
    if missing:
        print(f"NOT RUN on DynamoDB Local, for want of {' and '.join(missing)}: {' '.join(command)}")
        return 0
    maven.fetch(HERE / "pom.xml", LIBRARIES)
    with running() as url:
        return subprocess.run(command, env={**os.environ, "DYNAMODB_ENGINE": url}).returncode


@contextmanager
def running() -> Iterator[str]:
    """The engine on a free port, in memory, for as long as the `with` block lasts."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    java = ["java", f"-Djava.library.path={LIBRARIES}", "-cp", f"{LIBRARIES}/*"]
    server = ["com.amazonaws.services.dynamodbv2.local.main.ServerRunner", "-inMemory", "-disableTelemetry"]
    command = [*java, *server, "-port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("DynamoDB Local does not start")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
