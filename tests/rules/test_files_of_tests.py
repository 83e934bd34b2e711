"""Each file of the tests says at its head what it shows or makes."""

from __future__ import annotations

import ast
from pathlib import Path

TESTS = Path(__file__).parents[1]


def test_each_file_says_what_it_shows() -> None:
    files = [path for path in TESTS.rglob("*.py") if "node_modules" not in path.parts]

    silent = [path for path in files if not ast.get_docstring(ast.parse(path.read_text("utf-8")))]

    assert [str(path.relative_to(TESTS)) for path in silent] == []
