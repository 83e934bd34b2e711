"""Countries, continents, currencies and languages, as `make data` has written them. For /locale alone."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

LANGUAGES = ("en", "de", "fr", "es")
"""In which there are names of countries and continents."""


@lru_cache(maxsize=1)
def world() -> dict[str, Any]:
    """`countries` and `continents` by code, the `union` of Europe; `currencies` and `languages` as lists, by code."""
    found: dict[str, Any] = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))
    return found
