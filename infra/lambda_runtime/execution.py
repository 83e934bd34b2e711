"""Lambda's execution environments: processes of a function, and the Runtime API that gives them their events.

The API is Amazon's, "Using the Lambda runtime API for custom runtimes" in Lambda's developer guide.
"""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
import time
import uuid
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from infra.local.http_server import Answer, Call, HttpServer, listen

Event = dict[str, Any]

NEXT = "/2018-06-01/runtime/invocation/next"
ARN = "arn:aws:lambda:us-east-1:123456789012:function:"
TICK_SECONDS = 0.2
"""How soon it is noticed that a process has ended."""


class FunctionError(Exception):
    """The function raised, ended or ran out of time: there is no answer."""


@dataclass(frozen=True)
class Function:
    """A function as it is deployed. `code` is its unpacked zip, `runtime` has the packages that Lambda adds."""

    name: str
    handler: str
    code: Path
    runtime: Path
    environment: dict[str, str] = field(default_factory=dict)
    timeout: int = 15
    memory: int = 1024

    def command(self) -> list[str]:
        """`-S`: without the packages of the Python that runs this. The code comes first, as on Lambda."""
        return [sys.executable, "-S", "-m", "awslambdaric", self.handler]

    def variables(self, runtime_api: str) -> dict[str, str]:
        """The environment that the process has on Lambda, whose disk cannot be written to either."""
        return {
            "PYTHONPATH": str(self.runtime),
            "PYTHONDONTWRITEBYTECODE": "1",
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
            "_HANDLER": self.handler,
            "LAMBDA_TASK_ROOT": str(self.code),
            "AWS_EXECUTION_ENV": f"AWS_Lambda_python{sys.version_info.major}.{sys.version_info.minor}",
            "AWS_LAMBDA_FUNCTION_NAME": self.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self.memory),
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{self.name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": "local",
            "AWS_LAMBDA_RUNTIME_API": runtime_api,
            **self.environment,
        }


class _Outcome(NamedTuple):
    kind: str
    """`response` or `error`, as the last part of the path has it."""
    body: bytes


class Environment:
    """One process of a function. It starts at once, and is given one event at a time until `stop()`.

    `log` is where the function's output goes, as `subprocess` takes it; standard error without it.
    """

    def __init__(self, function: Function, log: int | None = None) -> None:
        self._function = function
        self._events: queue.SimpleQueue[tuple[str, bytes] | None] = queue.SimpleQueue()
        self._outcomes: queue.SimpleQueue[_Outcome] = queue.SimpleQueue()
        self._server = HttpServer(self._respond, listen("127.0.0.1")).start()
        self.process = subprocess.Popen(
            function.command(),
            cwd=function.code,
            env=function.variables(f"127.0.0.1:{self._server.port}"),
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr if log is None else log,
            stderr=subprocess.STDOUT,
        )

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def invoke(self, event: Event) -> Any:
        """The function's answer, as the JSON that it is. Raises FunctionError; after a time-out the process is gone."""
        self._events.put((str(uuid.uuid4()), json.dumps(event).encode()))
        kind, body = self._outcome()
        content = json.loads(body)
        if kind == "error":
            raise FunctionError(f"{content.get('errorType')}: {content.get('errorMessage')}")
        return content

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        self._events.put(None)
        self._server.stop()

    def _outcome(self) -> _Outcome:
        deadline = time.monotonic() + self._function.timeout
        while time.monotonic() < deadline:
            ended = not self.alive
            try:
                return self._outcomes.get(timeout=TICK_SECONDS)
            except queue.Empty:
                if ended:
                    raise FunctionError(f"the process ended with status {self.process.returncode}") from None
        self.process.kill()
        self.process.wait()
        raise FunctionError(f"no answer within {self._function.timeout} s")

    def _respond(self, call: Call) -> Answer:
        """The Runtime API."""
        if call.method == "GET" and call.path == NEXT:
            return self._next()
        if call.method == "POST" and call.path.endswith(("/response", "/error")):
            self._outcomes.put(_Outcome(call.path.rpartition("/")[2], call.body))
            return Answer(202, [("Content-Type", "application/json")], b'{"status":"OK"}')
        return Answer(404)

    def _next(self) -> Answer:
        waiting = self._events.get()
        if waiting is None:
            return Answer(410)
        request_id, event = waiting
        deadline = int((time.time() + self._function.timeout) * 1000)
        headers = {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": request_id,
            "Lambda-Runtime-Deadline-Ms": str(deadline),
            "Lambda-Runtime-Invoked-Function-Arn": f"{ARN}{self._function.name}",
        }
        return Answer(200, list(headers.items()), event)


class Fleet:
    """The environments of a function, at most so many. They start when an event finds all busy, as on Lambda; and the
    one that was used last is taken first. `log` is as that of `Environment`.
    """

    def __init__(self, function: Function, most: int, log: int | None = None) -> None:
        self._function = function
        self._most = most
        self._log = log
        self._lock = threading.Lock()
        self._environments: list[Environment] = []
        self._idle: list[Environment] = []
        self._waiting: deque[queue.SimpleQueue[Environment]] = deque()

    @property
    def pids(self) -> list[int]:
        """Of the processes that have been started and not replaced."""
        return [each.process.pid for each in self._environments]

    def invoke(self, event: Event) -> Any:
        """As `Environment.invoke`; waits while all are busy, and whoever came first goes first. One that has ended is
        replaced.
        """
        environment = self._take()
        try:
            return environment.invoke(event)
        finally:
            self._give_back(environment)

    def _take(self) -> Environment:
        with self._lock:
            if self._idle:
                return self._idle.pop()
            if len(self._environments) < self._most:
                return self._start()
            turn: queue.SimpleQueue[Environment] = queue.SimpleQueue()
            self._waiting.append(turn)
        return turn.get()

    def _give_back(self, environment: Environment) -> None:
        with self._lock:
            if not environment.alive:
                environment.stop()
                self._environments.remove(environment)
                environment = self._start()
            if self._waiting:
                self._waiting.popleft().put(environment)
            else:
                self._idle.append(environment)

    def _start(self) -> Environment:
        self._environments.append(Environment(self._function, self._log))
        return self._environments[-1]

    def close(self) -> None:
        """Waits for those at work."""
        self._most = len(self._environments)
        for _ in range(self._most):
            self._take().stop()
