"""Java libraries for tests: what a `pom.xml` names, each with the hash that stands in the `SHA256SUMS` beside it."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

STAMP = ".fetched"


def fetch(pom: Path, folder: Path) -> None:
    """Fill the folder, once for each state of both files. `CalledProcessError` where Maven fails."""
    sums = pom.with_name("SHA256SUMS")
    stamp, wanted = folder / STAMP, pom.read_text() + sums.read_text()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print(f"Fetching the libraries of {pom.parent.name} (once) ...", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    goal = ["dependency:copy-dependencies", f"-DoutputDirectory={folder}"]
    subprocess.run(["mvn", "--quiet", "--batch-mode", "--file", str(pom), *goal], check=True)
    if _sums(folder) != set(sums.read_text().splitlines()):
        raise SystemExit(
            f"{folder} has other files than {sums} names. If {pom.name} has changed: cd {folder} && sha256sum * >{sums}"
        )
    stamp.write_text(wanted)


def _sums(folder: Path) -> set[str]:
    """The lines that sha256sum writes."""
    return {f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}" for file in folder.iterdir()}
