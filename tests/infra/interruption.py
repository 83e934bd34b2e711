"""A way to AWS that counts the calls that change something, and kills the command after one of them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from types import TracebackType
from urllib.parse import parse_qs, urlsplit

from infra.local.http_server import Answer, Call, HttpServer, listen
from tests.infra.project import Account

READS = re.compile(r"(?:Get|List|Describe|Batch)")
OF_CONNECTIONS = {"connection", "content-length", "date", "transfer-encoding"}
ENDPOINT = "/_aws/execute-api/"
"""Requests to the deployed API, which are no calls of AWS."""


@dataclass(frozen=True)
class Ended:
    """`status` is None for a command that was killed. `changes` are the calls that changed something, in order."""

    status: int | None
    output: str
    changes: list[str]


class Road:
    """Between commands and an account: `with Road(account) as road: road.make(tree, "deploy", "STAGE=dev")`.

    `observe` is told each call of AWS and its answer.
    """

    def __init__(self, account: Account, observe: Callable[[Call, Answer], None] | None = None) -> None:
        self._account = account
        self._observe = observe
        self._changes: list[str] = []
        self._last, self._last_of_all = 0, ""
        self._process: subprocess.Popen[str] | None = None
        self._server = HttpServer(self._forward, listen("127.0.0.1"))

    def __enter__(self) -> Road:
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()

    def make(self, tree: Path, *words: str, kill_after: int = 0, kill_at: str = "", smoke: bool = False) -> Ended:
        """`make` in that tree; killed once so many calls have changed something, or at this one."""
        self._changes, self._last, self._last_of_all = [], kill_after, kill_at
        installed = f"VENV={sys.prefix}", f"--assume-old={sys.prefix}/run"
        environment = {**self._account.environment, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self._server.port}"}
        with subprocess.Popen(
            ["make", *installed, *words],
            cwd=tree,
            env={**environment, "SMOKE": "on" if smoke else "off", "CONFIRM": "dev"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as self._process:
            output = self._process.communicate()[0]
        status = self._process.returncode
        return Ended(None if status == -signal.SIGKILL else status, output, self._changes)

    def _forward(self, call: Call) -> Answer:
        if self._last and len(self._changes) >= self._last:
            return Answer(503)  # the killed command's last words
        answer = self._answer(call)
        if self._observe is not None:
            self._observe(call, answer)
        if change := changed_by(call):
            self._changes.append(change)
            if change == self._last_of_all:
                self._last = len(self._changes)
            if len(self._changes) == self._last and self._process is not None:
                os.killpg(self._process.pid, signal.SIGKILL)
        return answer

    def _answer(self, call: Call) -> Answer:
        place = urlsplit(self._account.environment["AWS_ENDPOINT_URL"])
        with closing(HTTPConnection(str(place.hostname), place.port, timeout=60)) as connection:
            connection.request(call.method, call.target, call.body or None, dict(call.headers.items()))
            response = connection.getresponse()
            headers = [each for each in response.getheaders() if each[0].lower() not in OF_CONNECTIONS]
            return Answer(response.status, headers, response.read())


def changed_by(call: Call) -> str:
    """The operation, as far as it can be told, of a call that changes something; empty for one that only reads."""
    if call.path.startswith(ENDPOINT):
        return ""
    operation = call.headers.get("X-Amz-Target", "").rpartition(".")[2]
    if not operation and call.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded"):
        operation = parse_qs(call.body.decode())["Action"][0]
    if operation:
        return "" if READS.match(operation) else operation
    return "" if call.method in ("GET", "HEAD") else f"{call.method} {call.path}"
