"""The same moment for every request and every job, in a fresh process, with one call of AWS going wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

from chalice.local import LambdaContext

from chalicelib.runtime import container
from tests.conftest import Stack
from tests.faults.aws import Call, Fault, Kept, Observed, contents, observing
from tests.faults.stage import Repeating, Salted, Stage
from tests.routes import Act, Route
from tests.support.api import Answer, Api


class Request(NamedTuple):
    """One of the requests that do all that a route can do."""

    route: Route
    act: Act


class Run(NamedTuple):
    """What a request came to: its answer, the calls, what was sent, and what the tables hold then."""

    answer: Answer
    calls: list[Call]
    sent: list[str]
    tables: dict[str, Any]


class Taken(NamedTuple):
    """What came of a job: what it raised, so that the queue hands it out again, and as of a request."""

    error: Exception | None
    calls: list[Call]
    sent: list[str]
    tables: dict[str, Any]


class Scene:
    """The same moment for every request, and every process a fresh one."""

    def __init__(self, api: Api, stack: Stack, stage: Stage) -> None:
        self._api, self._clients, self._stage = api, stack.clients, stage
        self._kept = Kept()
        self.before = contents()

    @contextmanager
    def set(self) -> Iterator[None]:
        """Everything is as it was, and the process that answers has nothing in its caches."""
        self._kept.put_back()
        container.reset()
        replaced = {
            "clock": lambda: self._stage.time,
            "random": Repeating(),
            "argon2": Salted(time_cost=1, memory_cost=8, parallelism=1),
            "sleep": lambda seconds: None,
        }
        with ExitStack() as overrides:
            for name, value in replaced.items():
                overrides.enter_context(container.override(name, value))
            yield

    def run(self, request: Request, number: int = -1, fault: Fault | None = None, *, erasing: bool = True) -> Run:
        """The request of a row, and what it hands over to be erased; of its calls the one of that number goes wrong."""
        with observing(self._clients, Observed(number, fault)) as observed:
            answer = self._stage.call(self._api, request.route, request.act)
        for call in observed.calls:
            if erasing and call.is_erasure:
                self.take(json.loads(call.parameters["MessageBody"]))
        return Run(answer, observed.calls, observed.sent, contents())

    def follow_the_newest_link(self, request: Request) -> Answer:
        """The request of a row with the secret that was mailed last."""
        self._stage.note_the_newest_link()
        return self.run(request).answer

    def type_the_newest_code(self, request: Request) -> Answer:
        """The same with the code."""
        self._stage.note_the_newest_code()
        return self.run(request).answer

    def take(self, job: dict[str, Any], number: int = -1, fault: Fault | None = None) -> Taken:
        """The queue's function takes the job."""
        from app import app

        event = {"Records": [{"body": json.dumps(job), "receiptHandle": "x"}]}
        error = None
        with observing(self._clients, Observed(number, fault)) as observed:
            try:
                app.handler_map["mail"](event, LambdaContext("mail", 1024, 60_000))
            except Exception as raised:
                error = raised
        return Taken(error, observed.calls, observed.sent, contents())
