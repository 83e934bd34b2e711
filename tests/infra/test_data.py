"""`make data`: what the data files are made from."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from zipfile import ZipFile

import pytest

from infra.data import __main__ as data
from infra.data import common_passwords, mail_domains, world
from infra.data.wheels import fetched


@pytest.mark.parametrize("sources", [common_passwords.SOURCES, mail_domains.SOURCES.values(), world.SOURCES])
def test_sources_are_taken_by_their_hash(sources: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[list[str]] = []
    lines: list[str] = []

    def run(command: list[str], **how: object) -> None:
        called.append(command)
        folder = Path(command[command.index("--dest") + 1])
        lines.extend((folder / "requirements.txt").read_text().splitlines())
        for line in reversed(lines):
            name = line.partition("==")[0]
            with ZipFile(folder / f"{name.replace('-', '_')}-0-py3-none-any.whl", "w") as wheel:
                wheel.writestr(name, "")

    monkeypatch.setattr("subprocess.run", run)
    with fetched(*sources) as wheels:
        found = [wheel.namelist() for wheel in wheels]

    assert {"--require-hashes", "--no-deps", "--only-binary=:all:"} <= set(called[0])
    assert all("==" in line and " --hash=sha256:" in line for line in lines)
    assert found == [[line.partition("==")[0]] for line in sources]


@pytest.mark.parametrize(("only", "made"), [([], list(data.MAKERS)), (["--only", "world"], ["world"])])
def test_all_are_made_or_one(only: list[str], made: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    for name in data.MAKERS:
        monkeypatch.setitem(data.MAKERS, name, partial(done.append, name))

    data.main(only)

    assert done == made
