"""`python -m tests.quick ROOM`: what a change in a room can break first, in under a minute.

These are the tests in the room's own folder, those of the rooms above it for the same nouns (its files and what they
import are named alike on each floor), and the rules. Races, faults, deployments, SDKs and pages are for the whole run.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.rules.test_layers import ROOMS
from tests.support.files import ROOT

TESTS = ROOT / "tests"
SLOW = "not race and not sdk and not deployed and not browser"


def above(room: str) -> set[str]:
    """The rooms that may use this one, directly or not."""
    found = {name for name, used in ROOMS.items() if room in used.split()}
    return found.union(*(above(name) for name in found))


def nouns(room: str) -> set[str]:
    """What the room's files are named for, in the singular, and the room itself."""
    names = {path.stem for path in (ROOT / "chalicelib" / room).rglob("*.py")} - {"__init__"}
    return {name.removesuffix("s") for name in {*names, room}}


def selected(room: str) -> list[Path]:
    """Folders and files of tests, the room's own first."""
    own = TESTS / room
    starts = tuple(f"test_{noun}" for noun in nouns(room))
    others = {
        path for name in above(room) for path in (TESTS / name).rglob("test_*.py") if path.stem.startswith(starts)
    }
    return [own, *sorted(others), TESTS / "rules"]


def main(room: str) -> int:
    known = sorted(path.name for path in TESTS.iterdir() if any(path.glob("**/test_*.py")))
    if room not in known:
        print(f"There is no room {room!r}. There are: {', '.join(known)}.")
        return 2
    paths = [str(path.relative_to(ROOT)) for path in selected(room)]
    options = ["-q", "-m", SLOW, "--numprocesses", "2", "--dist", "worksteal", "--durations", "5"]
    return subprocess.run([sys.executable, "-m", "pytest", *options, *paths], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
