"""Notes every AWS call that the app makes during a run of the suite, and holds it against the policy of each stage.

A call that a policy refuses fails any run. A grant that nothing uses fails the run of the whole suite, once its tests
have passed: only then is everything known that the app does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import botocore.session
import pytest

from infra.deploy.stage import Stage, read
from tests.rules.permissions import OF_LAMBDA, OF_TRACES, PREFIX, SENDER, Need, needs, refused, unused

STAGES = ("dev", "prod")


class Recording:
    """A plugin of pytest. With xdist each worker has one, and that of the controller gathers what they noted."""

    def __init__(self) -> None:
        self._calls: set[Need] = set()
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
        for need in found:
            key, value = need.context
            value = SENDER if sender and value == sender else value.replace(prefix, PREFIX)
            self._calls.add(Need(need.action, need.resource.replace(prefix, PREFIX), (key, value)))

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        noted = getattr(node, "workeroutput", {}).get("calls", [])  # a worker that crashed has put out nothing
        self._calls |= {Need(action, resource, tuple(context)) for action, resource, context in noted}

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput["calls"] = [list(call) for call in self._calls]
            return
        whole = session.exitstatus == pytest.ExitCode.OK and _is_whole(session.config)
        self._complaints = [line for name in STAGES for line in complaints(read(name), self._calls, whole)]
        if self._complaints:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

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


def complaints(stage: Stage, calls: set[Need], whole: bool) -> list[str]:
    """What is wrong with a stage's policy, given the calls that were made."""
    wanted = {_at(stage, call) for call in calls} | (OF_TRACES if stage.xray else set())
    file = f"policy-{stage.name}.json"
    found = [f"{file} does not grant {need.action} on {need.resource}" for need in refused(stage.policy, wanted)]
    if whole:
        wanted |= {_at(stage, need) for need in OF_LAMBDA}
        found += [f"{file} grants what is never used: {grant}" for grant in unused(stage.policy, wanted)]
    return found


def _at(stage: Stage, need: Need) -> Need:
    key, value = need.context
    value = stage.sender if value == SENDER else value.replace(PREFIX, stage.prefix)
    return Need(need.action, need.resource.replace(PREFIX, stage.prefix), (key, value))


def _is_whole(config: pytest.Config) -> bool:
    narrowing = ("keyword", "markexpr", "deselect", "ignore", "ignore_glob", "lf")
    narrowed = any(config.getoption(name, None) for name in narrowing)
    return config.args_source is pytest.Config.ArgsSource.TESTPATHS and not narrowed
