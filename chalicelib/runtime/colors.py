"""The brand's two colours, and whether they can be read: one on light grounds, one on dark ones, of mails and pages."""

from __future__ import annotations

import re

FORM = re.compile("#[0-9A-Fa-f]{6}", re.ASCII)
GROUNDS = {"brand_color": ("#ffffff", "#f3f4f7"), "brand_color_dark": ("#1a1d24", "#0f1115")}
"""What each is seen on: a card and the page around it. As a button, it has the card's colour as its text."""
LEAST = 4.5
"""Contrast of text (WCAG 2.2, 1.4.3)."""


def contrast(one: str, other: str) -> float:
    """Of two colours like `#2b59d9`, from 1 to 21 (WCAG 2.2, "contrast ratio")."""
    darker, lighter = sorted(map(_luminance, (one, other)))
    return (lighter + 0.05) / (darker + 0.05)


def mistake(name: str, color: str) -> str:
    """What is wrong with a brand's colour, if anything."""
    if not FORM.fullmatch(color):
        return "must be # and six hexadecimal digits, as in #2b59d9"
    ground = min(GROUNDS[name], key=lambda each: contrast(color, each))
    ratio = int(contrast(color, ground) * 100) / 100
    change = "lighter" if name.endswith("_dark") else "darker"
    if ratio >= LEAST:
        return ""
    return f"has a contrast of {ratio} to {ground}: text needs {LEAST} (WCAG 2.2, 1.4.3), so take a {change} one"


def _luminance(color: str) -> float:
    red, green, blue = (_linear(int(color[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
