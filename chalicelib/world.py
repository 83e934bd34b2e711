"""Countries, continents, currencies and languages, as `make data` has written them. For /locale and for notices."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from chalicelib.countries import known_name
from chalicelib.languages import LANGUAGES, language_of


@lru_cache(maxsize=1)
def world() -> dict[str, Any]:
    """`countries` and `continents` by code, the `union` of Europe; `currencies` and `languages` as lists, by code."""
    found: dict[str, Any] = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))
    return found


def country_in(locale: str, code: str) -> str:
    """The name of a country in the language of `de`, `de-CH`; empty where there is none of that code."""
    name, language = known_name(code), language_of(locale)
    return str(world()["countries"][code.upper()][language]) if name and language != LANGUAGES[0] else name
