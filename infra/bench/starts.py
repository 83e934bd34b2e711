"""A cold start: a process of a function that is started for one request."""

from __future__ import annotations

import subprocess
import time
from contextlib import nullcontext
from typing import Any, NamedTuple

from infra.bench.share import cpu_ms, held
from infra.bench.visitor import Visitor
from infra.lambda_runtime.execution import Environment, Function
from infra.lambda_runtime.gateway import ApiGateway


class Cost(NamedTuple):
    """Milliseconds."""

    wall: float
    cpu: float


def cold_start(function: Function, api: dict[str, Any], visitor: Visitor, memory_mb: int = 0) -> Cost:
    """From the start of the process to the answer of GET /account, with as much of a CPU as goes with the memory."""
    call = visitor.request("GET", "/account")
    started = time.perf_counter()
    environment = Environment(function, log=subprocess.DEVNULL)
    pid = environment.process.pid
    try:
        with held(pid, memory_mb) if memory_mb else nullcontext():
            answer = ApiGateway(api, environment.invoke).respond(call)
            cost = Cost((time.perf_counter() - started) * 1000, cpu_ms(pid))
    finally:
        environment.stop()
    if answer.status != 200:
        raise RuntimeError(f"{function.name}: {answer.status} {answer.body!r}")
    return cost
