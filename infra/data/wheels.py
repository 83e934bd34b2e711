"""Packages whose data are kept in `chalicelib`: fetched by their hashes, and not installed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

OPTIONS = ("--quiet", "--require-hashes", "--no-deps", "--only-binary=:all:")


@contextmanager
def fetched(*pinned: str) -> Iterator[list[ZipFile]]:
    """The wheels of these lines of a requirements.txt, in their order. pip checks them against their hashes."""
    with TemporaryDirectory() as folder:
        wanted = Path(folder) / "requirements.txt"
        wanted.write_text("\n".join(pinned))
        command = [sys.executable, "-m", "pip", "download", *OPTIONS, "--dest", folder, "--requirement", str(wanted)]
        subprocess.run(command, check=True)
        names = (line.partition("==")[0].replace("-", "_") for line in pinned)
        yield [ZipFile(next(Path(folder).glob(f"{name}-*.whl"))) for name in names]
