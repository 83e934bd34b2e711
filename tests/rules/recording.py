"""Notes every AWS call of each function during a run of the suite, and holds it against the function's policies.

A call that a policy refuses fails any run, and so does a grant of what is forbidden. A grant that nothing uses fails
the run of the whole suite, once its tests have passed: only then is everything known that the app does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from dataclasses import replace
from typing import Any, NamedTuple

import botocore.session
import pytest
from chalice.app import Chalice, SQSEvent

from infra.deploy import policies
from infra.deploy.stage import FUNCTIONS, Stage, read
from tests.rules.permissions import (
    OF_TRACES,
    PREFIX,
    SENDER,
    Context,
    Need,
    forbidden,
    granted,
    needs,
    of_lambda,
    refused,
    unused,
)

STAGES = ("dev", "prod")


def sending(name: str) -> Stage:
    """A stage that sends SMS as well as mails, so that its policies grant all that the app can do."""
    stage = read(name)
    environment = {**stage.environment, "MFA_SMS": "on", "MFA_SMS_COUNTRIES": "DE"}
    granted = policies.rendered(name, environment, stage.xray)
    return replace(stage, environment=environment, policies=granted)


_function: ContextVar[str] = ContextVar("function", default="")
"""Which function is at work; none while a test uses the app's code by itself, or does what is the operator's."""


class Call(NamedTuple):
    function: str
    need: Need


class Recording:
    """A plugin of pytest. With xdist each worker has one, and that of the controller gathers what they noted."""

    def __init__(self) -> None:
        self._calls: set[Call] = set()
        self._complaints: list[str] = []

    def session(self, prefix: str, sender: str) -> botocore.session.Session:
        """A session whose clients' calls are noted; `prefix` and `sender` are this run's and stand for any stage's."""
        session = botocore.session.Session()

        def note(**call: Any) -> None:
            model = call["model"]
            self._note(needs(model.service_model.service_name, model.name, call["params"]), prefix, sender)

        session.register("provide-client-params", note)
        return session

    def dynamodb(self, client: Any, prefix: str) -> Any:
        """The client, its calls noted as well."""
        return _Noted(client, lambda operation, call: self._note(needs("dynamodb", operation, call), prefix))

    def _note(self, found: set[Need], prefix: str, sender: str = "") -> None:
        if _function.get():
            self._calls |= {Call(_function.get(), _replaced(need, {prefix: PREFIX, sender: SENDER})) for need in found}

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        noted = getattr(node, "workeroutput", {}).get("calls", [])  # a worker that crashed has put out nothing
        self._calls |= {
            Call(function, Need(action, resource, tuple((key, tuple(values)) for key, values in context)))
            for function, (action, resource, context) in noted
        }

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput["calls"] = [(call.function, tuple(call.need)) for call in self._calls]
            return
        whole = session.exitstatus == pytest.ExitCode.OK and _is_whole(session.config)
        self._complaints = [
            line
            for name in STAGES
            for function in FUNCTIONS
            for line in complaints(sending(name), function, self.calls(function), whole)
        ]
        if self._complaints:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @contextmanager
    def apart(self) -> Iterator[None]:
        """In the `with` block nothing is seen of what was noted before. All is kept in the end."""
        before, self._calls = self._calls, set()
        try:
            yield
        finally:
            self._calls |= before

    def calls(self, function: str) -> set[Need]:
        """What a function has been seen to do."""
        return {call.need for call in self._calls if call.function == function}

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._complaints:
            terminalreporter.section("permissions", red=True)
            for line in self._complaints:
                terminalreporter.write_line(line)


class _Noted:
    def __init__(self, client: Any, note: Callable[[str, dict[str, Any]], None]) -> None:
        self._client, self._note = client, note

    def __getattr__(self, name: str) -> Any:
        def call(**parameters: Any) -> Any:
            self._note("".join(map(str.capitalize, name.split("_"))), parameters)
            return getattr(self._client, name)(**parameters)

        return call


def tell_functions_apart(app: Chalice) -> None:
    """Let the app's calls be noted as those of the function that makes them."""

    def work(event: Any, get_response: Callable[[Any], Any]) -> Any:
        with acting("mail" if isinstance(event, SQSEvent) else "api"):
            return get_response(event)

    app.register_middleware(work, "all")


@contextmanager
def acting(function: str) -> Iterator[None]:
    """What is done in the `with` block is done by that function."""
    before = _function.set(function)
    try:
        yield
    finally:
        _function.reset(before)


class Threads(ThreadPoolExecutor):
    """Those of `threads.together`, which work for the function that has started them."""

    def __init__(self) -> None:
        super().__init__(max_workers=16, thread_name_prefix="together")

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        return super().submit(copy_context().run, function, *arguments, **named)


def complaints(stage: Stage, function: str, calls: set[Need], whole: bool) -> list[str]:
    """What is wrong with a stage's policy for a function, given the calls that it has made."""
    policy, file = stage.policies[function], f"policy-{stage.name}-{function}.json"
    wanted = {_at(stage, need) for need in calls | (of_lambda(function) if whole else set())}
    wanted |= OF_TRACES if stage.xray else set()
    never = {_at(stage, need) for need in forbidden(function)}
    found = [f"{file} does not grant {_told(need)}" for need in refused(policy, wanted)]
    found += [f"{file} grants what is forbidden: {_told(need)}" for need in granted(policy, never)]
    if whole:
        found += [f"{file} grants what is never used: {grant}" for grant in unused(policy, wanted)]
    return found


def _told(need: Need) -> str:
    context = ", ".join(f"{key} {' and '.join(values)}" for key, values in need.context)
    return f"{need.action} on {need.resource}" + (f" ({context})" if context else "")


def _at(stage: Stage, need: Need) -> Need:
    return _replaced(need, {PREFIX: stage.prefix, SENDER: stage.sender})


def _replaced(need: Need, words: dict[str, str]) -> Need:
    """The need with these parts of its resource and its context in other words."""

    def said(text: str) -> str:
        for before, after in words.items():
            text = text.replace(before, after) if before else text
        return text

    context: Context = tuple((key, tuple(map(said, values))) for key, values in need.context)
    return Need(need.action, said(need.resource), context)


def _is_whole(config: pytest.Config) -> bool:
    narrowing = ("keyword", "markexpr", "deselect", "ignore", "ignore_glob", "lf")
    narrowed = any(config.getoption(name, None) for name in narrowing)
    return config.args_source is pytest.Config.ArgsSource.TESTPATHS and not narrowed
