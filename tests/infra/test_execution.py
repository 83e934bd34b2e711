"""Functions in Lambda's runtime client: answers, errors, ends, and how events are spread over processes."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from infra.lambda_runtime.execution import Environment, Fleet, Function, FunctionError
from infra.lambda_runtime.package import link_runtime

pytestmark = pytest.mark.skipif(platform.system() != "Linux", reason="awslambdaric is for Linux")

CODE = """
import os, sys, time

def handle(event, context):
    if "path" in event:
        return sys.path
    if "print" in event:
        print(event["print"])
    if event.get("fail"):
        raise ValueError("on purpose")
    if event.get("end"):
        os._exit(3)
    while event.get("for ever"):
        time.sleep(1)
    if "meet" in event:  # until as many processes are here
        open(f"{event['meet']}/{os.getpid()}", "w").close()
        while len(os.listdir(event["meet"])) < event["count"]:
            time.sleep(0.01)
    left = context.get_remaining_time_in_millis()
    told = {"at": time.monotonic(), "process": os.getpid(), "said": event.get("say")}
    return {**told, "name": context.function_name, "left": left}
"""


@pytest.fixture(scope="module")
def function(tmp_path_factory: pytest.TempPathFactory) -> Function:
    folder = tmp_path_factory.mktemp("function")
    (folder / "code").mkdir()
    (folder / "code" / "toy.py").write_text(CODE)
    runtime = link_runtime(folder / "runtime")
    return Function("toy", "toy.handle", folder / "code", runtime, {"MFA_STAGE": "x"}, timeout=5)


@pytest.fixture
def start(function: Function) -> Iterator[Callable[..., Environment]]:
    started: list[Environment] = []

    def start(handler: str = function.handler) -> Environment:
        other = Function("toy", handler, function.code, function.runtime, timeout=1)
        started.append(Environment(other, log=subprocess.DEVNULL))
        return started[-1]

    yield start
    for each in started:
        each.stop()


def test_event_and_context_arrive_and_the_answer_comes_back(start: Callable[..., Environment]) -> None:
    environment = start()

    answers = [environment.invoke({"say": text}) for text in ("ä\u0000€", "again")]

    assert [answer["said"] for answer in answers] == ["ä\u0000€", "again"]
    assert {answer["process"] for answer in answers} == {environment.process.pid}
    assert all(answer["name"] == "toy" and 0 < answer["left"] <= 1000 for answer in answers)


def test_code_comes_first_and_nothing_of_this_python_after_it(
    start: Callable[..., Environment], function: Function
) -> None:
    path = start().invoke({"path": True})

    assert path[:2] == [str(function.code), str(function.runtime)]
    assert not [folder for folder in path[2:] if "site-packages" in folder]


def test_function_that_raises_goes_on_with_the_next_event(start: Callable[..., Environment]) -> None:
    environment = start()

    with pytest.raises(FunctionError, match="ValueError: on purpose"):
        environment.invoke({"fail": True})

    assert environment.invoke({"say": "here"})["said"] == "here"


@pytest.mark.parametrize("handler", ["toy.nothing", "nowhere.handle"])
def test_handler_that_there_is_not_is_told(start: Callable[..., Environment], handler: str) -> None:
    with pytest.raises(FunctionError, match=r"Runtime\.(HandlerNotFound|ImportModuleError)"):
        start(handler).invoke({})


def test_function_that_does_not_answer_in_time_is_ended(start: Callable[..., Environment]) -> None:
    environment = start()

    with pytest.raises(FunctionError, match="no answer within 1 s"):
        environment.invoke({"for ever": True})

    assert not environment.alive


def test_process_that_ended_is_replaced(function: Function) -> None:
    with closing(Fleet(function, most=1)) as fleet:
        before = fleet.invoke({})["process"]
        with pytest.raises(FunctionError, match="ended with status 3"):
            fleet.invoke({"end": True})
        assert fleet.invoke({})["process"] != before


def test_events_at_the_same_time_go_to_a_process_each_and_others_to_one(function: Function, tmp_path: Path) -> None:
    def meet(_: int) -> Any:
        return fleet.invoke({"meet": str(tmp_path), "count": 3})["process"]

    with closing(Fleet(function, most=3)) as fleet, ThreadPoolExecutor(3) as pool:
        assert len(set(pool.map(meet, range(3)))) == 3
        assert len({fleet.invoke({})["process"] for _ in range(6)}) == 1


def test_no_more_processes_than_allowed(function: Function) -> None:
    with closing(Fleet(function, most=2)) as fleet, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: fleet.invoke({"say": number}), range(24)))

    assert [answer["said"] for answer in answers] == list(range(24))
    assert len({answer["process"] for answer in answers}) <= 2


def test_who_came_first_goes_first(function: Function, tmp_path: Path) -> None:
    """Not the one whose event has just been answered, and who comes again."""

    def twice() -> list[Any]:
        return [fleet.invoke(event)["at"] for event in ({"meet": str(tmp_path), "count": 2}, {})]

    with closing(Fleet(function, most=1)) as fleet, ThreadPoolExecutor(2) as pool:
        busy = pool.submit(twice)
        until(lambda: any(tmp_path.iterdir()))
        other = pool.submit(fleet.invoke, {})
        until(lambda: bool(fleet._waiting))
        (tmp_path / "go on").touch()

        first, again = busy.result()
        assert first < other.result()["at"] < again


def until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not happened():
        assert time.monotonic() < deadline
        os.sched_yield()


def test_fleet_tells_its_processes_and_logs_where_it_is_told_to(function: Function, tmp_path: Path) -> None:
    with (tmp_path / "log").open("w") as log, closing(Fleet(function, most=2, log=log.fileno())) as fleet:
        before = fleet.invoke({"print": "here"})["process"]
        assert fleet.pids == [before]
        with pytest.raises(FunctionError):
            fleet.invoke({"end": True})
        assert fleet.pids == [fleet.invoke({})["process"]] != [before]

    assert "here" in (tmp_path / "log").read_text()


def test_closed_fleet_leaves_no_process(function: Function) -> None:
    with closing(Fleet(function, most=1)) as fleet:
        process = fleet.invoke({})["process"]

    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
