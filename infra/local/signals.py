"""Ctrl-C and SIGTERM: the first one asks for an end, a second one ends the process at once."""

import os
import select
import signal
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stop:
    """Takes the signals from when it is made. The handler takes no lock, so a second signal may interrupt it."""

    def __init__(self) -> None:
        self._asked = False
        self._reading, self._writing = os.pipe()
        for each in SIGNALS:
            signal.signal(each, self._handle)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self._asked:
            os._exit(128 + number)  # as a shell says it
        self._asked = True
        os.write(self._writing, b".")

    def wait(self, seconds: float | None = None) -> bool:
        """Wait so long, or for ever, for the first signal; whether it has come by now."""
        return bool(select.select([self._reading], [], [], seconds)[0])
