"""What an import has done so far, beside the export: so that it goes on where it was interrupted."""

from __future__ import annotations

import fcntl
import json
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any, TextIO

BEGUN, DONE, PARTLY, REFUSED = "begun", "done", "partly", "refused"


class Journal:
    """A line for each state of a row: its number in the export, from 1 on, the ids there and here, what was left out.

    It has no address, number or secret. Its first line says into which project the import goes. `states` has the last
    line of each row.
    """

    def __init__(self, path: Path, into: str) -> None:
        """Read what is there, and hold it. A line that an interruption has cut off is passed over."""
        self.path = path
        self.states: dict[int, dict[str, Any]] = {}
        self.noted = ""
        self._lock = Lock()
        self._file = path.open("a+")
        self.is_busy = not _held(self._file)
        self._file.seek(0)
        text = self._file.read()
        for line in text.splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if "into" in entry:
                self.noted = entry["into"]
            else:
                self.states[entry["row"]] = entry
        self.is_elsewhere = self.noted not in ("", into)
        if self.is_busy:
            return
        if text and not text.endswith("\n"):
            self._file.write("\n")
        if not self.noted:
            self._file.write(json.dumps({"into": into}) + "\n")

    def note(self, row: int, state: str, ids: tuple[str, str], why: list[str]) -> None:
        """Write it down before anything else happens."""
        entry = {"row": row, "state": state, "id": ids[0], "newId": ids[1], "why": why}
        with self._lock:
            self._file.write(json.dumps(entry) + "\n")
            self._file.flush()
            self.states[row] = entry

    def is_over(self, row: int) -> bool:
        """Not for a refused one: what was wrong with it may have been mended."""
        return self.states.get(row, {}).get("state") in (DONE, PARTLY)

    def is_of_another(self, row: int, new_id: str) -> bool:
        """Whether the row was somebody else's, who has another id here."""
        noted = self.states.get(row, {}).get("newId")
        return bool(noted) and noted != new_id

    def count(self, state: str) -> int:
        return sum(entry["state"] == state for entry in self.states.values())

    def close(self) -> None:
        self._file.close()


def _held(file: TextIO) -> bool:
    """Whether this process has the file to itself from now on, until it is closed."""
    with suppress(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False
