"""The words of all languages: each says what the others say, with the same values and the plural forms it has."""

from __future__ import annotations

import json
from collections.abc import Iterator
from string import Template
from typing import Any

import pytest

from chalicelib.languages import FOLDER, LANGUAGES, direction, language_of, plural_form

FILES = sorted(path.name for path in (FOLDER / LANGUAGES[0]).iterdir())
FORMS = {"zero", "one", "two", "few", "many", "other"}
HAS = {language: {plural_form(language, count) for count in range(200)} for language in LANGUAGES}


def texts(words: Any, place: str = "") -> Iterator[tuple[str, dict[str, str]]]:
    """Every text with its place in the file, and by its plural forms, if it has such."""
    if isinstance(words, str):
        yield place, {"": words}
    elif set(words) <= FORMS:
        yield place, words
    else:
        for name, value in words.items():
            yield from texts(value, f"{place}.{name}")


def values(text: str) -> set[str]:
    """What is to be filled in."""
    found = [match["named"] or match["braced"] for match in Template.pattern.finditer(text)]
    assert None not in found, f"a $ that names nothing: {text}"
    return set(found)


def read(language: str, file: str) -> dict[str, dict[str, str]]:
    return dict(texts(json.loads((FOLDER / language / file).read_text("utf-8"))))


def test_every_language_has_its_files() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(LANGUAGES)
    for language in LANGUAGES:
        assert sorted(path.name for path in (FOLDER / language).iterdir()) == FILES


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("file", FILES)
def test_no_text_is_missing_and_all_fill_in_the_same(language: str, file: str) -> None:
    english, theirs = read("en", file), read(language, file)

    own_choice = {place for place in english.keys() ^ theirs.keys() if place.endswith(".sms")}  # or the headline
    assert english.keys() - own_choice == theirs.keys() - own_choice
    for place in english.keys() - own_choice:
        forms, meant = theirs[place], set().union(*map(values, english[place].values()))
        assert set(forms) == (HAS[language] if set(english[place]) <= FORMS else {""}), place
        assert set().union(*map(values, forms.values())) == meant, place
        assert all(form.strip() == form != "" for form in forms.values()), place


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("en", {"one": [1], "other": [0, 2, 11, 101]}),
        ("de", {"one": [1], "other": [0, 2, 11, 101]}),
        ("es", {"one": [1], "other": [0, 2, 11, 101]}),
        ("fr", {"one": [0, 1], "other": [2, 11, 101]}),
        (
            "ar",
            {
                "zero": [0],
                "one": [1],
                "two": [2],
                "few": [3, 10, 103, 110, 1003],
                "many": [11, 99, 111, 199, 1011],
                "other": [100, 101, 102, 200, 10_100],
            },
        ),
    ],
)
def test_plural_forms_are_those_of_cldr(language: str, forms: dict[str, list[int]]) -> None:
    assert {form: [n for n in counts if plural_form(language, n) == form] for form, counts in forms.items()} == forms
    assert HAS[language] == set(forms)


def test_direction_and_language_of_a_locale() -> None:
    assert [language for language in LANGUAGES if direction(language) == "rtl"] == ["ar"]
    assert [language_of(locale) for locale in ("ar-EG", "DE_ch", "", "tlh")] == ["ar", "de", "en", "en"]
