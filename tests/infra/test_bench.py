"""`make bench` says of each figure whether its bound is met, and ends accordingly."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.bench import __main__ as bench
from infra.bench.figure import Figure
from infra.bench.share import WHOLE_CPU_MB, held


@pytest.mark.parametrize(("values", "status"), [([1.0, 2.0], 0), ([1.0, 2.01], 1), ([3.0, 3.0], 1)])
def test_a_bound_that_is_missed_is_said_and_ends_with_one(
    values: list[float], status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def measure(folder: Path, work: Path) -> Iterator[Figure]:
        yield from (Figure("it", value, "ms", 2.0, "once") for value in values)

    monkeypatch.setattr(bench, "measure", measure)
    monkeypatch.setattr("platform.system", lambda: "Linux")

    assert bench.main(Path("build")) == status

    told = capsys.readouterr()
    assert [line.split()[0] for line in told.out.splitlines()] == [
        "met" if value <= 2 else "MISSED" for value in values
    ]
    assert ("missed" in told.err) == bool(status)


@pytest.mark.skipif(sys.platform != "linux", reason="the bench reads /proc, and says so elsewhere")
def test_process_gets_the_part_of_a_cpu_that_goes_with_its_memory() -> None:
    busy = "import time\nwhile time.process_time() < 0.2: pass"
    started = time.perf_counter()
    with subprocess.Popen([sys.executable, "-S", "-c", busy]) as process, held(process.pid, WHOLE_CPU_MB // 4):
        status = process.wait(timeout=30)

    assert status == 0
    assert time.perf_counter() - started > 0.2 * 4 * 0.8
