"""The picture of a load run, as SVG."""

from __future__ import annotations

from pathlib import Path

import matplotlib
from matplotlib import pyplot

from infra.load.record import Record

WINDOW_SECONDS = 5.0

matplotlib.use("svg")
matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "load", "axes.grid": True, "grid.alpha": 0.3})


def draw(record: Record, title: str, file: Path) -> None:
    """Requests a second, latencies and memory, one above the other."""
    windows = record.windows(WINDOW_SECONDS)
    ends = [each.end for each in windows]
    figure, (rate, latency, memory) = pyplot.subplots(3, 1, sharex=True, figsize=(8, 8), layout="constrained")
    figure.suptitle(title)
    rate.plot(ends, [each.rate for each in windows])
    rate.set_ylabel("requests a second")
    for name in ("p50", "p95", "p99"):
        latency.plot(ends, [getattr(each, name) for each in windows], label=name)
    latency.set_ylabel("latency, ms")
    for name, points in record.memory.items():
        memory.plot([point.at for point in points], [point.value for point in points], label=name)
    memory.set_ylabel("memory of each process, MB")
    memory.set_xlabel("seconds")
    latency.legend(loc="upper right", ncols=3)
    memory.legend(loc="lower right", ncols=5)
    for axes in (rate, latency, memory):
        axes.set_ylim(bottom=0)
    figure.savefig(file, metadata={"Date": None})
    pyplot.close(figure)
