"""What Chalice is given to pack, with a package of three files in the place of those on PyPI."""

from __future__ import annotations

import json
import marshal
import subprocess
import sys
import zipfile
from importlib.util import cache_from_source
from pathlib import Path

import pytest

from infra.deploy.build import ARGON2_LOCK, PYTHON, SUFFIXES, build, needed_glibc, wheels
from infra.deploy.stage import Refused

REQUIREMENTS = "thing==1.0\n"
TOOLS = "# none\n"
WHEEL = {
    "thing/__init__.py": "SAID = 'hello'\n",
    "thing/__init__.pyi": "SAID: str\n",
    "thing-1.0.dist-info/METADATA": "Name: thing\n",
    "phonenumbers/data/region_DE.py": "NUMBERS = []\n",
    SUFFIXES: "// A\n// license\n// of three lines.\n\n// ===BEGIN===\n\n// de: an office\nde\n\n// ===END===\n",
}
UNCHECKED_HASH = b"\x01\x00\x00\x00"
"""The second word of such byte code (PEP 552): Python neither looks for the source nor compares it."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project whose wheels are fetched already."""
    (tmp_path / "requirements.txt").write_text(REQUIREMENTS)
    (tmp_path / ARGON2_LOCK).write_text(TOOLS)
    (tmp_path / "app.py").write_text("from chalicelib import greeting\n")
    (tmp_path / "chalicelib").mkdir()
    (tmp_path / "chalicelib" / "__init__.py").write_text("import thing\ngreeting = thing.SAID\n")
    (tmp_path / "chalicelib" / "README.md").write_text("# Rooms\n")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_app.py").write_text("import app\n")
    folder = tmp_path / "build" / "wheels"
    folder.mkdir(parents=True)
    with zipfile.ZipFile(folder / "thing-1.0-py3-none-any.whl", "w") as wheel:
        for name, content in WHEEL.items():
            wheel.writestr(name, content)
    (folder / "requirements.txt").write_text(f"# Python {PYTHON}\n{REQUIREMENTS}{TOOLS}")
    return tmp_path


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_packages_are_byte_code_without_what_no_import_reaches(root: Path) -> None:
    vendor = build(root) / "vendor"

    packages = {name for name in files(vendor) if "__pycache__" not in name}
    assert packages == {"thing/__init__.pyc", "phonenumbers/data/region_DE.py", SUFFIXES}
    assert (vendor / SUFFIXES).read_text() == "// A\n// license\n// of three lines.\n// ===BEGIN===\nde\n// ===END===\n"


def test_everything_has_byte_code_that_is_not_compared_with_its_source(root: Path) -> None:
    folder = build(root)

    beside = [
        folder / "vendor" / cache_from_source(name) for name in ("app.py", "chalice/app.py", "chalice/__init__.py")
    ]
    for code in [*beside, folder / "chalicelib" / "__init__.pyc", folder / "vendor" / "thing" / "__init__.pyc"]:
        assert code.read_bytes()[4:8] == UNCHECKED_HASH


def test_byte_code_has_no_docstrings(root: Path) -> None:
    (root / "chalicelib" / "__init__.py").write_text('"""A docstring."""\n')

    assert b"A docstring." not in (build(root) / "chalicelib" / "__init__.pyc").read_bytes()


def test_byte_code_has_lines_and_no_columns(root: Path) -> None:
    code = marshal.loads((build(root) / "chalicelib" / "__init__.pyc").read_bytes()[16:])  # noqa: S302  # made here

    assert {line for _, _, line in code.co_lines() if line} == {1, 2}
    positions = code.co_positions() if sys.version_info >= (3, 11) else ()
    assert all(column is None for *_, column, _ in positions)


def test_source_that_is_none_is_refused(root: Path) -> None:
    (root / "chalicelib" / "__init__.py").write_text("def\n")

    with pytest.raises(Refused):
        build(root)


def test_documents_and_tests_stay_behind(root: Path) -> None:
    packed = {name for name in files(build(root)) if not name.startswith("vendor/") and "__pycache__" not in name}

    assert packed == {"app.py", "chalicelib/__init__.pyc", "requirements.txt"}


def test_what_is_packed_runs_by_itself(root: Path) -> None:
    folder = build(root)
    probe = "import json, app, thing; print(json.dumps([app.greeting, thing.__file__]))"

    path = f"import sys; sys.path[:0] = [{str(folder / 'vendor')!r}, {str(folder)!r}]; "
    done = subprocess.run(
        [sys.executable, "-S", "-c", path + probe], capture_output=True, text=True, cwd="/", check=True
    )

    assert json.loads(done.stdout) == ["hello", str(folder / "vendor" / "thing" / "__init__.pyc")]


def test_changed_code_is_built_anew(root: Path) -> None:
    first = build(root)
    before = (first / "chalicelib" / "__init__.pyc").read_bytes()
    (root / "chalicelib" / "__init__.py").write_text("greeting = 'bye'\n")

    assert (build(root) / "chalicelib" / "__init__.pyc").read_bytes() != before


def test_wheels_of_other_requirements_are_not_used(root: Path) -> None:
    (root / "requirements.txt").write_text("# nothing any more\n")

    assert wheels(root / "requirements.txt", root / "build" / "wheels") == []


def test_newest_glibc_that_a_wheel_asks_for(tmp_path: Path) -> None:
    wheel = tmp_path / "x.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("a.so", b"\x7fELF GLIBC_2.2.5 GLIBC_2.14")
        archive.writestr("b.so", b"\x7fELF GLIBC_2.9")

    assert needed_glibc(wheel) == (2, 14)
