"""The local server's time: the machine's, and by how much the console has moved it forwards."""

import os
import time
from tempfile import TemporaryFile
from typing import BinaryIO

MOST = 10 * 366 * 86_400
"""Seconds ahead: longer than anything lasts."""


class Clock:
    """Stands in for `time.time`. By how much it is ahead is in a file without a name, which the process that lasts
    opens and the one that runs the app is handed. So a restart of the app does not turn it back.
    """

    def __init__(self, descriptor: int | None = None) -> None:
        self._file = _file() if descriptor is None else os.fdopen(descriptor, "r+b", buffering=0)

    def __call__(self) -> float:
        return time.time() + self.ahead

    @property
    def ahead(self) -> int:
        """In seconds."""
        return int(os.pread(self.fileno(), _DIGITS, 0) or 0)

    def move(self, ahead: int) -> None:
        """Not below 0, and not beyond MOST."""
        os.pwrite(self.fileno(), f"{ahead:0{_DIGITS}}".encode(), 0)

    def fileno(self) -> int:
        return self._file.fileno()

    def close(self) -> None:
        self._file.close()


_DIGITS = len(str(MOST))


def _file() -> BinaryIO:
    return TemporaryFile(buffering=0)
