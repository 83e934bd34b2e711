"""tests/SECURITY.md says of each attack which tests hold it off. The table must not rot."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from tests.support.files import ROOT

TESTS = ROOT / "tests"
ATTACKS = (*range(1, 147), *range(160, 170))
NUMBERS = re.compile(r"(?P<first>\d+)(?: to (?P<last>\d+)| and (?P<other>\d+))? ")
TEST = re.compile(r"`([\w/]+\.py)::(test_\w+)`")


class Row(NamedTuple):
    """Which attacks a line of the table is about, and the tests that it names, as file below tests/ and function."""

    attacks: list[int]
    tests: list[tuple[str, str]]


def rows(text: str) -> Iterator[Row]:
    """The table below the heading Attacks."""
    section = text.partition("\n## Attacks\n")[2].partition("\n## ")[0]
    for line in section.splitlines():
        found = NUMBERS.match(line.removeprefix("| ")) if line.startswith("| ") else None
        if found:
            first, last, other = (int(number) if number else 0 for number in found.groups())
            attacks = [*range(first, (last or first) + 1), *([other] if other else [])]
            yield Row(attacks, TEST.findall(line))


@pytest.fixture(scope="module")
def table() -> list[Row]:
    return list(rows((TESTS / "SECURITY.md").read_text()))


def test_every_attack_has_a_line_with_a_test(table: list[Row]) -> None:
    held = [attack for row in table if row.tests for attack in row.attacks]

    assert sorted(held) == list(ATTACKS)


def test_every_test_that_is_named_exists(table: list[Row]) -> None:
    named = {test for row in table for test in row.tests}

    assert {f"{file}::{name}" for file, name in named if not is_there(file, name)} == set()


def is_there(file: str, name: str) -> bool:
    path = TESTS / file
    return path.exists() and f"\ndef {name}(" in path.read_text()


def test_lines_are_read() -> None:
    text = "# A\n| 9 x | `a.py::test_x` |\n\n## Attacks\n\n| Attack | Test |\n|---|---|\n"
    text += "| 1 one, 2 parts | holds | `b/test_c.py::test_d` `e.py::test_f` |\n| 2 and 3 x | holds | none |\n"
    text += "| 4 to 6 x | holds | `g.py::test_h` |\n\n## Next\n| 7 y | `i.py::test_j` |\n"

    assert list(rows(text)) == [
        Row([1], [("b/test_c.py", "test_d"), ("e.py", "test_f")]),
        Row([2, 3], []),
        Row([4, 5, 6], [("g.py", "test_h")]),
    ]
