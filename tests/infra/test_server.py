"""`python -m infra.local` as a process, with a toy app: start, code change, broken code, end."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest

from infra.local.supervisor import ROOT
from tests.infra.test_hosts import exchange

APP = """
import os
import botocore.session
from chalice.app import Chalice
from chalicelib import VERSION

app = Chalice("toy", configure_logs=False)
dynamodb = botocore.session.get_session().create_client("dynamodb")
TABLE = os.environ["MFA_TABLE_PREFIX"] + "-settings"

@app.route("/health/version")
def version():
    return {"version": VERSION, "pid": os.getpid()}

@app.route("/count")
def count():
    answer = dynamodb.update_item(TableName=TABLE, Key={"id": {"S": "n"}}, UpdateExpression="ADD n :one",
                                  ExpressionAttributeValues={":one": {"N": "1"}}, ReturnValues="ALL_NEW")
    return answer["Attributes"]["n"]
"""


class Server:
    def __init__(self, tree: Path, **environment: str) -> None:
        self.version = tree / "chalicelib" / "__init__.py"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "infra.local"],
            cwd=tree,
            env={**os.environ, "PORT": "0", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.output = self._read_until("Ready")
        self.base = next(line.split()[1] for line in self.output.splitlines() if "Endpoint" in line)

    def _read_until(self, word: str) -> str:
        assert self.process.stdout is not None
        read = ""
        for line in self.process.stdout:
            read += line
            if word in line:
                return read
        raise AssertionError(read)

    @property
    def port(self) -> int:
        return urlsplit(self.base).port or 0

    def get(self, path: str) -> dict[str, str]:
        with urlopen(self.base + path, timeout=10) as response:
            return dict(json.load(response))

    def eventually(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 10
        while not holds():
            assert time.monotonic() < deadline, "it never came true"
            time.sleep(0.05)

    def end(self, number: int) -> tuple[int, str]:
        self.process.send_signal(number)
        rest, _ = self.process.communicate(timeout=10)
        return self.process.returncode, rest


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "infra", tmp_path / "infra", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "chalicelib").mkdir()
    (tmp_path / "chalicelib" / "__init__.py").write_text("VERSION = '1'")
    return tmp_path


@pytest.fixture
def server(tree: Path) -> Iterator[Server]:
    server = Server(tree, MFA_PROJECT="p", MFA_PROJECT_NAME="P", MFA_KEY="k", AWS_PROFILE="production")
    yield server
    if server.process.poll() is None:
        server.end(signal.SIGKILL)


def gone(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    return False


def test_code_changes_restart_the_app_and_keep_the_data(server: Server) -> None:
    assert server.base.startswith("http://localhost:")
    assert re.search(r"Project +p \(P\)\n +API key +k\n +Inbox +http://localhost:", server.output)
    assert server.get("/count") == {"N": "1"}

    server.version.write_text("VERSION = 'newer'")
    server.eventually(lambda: server.get("/health/version")["version"] == "newer")
    assert server.get("/count") == {"N": "2"}

    server.version.write_text("VERSION = ")
    server.eventually(lambda: broken(server))
    server.version.write_text("VERSION = 'mended'")
    server.eventually(lambda: not broken(server))
    assert server.get("/count") == {"N": "3"}

    pid = server.get("/health/version")["pid"]
    code, rest = server.end(signal.SIGINT)
    assert code == 0
    assert "SyntaxError" in rest
    assert "KeyboardInterrupt" not in rest
    assert gone(pid)


def broken(server: Server) -> bool:
    try:
        server.get("/health/version")
    except HTTPError as refused:
        with refused:
            return refused.code == 503
    return False


def test_the_app_ends_with_its_parent_however_that_ends(server: Server) -> None:
    pid = server.get("/health/version")["pid"]
    server.end(signal.SIGKILL)
    server.eventually(lambda: gone(pid))


def test_terminated_it_ends_quietly_and_a_second_server_names_the_taken_port(server: Server, tree: Path) -> None:
    port = server.base.rpartition(":")[2].removesuffix("/v1")
    environment = {**os.environ, "PORT": port}
    second = subprocess.run(
        [sys.executable, "-m", "infra.local"], cwd=tree, env=environment, capture_output=True, text=True, check=False
    )
    assert second.returncode == 1
    assert len(second.stderr.splitlines()) == 1
    assert f"port {port}" in second.stderr
    code, rest = server.end(signal.SIGTERM)
    assert code == 0
    assert "Traceback" not in rest


@pytest.mark.parametrize(
    ("given", "answered", "refused"),
    [
        ("", ["localhost", "127.1.2.3"], ["evil.test", "192.0.2.1", "127.1"]),
        ("127.1", ["localhost", "127.1"], ["evil.test", "192.0.2.1"]),
        ("0.0.0.0", ["localhost", "192.0.2.1"], ["evil.test", "127.1"]),
    ],
)
def test_server_answers_to_loopback_and_to_what_host_says(
    tree: Path, given: str, answered: list[str], refused: list[str]
) -> None:
    server = Server(tree, HOST=given)
    try:
        for path in ("/v1/health/version", "/_local/inbox", "/_local/verify"):
            assert {exchange(server.port, path, [host])[0] for host in answered} == {200}
            assert {exchange(server.port, path, [host])[0] for host in refused} == {421}
    finally:
        assert server.end(signal.SIGTERM)[0] == 0
