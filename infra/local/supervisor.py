"""Keeps one child process serving the app, and replaces it when the app's code changes."""

import os
import select
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from infra.local.clock import Clock

ROOT = Path(__file__).parents[2]

Snapshot = dict[str, int]

_READ_ONCE = {".py", ".js", ".css", ".html", ".json"}
"""Files that the app reads once: code, and what its pages and messages are made of."""


class Supervisor:
    """The listening sockets stay open in this process: while a child is replaced, clients wait instead of
    being refused.
    """

    def __init__(
        self, sockets: Sequence[socket.socket], clock: Clock, environment: Mapping[str, str], root: Path = ROOT
    ) -> None:
        self._sockets = sockets
        self._clock = clock
        self._environment = environment
        self._root = root
        self._child: subprocess.Popen[bytes] | None = None
        self._news: BinaryIO | None = None
        self._seen: Snapshot = {}

    def start(self) -> None:
        descriptors = [each.fileno() for each in self._sockets]
        self._seen = snapshot(self._root)
        news, serves = os.pipe()
        self._news = os.fdopen(news, "rb", buffering=0)
        self._child = subprocess.Popen(
            [sys.executable, "-m", "infra.local.serve"],
            cwd=self._root,
            env={
                **self._environment,
                "LOCAL_SOCKETS": ",".join(map(str, descriptors)),
                "LOCAL_CLOCK": str(self._clock.fileno()),
                "LOCAL_SERVES": str(serves),
            },
            stdin=subprocess.PIPE,
            start_new_session=True,  # else Ctrl-C would reach it too, in the middle of its imports perhaps
            pass_fds=[*descriptors, self._clock.fileno(), serves],
        )
        os.close(serves)

    def stop(self) -> None:
        """The end of its input ends the child; one that hangs is killed."""
        if self._child is None:
            return
        if self._child.stdin is not None:
            self._child.stdin.close()
        try:
            self._child.wait(timeout=3)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._child = None
        if self._news is not None:
            self._news.close()

    def serves(self) -> bool:
        """Whether the child has begun to serve the app since this was last asked. One whose code is broken does not."""
        return self._news is not None and self._child is not None and _read_at_once(self._news) != b""

    def check(self) -> None:
        """To be called every now and then: restarts after a change, and notes a child that died, to be tried
        at the next change.
        """
        if snapshot(self._root) != self._seen:
            print("Code changed: restarting the app (data stays).", flush=True)
            self.stop()
            self.start()
        elif self._child is not None and self._child.poll() is not None:
            status = self._child.returncode
            print(f"The app ended with status {status}; it is tried again at the next change.", flush=True)
            self.stop()


def _read_at_once(pipe: BinaryIO) -> bytes:
    """What there is to read, without waiting for more."""
    return pipe.read(1) if select.select([pipe], [], [], 0)[0] else b""


def snapshot(root: Path) -> Snapshot:
    """The modification times of the app's files; comparing them needs no dependency and works on every file
    system.
    """
    of_app = (file for file in (root / "chalicelib").rglob("*") if file.suffix in _READ_ONCE)
    files = [root / "app.py", *of_app]
    return {str(file): _modified(file) for file in files}


def _modified(file: Path) -> int:
    try:
        return file.stat().st_mtime_ns
    except FileNotFoundError:  # deleted since it was listed
        return 0
