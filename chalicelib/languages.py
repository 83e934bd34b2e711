"""The languages that people are spoken to in. Their words are data: `words/<language>/`, a file for each use.

`messages.json` has those of mails and texts, for `delivery/words.py`. `$name` stands for what is filled in, and a text
that depends on a number is an object of its plural forms.
"""

from __future__ import annotations

from pathlib import Path

LANGUAGES = ("en", "de", "fr", "es", "ar")
RIGHT_TO_LEFT = frozenset({"ar"})
FOLDER = Path(__file__).with_name("words")


def language_of(locale: str) -> str:
    """The language of `de`, `de-CH` or `de_ch`; English for one that there is not."""
    base = locale.lower().replace("_", "-").split("-")[0]
    return base if base in LANGUAGES else LANGUAGES[0]


def direction(language: str) -> str:
    """`rtl` or `ltr`, as HTML has it."""
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"


def plural_form(language: str, count: int) -> str:
    """The name of the plural form for a whole number below a million (Unicode CLDR, cardinals), as browsers have it."""
    if language == "ar":
        return _arabic_form(count)
    return "one" if count == 1 or (language == "fr" and count == 0) else "other"


def _arabic_form(count: int) -> str:
    if count < 3:
        return ("zero", "one", "two")[count]
    rest = count % 100
    return "other" if rest < 3 else "few" if rest <= 10 else "many"
