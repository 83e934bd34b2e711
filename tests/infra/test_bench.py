"""`make bench` says of each figure whether its bound is met, and ends accordingly."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.bench import __main__ as bench
from infra.bench.__main__ import Figure


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
