"""What a sign-in takes and costs by the memory that the functions are given, which is by the part of a CPU."""

from __future__ import annotations

import math
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from infra.bench.share import WHOLE_CPU_MB, held
from infra.bench.starts import cold_start
from infra.bench.visitor import Visitor
from infra.lambda_runtime.execution import Environment, Function
from infra.lambda_runtime.gateway import ApiGateway

SIZES = (256, 512, 1024, WHOLE_CPU_MB)
SIGN_INS = 10
COLD_STARTS = 5
DOLLARS = 16.67
"""For a million GB-seconds on x86_64 in us-east-1, as in the table of costs in infra/README.md."""


class Size(NamedTuple):
    """Medians, in milliseconds; `billed` is the sum of a sign-in's five requests."""

    memory_mb: int
    cold_start: float
    billed: float
    peak_mb: float

    def __str__(self) -> str:
        dollars = self.memory_mb / 1024 * self.billed / 1000 * DOLLARS
        return (
            f"{self.memory_mb:5} MB: cold start {self.cold_start:.0f} ms; sign-in {self.billed:.0f} ms billed, "
            f"{dollars:.2f} USD a million; {self.peak_mb:.0f} MB used"
        )


def sizes(function: Function, api: dict[str, Any], first: int) -> Iterator[Size]:
    """Each size with visitors of its own, numbered from `first` on: a step of an authenticator is taken once."""
    for memory_mb in SIZES:
        yield measure(function, api, memory_mb, first)
        first += SIGN_INS


def measure(function: Function, api: dict[str, Any], memory_mb: int, first: int) -> Size:
    environment = Environment(function, log=subprocess.DEVNULL)
    times: list[float] = []

    def invoke(event: Any) -> Any:
        started = time.perf_counter()
        answer = environment.invoke(event)
        times.append((time.perf_counter() - started) * 1000)
        return answer

    visitors = [Visitor(ApiGateway(api, invoke).respond, number) for number in range(first, first + SIGN_INS)]
    for visitor in visitors:
        visitor.enrol()
    billed = []
    with held(environment.process.pid, memory_mb):
        for visitor in visitors:
            times.clear()
            visitor.sign_in()
            billed.append(sum(map(math.ceil, times)))
    peak = peak_mb(environment.process.pid)
    environment.stop()
    cold = [cold_start(function, api, visitors[0], memory_mb).wall for _ in range(COLD_STARTS)]
    return Size(memory_mb, median(cold), median(billed), peak)


def peak_mb(pid: int) -> float:
    return _status_mb(pid, "VmHWM")


def resident_mb(pid: int) -> float:
    return _status_mb(pid, "VmRSS")


def _status_mb(pid: int, name: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    [kilobytes] = [int(line.split()[1]) for line in lines if line.startswith(f"{name}:")]
    return kilobytes / 1024
