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
from urllib.request import Request, urlopen

import pytest

from infra.local.http_server import listen
from infra.local.supervisor import ROOT, snapshot
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
    return {"version": VERSION, "pid": os.getpid(), "settings": os.environ["MFA_SETTINGS_PAGE"]}

@app.route("/count")
def count():
    answer = dynamodb.update_item(TableName=TABLE, Key={"id": {"S": "n"}}, UpdateExpression="ADD n :one",
                                  ExpressionAttributeValues={":one": {"N": "1"}}, ReturnValues="ALL_NEW")
    return answer["Attributes"]["n"]
"""


PATIENCE = 30
"""Seconds that are waited for what takes one on a quiet machine."""


class Server:
    """`until` is what it prints when it is waited for no longer. It leads a process group, as in a terminal."""

    def __init__(self, tree: Path, until: str = "Ready", **environment: str) -> None:
        self.version = tree / "chalicelib" / "__init__.py"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "infra.local"],
            cwd=tree,
            env={**os.environ, "PORT": "0", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.output = self.read_until(until)
        self.base, self.console = (self.address(name) for name in ("Endpoint", "Console"))

    def address(self, name: str) -> str:
        return next((line.split()[1] for line in self.output.splitlines() if name in line), "")

    def read_until(self, word: str) -> str:
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
        deadline = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < deadline, "it never came true"
            time.sleep(0.05)

    def end(self, number: int) -> tuple[int, str]:
        """Exit status and what was printed since."""
        self.process.send_signal(number)
        return self.ended()

    def ended(self) -> tuple[int, str]:
        rest, _ = self.process.communicate(timeout=PATIENCE)
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


def test_changes_of_pages_and_words_restart_the_app_too() -> None:
    seen = {Path(file).relative_to(ROOT / "chalicelib").as_posix() for file in list(snapshot(ROOT))[1:]}

    assert {"pages/main.js", "pages/style.css", "pages/page.html", "words/en/pages.json", "languages.py"} <= seen


def test_code_changes_restart_the_app_and_keep_the_data(server: Server) -> None:
    assert server.base == f"{server.console}/v1"
    assert server.output.split()[:2] == ["Console", server.console]
    assert re.search(r"Project +p \(P\)\n +API key +k\n +Inbox +http://localhost:", server.output)
    assert server.get("/count") == {"N": "1"}
    move_clock(server, 600)

    server.version.write_text("VERSION = 'newer'")
    server.eventually(lambda: server.get("/health/version")["version"] == "newer")
    assert server.get("/count") == {"N": "2"}

    server.version.write_text("VERSION = ")
    server.eventually(lambda: broken(server))
    server.version.write_text("VERSION = 'mended'")
    server.eventually(lambda: not broken(server))
    assert server.get("/count") == {"N": "3"}
    with urlopen(f"{server.console}/_local/about", timeout=10) as response:
        assert json.load(response)["ahead"] == 600

    told = server.get("/health/version")
    assert told["settings"] == f"{server.base}/pages/settings"
    code, rest = server.end(signal.SIGINT)
    assert code == 0
    assert "SyntaxError" in rest
    assert "KeyboardInterrupt" not in rest
    assert gone(told["pid"])


def move_clock(server: Server, ahead: int) -> None:
    request = Request(f"{server.console}/_local/clock", json.dumps({"ahead": ahead}).encode(), method="PUT")
    urlopen(request, timeout=10).close()


def broken(server: Server) -> bool:
    try:
        server.get("/health/version")
    except HTTPError as refused:
        with refused:
            return refused.code == 503
    return False


def test_code_that_is_broken_at_the_start_is_said_once_and_mended_while_it_runs(tree: Path) -> None:
    """The log has no request that nobody made."""
    broken = tree / "chalicelib" / "__init__.py"
    broken.write_text("VERSION = ")
    server = Server(tree, until="tried again")
    assert "SyntaxError" in server.output

    broken.write_text("VERSION = 'mended'")
    rest = server.read_until("Ready")

    assert server.end(signal.SIGINT)[0] == 0
    assert "Code changed" in rest
    assert "/health/version" not in server.output + rest


UNKNOWN = "MFA_ORIGNS is no setting: did you mean MFA_ORIGINS?"
HTTP = (
    "MFA_ORIGINS has 'http://app.example.com', but pages over http are let in from loopback only: use https, write "
    "app.example.com"
)
MISTAKES = [
    ({"MFA_ORIGINS": "http://app.example.com", "MFA_ORIGNS": "x"}, [HTTP, UNKNOWN]),
    ({"MFA_SMS": "yes", "PORT": "80x"}, ["MFA_SMS must be on or off", "PORT is 80x: it must be a number up to 65535."]),
    *(
        ({"HOST": host}, [f"HOST is {host}: it must be a name or an address of this machine, without scheme and port."])
        for host in ("http://localhost:8000", "192.0.2.1", f"{'a' * 64}.test")
    ),
]


@pytest.mark.parametrize(("given", "lines"), MISTAKES)
def test_mistake_is_one_line_and_the_end(given: dict[str, str], lines: list[str]) -> None:
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MFA_", "MAKE"))}
    command = ["make", f"VENV={sys.prefix}", f"--assume-old={sys.prefix}/run", "run"]

    done = subprocess.run(
        command, cwd=ROOT, env={**ours, "PORT": "0", **given}, capture_output=True, text=True, timeout=60
    )

    *said, end = done.stderr.splitlines()
    assert (done.stdout, said) == ("", lines)
    assert end.endswith("Error 1")


def test_port_of_an_origin_is_noted() -> None:
    server = Server(ROOT, MFA_ORIGINS="http://localhost:3000")

    assert server.end(signal.SIGINT)[0] == 0
    assert "Note: MFA_ORIGINS: http://localhost:3000 counts as localhost with any port.\n" in server.output


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


def is_free(port: int) -> bool:
    try:
        sockets = listen(port=port)
    except OSError:
        return False
    for each in sockets:
        each.close()
    return True


HANGS = """
import os, time
print("hangs", os.getpid(), flush=True)
time.sleep(600)
"""


def test_second_signal_ends_at_once_while_the_child_is_replaced(server: Server) -> None:
    """The new child hangs in its import, so that the first signal's end takes its time."""
    server.version.write_text(HANGS)
    pid = server.read_until("hangs").split()[-1]

    started = time.monotonic()
    server.process.send_signal(signal.SIGINT)
    server.eventually(lambda: killed(server.process))
    took = time.monotonic() - started
    code, rest = server.ended()

    assert code == 128 + signal.SIGTERM
    assert took < 3  # what the first signal alone gives the child
    assert "Traceback" not in rest
    server.eventually(lambda: gone(pid))
    assert is_free(server.port)


