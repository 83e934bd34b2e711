"""`python -m tests.mutants`: do the tests of chalicelib/security and chalicelib/factors notice a change of that code?

mutmut makes one small change at a time inside a function and runs the tests beside it that pass through there, the
quick ones first, until one is red. It leaves out what stands outside of functions, and decorated functions. All of it
happens in a copy in build/mutants. Prints the score and every change that no test noticed. Ends within MINUTES, with 1
if less than LEAST percent were noticed; a change that was not tried counts as not noticed.

pyproject.toml has its settings.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).parents[2]
COPY = ROOT / "build" / "mutants"
COPIED = ("app.py", "pyproject.toml", ".chalice", "chalicelib", "infra", "tests")
LEFT_OUT = ("__pycache__", "node_modules", "deployed", "deployments")
MUTMUT = Path(sys.executable).with_name("mutmut")
MINUTES = 40
LEAST = 90
NOTICED = {"killed", "timeout"}
"""A test went red, or something never ended."""


def main(names: list[str]) -> int:
    make_copy()
    with suppress(subprocess.TimeoutExpired):
        subprocess.run([MUTMUT, "run", "--max-children", "1", *names], cwd=COPY, timeout=MINUTES * 60, check=False)
    outcomes = read_outcomes(names)
    for name, outcome in outcomes.items():
        if outcome not in NOTICED:
            print("\n".join(line for line in mutmut("show", name) if line.startswith(("# ", "- ", "+ "))))
    counts = Counter(outcomes.values())
    score = 100 * sum(counts[outcome] for outcome in NOTICED) / max(1, counts.total())
    print(", ".join(f"{count} {outcome}" for outcome, count in counts.most_common()))
    print(f"Score: {score:.1f} % of {counts.total()}; at least {LEAST} % is wanted.")
    return 0 if score >= LEAST else 1


def make_copy() -> None:
    shutil.rmtree(COPY, ignore_errors=True)
    COPY.mkdir(parents=True)
    for name in COPIED:
        if (ROOT / name).is_file():
            shutil.copy(ROOT / name, COPY / name)
        else:
            shutil.copytree(ROOT / name, COPY / name, ignore=shutil.ignore_patterns(*LEFT_OUT))


def read_outcomes(names: list[str]) -> dict[str, str]:
    """What became of each mutant, by its name; `names` are patterns as mutmut takes them, none for all."""
    lines = (line.split(": ") for line in mutmut("results", "--all", "true") if ": " in line)
    found = {name.strip(): outcome for name, outcome in lines}
    return {name: outcome for name, outcome in found.items() if not names or any(fnmatch(name, each) for each in names)}


def mutmut(*words: str) -> list[str]:
    """The lines that mutmut prints."""
    done = subprocess.run([MUTMUT, *words], cwd=COPY, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
