"""A process with a part of a CPU, as Lambda gives it: by its memory, in periods in which it may use its part at once.

Linux calls that CFS bandwidth control. Here another thread looks at the process every millisecond and stops it for the
rest of a period whose part is used up, which needs no rights.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

WHOLE_CPU_MB = 1769
"""Of memory, for one whole CPU ("Configure Lambda function memory", Lambda developer guide)."""

PERIOD = 0.02
LOOK = 0.001
"""Seconds. The period is not in the guide; Lambda's kernel is seen to have this one."""


def cpu_ms(pid: int) -> float:
    """What all threads of the process have used so far."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e6


@contextmanager
def held(pid: int, memory_mb: int) -> Iterator[None]:
    """Inside the block the process has the part of a CPU that goes with so much memory."""
    over = threading.Event()
    keeper = threading.Thread(target=_hold, args=(pid, memory_mb / WHOLE_CPU_MB, over), daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join()


def _hold(pid: int, part: float, over: threading.Event) -> None:
    with suppress(FileNotFoundError, ProcessLookupError):  # it has ended
        while not over.is_set():
            _hold_for_a_period(pid, part * PERIOD * 1000)


def _hold_for_a_period(pid: int, allowed_ms: float) -> None:
    end, before = time.perf_counter() + PERIOD, cpu_ms(pid)
    while (left := end - time.perf_counter()) > 0:
        if cpu_ms(pid) - before >= allowed_ms:
            os.kill(pid, signal.SIGSTOP)
            time.sleep(left)
            os.kill(pid, signal.SIGCONT)
            return
        time.sleep(min(LOOK, left))