def killed(process: subprocess.Popen[str]) -> bool:
    """Two signals that arrive in the same moment are one, so the second is sent until it is seen."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    return process.poll() is not None


@pytest.mark.parametrize("module", ["moto_patches", "jobs"])
def test_ctrl_c_is_quiet_while_parent_or_child_still_import(tree: Path, module: str) -> None:
    """A terminal sends it to the whole group of processes."""
    source = tree / "infra" / "local" / f"{module}.py"
    source.write_text(f"import time\nprint('imports', flush=True)\ntime.sleep(1)\n{source.read_text()}")
    server = Server(tree, until="imports")

    os.killpg(server.process.pid, signal.SIGINT)
    code, rest = server.ended()

    assert (code, "Traceback" in rest, "KeyboardInterrupt" in rest) == (0, False, False)


NESTED = """
import os, signal, sys
from infra.local.signals import Stop

left = int(sys.argv[1])

def at_a_line(frame, event, argument):
    global left
    if frame.f_code.co_name == "_handle" and event == "line":
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGTERM)
    return at_a_line

stop = Stop()
assert not stop.wait(0)
sys.settrace(at_a_line)
os.kill(os.getpid(), signal.SIGINT)
sys.settrace(None)
assert stop.wait(0) and stop.wait()
print("asked", flush=True)
os.kill(os.getpid(), signal.SIGINT)
"""


@pytest.mark.parametrize("line", [1, 2, 3, 4, 99])
def test_handler_may_be_interrupted_at_every_line(line: int) -> None:
    """The two count as one or as two, by where Python looks for signals; 99 is no interruption."""
    command = [sys.executable, "-c", NESTED, str(line)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20)

    as_one, as_two = {(128 + signal.SIGINT, "asked\n")}, {(128 + signal.SIGINT, ""), (128 + signal.SIGTERM, "")}
    assert (done.returncode, done.stdout) in (as_one if line == 99 else as_one | as_two)
    assert done.stderr == ""


def test_storm_of_signals_leaves_nothing_behind(server: Server) -> None:
    pid = server.get("/health/version")["pid"]
    for turn in range(2000):
        server.process.send_signal((signal.SIGINT, signal.SIGTERM)[turn % 2])
    code, rest = server.ended()

    assert code in (128 + signal.SIGINT, 128 + signal.SIGTERM)
    assert "Traceback" not in rest
    server.eventually(lambda: gone(pid))
    assert is_free(server.port)


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
        for path in ("/", "/v1/health/version", "/_local/about", "/_local/inbox", "/_local/verify"):
            assert {exchange(server.port, path, [host])[0] for host in answered} == {200}
            assert {exchange(server.port, path, [host])[0] for host in refused} == {421}
    finally:
        assert server.end(signal.SIGTERM)[0] == 0
