"""What a load run has seen, and what it must have been like."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import linear_regression, quantiles
from typing import NamedTuple

from infra.bench.figure import Figure
from infra.local.http_server import Answer, Call, Respond

GROWTH_BOUND = 0.5
"""Megabytes in a minute."""
SHOWN = 10
"""Of the failures, the first."""


class Point(NamedTuple):
    """`at` is in seconds since the run began; the value is a latency in milliseconds, or megabytes."""

    at: float
    value: float


class Window(NamedTuple):
    """So many requests a second, and their latencies in milliseconds, until `end` in seconds since the run began."""

    end: float
    rate: float
    p50: float
    p95: float
    p99: float


class Record:
    """Begins when it is made. Threads may add to it at the same time."""

    def __init__(self, now: Callable[[], float] = time.perf_counter) -> None:
        self._now = now
        self._begun = now()
        self._lock = threading.Lock()
        self.latencies: list[Point] = []
        self.memory: dict[str, list[Point]] = defaultdict(list)
        self.failures: list[str] = []
        self.sign_ins = 0
        self.sign_ups = 0

    @property
    def seconds(self) -> float:
        return self._now() - self._begun

    def timed(self, respond: Respond) -> Respond:
        """The same, with each latency noted as the client has it."""

        def timed(call: Call) -> Answer:
            begun = self.seconds
            answer = respond(call)
            ended = self.seconds
            self.latencies.append(Point(ended, (ended - begun) * 1000))
            return answer

        return timed

    @contextmanager
    def watching(self) -> Iterator[None]:
        """What fails inside the block is noted, and the run goes on."""
        try:
            yield
        except Exception as error:
            self.failures.append(f"{self.seconds:.0f} s: {error}")

    def signed_in(self) -> None:
        with self._lock:
            self.sign_ins += 1

    def signed_up(self) -> None:
        with self._lock:
            self.sign_ups += 1

    def windows(self, seconds: float) -> list[Window]:
        """What the clients have seen, in windows of so many seconds; the last one, if it is not whole, is left out."""
        found: dict[int, list[float]] = defaultdict(list)
        for at, latency in self.latencies:
            found[int(at // seconds)].append(latency)
        whole = range(int(self.latencies[-1].at // seconds)) if self.latencies else range(0)
        return [Window((each + 1) * seconds, len(found[each]) / seconds, *percentiles(found[each])) for each in whole]


def percentiles(values: list[float]) -> tuple[float, float, float]:
    """The 50th, 95th and 99th; 0 of nothing."""
    if len(values) < 2:
        return (values[0],) * 3 if values else (0.0, 0.0, 0.0)
    cut = quantiles(values, n=100, method="inclusive")
    return cut[49], cut[94], cut[98]


def growth(points: list[Point], warm_up: float) -> float:
    """Megabytes in a minute, by the line that fits best what was seen after so many seconds."""
    later = [point for point in points if point.at >= warm_up]
    return linear_regression([at for at, _ in later], [value for _, value in later]).slope * 60


def figures(record: Record, warm_up: float) -> Iterator[Figure]:
    """What must hold: no failure, and no process whose memory grows once it is warm."""
    yield Figure("failures", len(record.failures), "", 0, f"of {len(record.latencies)} requests")
    for name, points in record.memory.items():
        detail = f"from {points[0].value:.1f} to {points[-1].value:.1f} MB; after {warm_up:g} s"
        yield Figure(f"growth of {name}", growth(points, warm_up), "MB a minute", GROWTH_BOUND, detail)


def report(record: Record, warm_up: float) -> int:
    """Print what was seen, and what must hold; 1 when something does not."""
    latencies = [latency for _, latency in record.latencies]
    rate = len(latencies) / max((at for at, _ in record.latencies), default=1.0)
    print(f"{len(latencies)} requests, {rate:.1f} a second: {record.sign_ins} sign-ins, {record.sign_ups} sign-ups")
    print("latency as a client has it: p50 {:.0f} ms, p95 {:.0f} ms, p99 {:.0f} ms".format(*percentiles(latencies)))
    for failure in record.failures[:SHOWN]:
        print(failure)
    found = list(figures(record, warm_up))
    for figure in found:
        print(figure)
    return int(not all(figure.met for figure in found))
