"""Country names by ISO 3166-1 alpha-2 code, in English. Loaded when the platform tells a country, not before."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

UNKNOWN = "Unknown"


def country_name(code: str) -> str:
    """The name for a code in any case; `Unknown` for an empty or unassigned one."""
    return known_name(code) or UNKNOWN


def known_name(code: str) -> str:
    """The same, and empty where there is none."""
    return _names().get(code.upper(), "") if code else ""


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    names: dict[str, str] = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))
    return names
