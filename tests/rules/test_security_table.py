"""tests/SECURITY.md says which tests hold off each attack, and which hold each step of WebAuthn. It must not rot."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from tests.support.files import ROOT

TESTS = ROOT / "tests"
TABLES = {
    "## Attacks": range(1, 171),
    "### Registration (7.1)": range(1, 30),
    "### Assertion (7.2)": range(1, 26),
}
"""What each has a line for, by its heading: attacks, and the steps of Web Authentication Level 3."""
NUMBERS = re.compile(r"(?P<first>\d+)(?: to (?P<last>\d+)| and (?P<other>\d+))? ")
TEST = re.compile(r"`([\w/]+\.py)::(test_\w+)`")


class Row(NamedTuple):
    """Which attacks or steps a line is about, and the tests that it names, as file below tests/ and function."""

    numbers: list[int]
    tests: list[tuple[str, str]]


def rows(text: str, heading: str) -> Iterator[Row]:
    """The table below a heading."""
    section = text.partition(f"\n{heading}\n")[2].partition("\n#")[0]
    for line in section.splitlines():
        found = NUMBERS.match(line.removeprefix("| ")) if line.startswith("| ") else None
        if found:
            first, last, other = (int(number) if number else 0 for number in found.groups())
            numbers = [*range(first, (last or first) + 1), *([other] if other else [])]
            yield Row(numbers, TEST.findall(line))


@pytest.fixture(scope="module")
def text() -> str:
    return (TESTS / "SECURITY.md").read_text()


@pytest.mark.parametrize("heading", TABLES)
def test_every_attack_and_every_step_has_a_line_with_a_test(text: str, heading: str) -> None:
    held = [number for row in rows(text, heading) if row.tests for number in row.numbers]

    assert sorted(held) == list(TABLES[heading])


@pytest.mark.parametrize("heading", TABLES)
def test_every_test_that_is_named_exists(text: str, heading: str) -> None:
    named = {test for row in rows(text, heading) for test in row.tests}

    assert {f"{file}::{name}" for file, name in named if not is_there(file, name)} == set()


def is_there(file: str, name: str) -> bool:
    path = TESTS / file
    return path.exists() and f"\ndef {name}(" in path.read_text()


def test_lines_are_read() -> None:
    text = "# A\n| 9 x | `a.py::test_x` |\n\n## Attacks\n\n| Attack | Test |\n|---|---|\n"
    text += "| 1 one, 2 parts | holds | `b/test_c.py::test_d` `e.py::test_f` |\n| 2 and 3 x | holds | none |\n"
    text += "| 4 to 6 x | holds | `g.py::test_h` |\n\n## Next\n| 7 y | `i.py::test_j` |\n"

    assert list(rows(text, "## Attacks")) == [
        Row([1], [("b/test_c.py", "test_d"), ("e.py", "test_f")]),
        Row([2, 3], []),
        Row([4, 5, 6], [("g.py", "test_h")]),
    ]
