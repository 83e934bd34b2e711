"""What an import has done so far, beside the export: so that it goes on where it was interrupted."""

from __future__ import annotations

import json
from pathlib import Path
from threading import Lock
from typing import Any

BEGUN, DONE, PARTLY, REFUSED = "begun", "done", "partly", "refused"


class Journal:
    """A line for each state of a row: its number in the export, from 1 on, the ids there and here, what was left out.

    It has no address, number or secret. Its first line says into which project the import goes. `states` has the last
    line of each row.
    """

    def __init__(self, path: Path, into: str) -> None:
        """Read what is there. A line that an interruption has cut off is passed over."""
        self.path = path
        self.states: dict[int, dict[str, Any]] = {}
        self.noted = ""
        self._lock = Lock()
        text = path.read_text() if path.exists() else ""
        for line in text.splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if "into" in entry:
                self.noted = entry["into"]
            else:
                self.states[entry["row"]] = entry
        self._file = path.open("a")
        if text and not text.endswith("\n"):
            self._file.write("\n")
        if not self.noted:
            self._file.write(json.dumps({"into": into}) + "\n")
        self.is_elsewhere = self.noted not in ("", into)

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
