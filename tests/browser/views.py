"""On what the views of a page are looked at, and whether they are fit for everybody."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.sdk import toolchains
from tests.support.files import ROOT

AXE = ROOT / "tests" / "sdk" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PICTURES = ROOT / "build" / "browser"
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "color_scheme": "dark"}
DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
DEVICES = pytest.mark.parametrize("device", [DESKTOP, PHONE], ids=["desktop", "phone"])


def fit_for_everybody(page: Page) -> None:
    """Accessible by the rules of axe, and not wider than the screen."""
    if page.evaluate("!window.axe"):
        page.evaluate(_axe())
    found = page.evaluate("rules => axe.run({ runOnly: rules, resultTypes: ['violations'] })", RULES)
    assert not found["violations"], [
        (each["id"], [node["html"] for node in each["nodes"]]) for each in found["violations"]
    ]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it is wider than the screen"


@cache
def _axe() -> str:
    toolchains.node()
    return AXE.read_text()
