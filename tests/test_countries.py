"""A country's code has its name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chalicelib import countries
from chalicelib.countries import country_name


@pytest.mark.parametrize(
    ("code", "name"), [("de", "Germany"), ("DE", "Germany"), ("cH", "Switzerland"), ("us", "United States")]
)
def test_code_in_any_case_has_a_name(code: str, name: str) -> None:
    assert country_name(code) == name


@pytest.mark.parametrize("code", ["", "--", "xx", "zz", "d", "deu", "d e", "\0", "../en"])
def test_what_is_no_code_is_unknown(code: str) -> None:
    assert country_name(code) == "Unknown"


def test_list_is_whole_and_well_formed() -> None:
    names = json.loads(Path(countries.__file__).with_suffix(".json").read_text("utf-8"))

    assert len(names) >= 249, "ISO 3166-1 assigns so many"
    assert all(len(code) == 2 and code.isascii() and code.isupper() for code in names)
    assert all(name.strip() == name != "" for name in names.values())
