"""Countries, continents, currencies and languages. Names of places come in the client's language, where we have it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.countries import UNKNOWN
from chalicelib.filters import folded
from chalicelib.languages import language_of
from chalicelib.user_agent import Client
from chalicelib.world import country_in, world

if TYPE_CHECKING:
    from chalicelib.api.answers.schema import Schema

NOWHERE = "--"


def locale(client: Client, language: str) -> dict[str, Any]:
    """Where the client is, as far as the platform tells its country."""
    code, continents = client.country.upper(), world()["continents"]
    country = world()["countries"].get(code)
    continent = country["continent"] if country else NOWHERE
    return {
        "ip": client.address,
        "countryCode": code if country else NOWHERE,
        "country": country_in(language, code) if country else UNKNOWN,
        "continentCode": continent,
        "continent": continents[continent][language_of(language)] if country else UNKNOWN,
        "eu": code in world()["union"],
        "currency": country["currency"] if country else "",
    }


def countries(language: str) -> list[dict[str, Any]]:
    return _sorted({"name": country_in(language, code), "code": code} for code in world()["countries"])


def phones(language: str) -> list[dict[str, Any]]:
    """The calling codes of countries that have one."""
    named = ((country_in(language, code), code, each["phone"]) for code, each in world()["countries"].items())
    found = ({"code": f"+{phone}", "countryCode": code, "countryName": name} for name, code, phone in named if phone)
    return _sorted(found, by="countryName")


def continents(language: str) -> list[dict[str, Any]]:
    return _sorted(
        {"name": names[language_of(language)], "code": code} for code, names in world()["continents"].items()
    )


def currencies() -> list[dict[str, Any]]:
    return [
        {
            "symbol": symbol,
            "name": name,
            "symbolNative": native,
            "decimalDigits": digits,
            "rounding": 0,
            "code": code,
            "namePlural": plural,
        }
        for code, (symbol, native, digits, name, plural) in world()["currencies"].items()
    ]


def languages() -> list[dict[str, Any]]:
    return [{"name": name, "code": code, "nativeName": native} for code, (name, native) in world()["languages"].items()]


def _sorted(records: Any, by: str = "name") -> list[dict[str, Any]]:
    return sorted(records, key=lambda record: folded(record[by]))


def schemas() -> dict[str, Schema]:
    """What these answers look like, by the names that the SDKs give them."""
    from chalicelib.api.answers.schema import COUNT, FLAG, TEXT, page, record

    country: Schema = {"type": "string", "pattern": "^[A-Z]{2}$"}
    language: Schema = {"type": "string", "pattern": "^[a-z]{2}$"}
    return {
        "locale": record(
            ip=TEXT, countryCode=TEXT, country=TEXT, continentCode=TEXT, continent=TEXT, eu=FLAG, currency=TEXT
        ),
        "localeCode": record(code=language, name=TEXT),
        "localeCodeList": page("localeCodes", "localeCode"),
        "country": record(name=TEXT, code=country),
        "countryList": page("countries", "country"),
        "phone": record(code={"type": "string", "pattern": "^[+][0-9]{1,3}$"}, countryCode=country, countryName=TEXT),
        "phoneList": page("phones", "phone"),
        "continent": record(name=TEXT, code=country),
        "continentList": page("continents", "continent"),
        "currency": record(
            symbol=TEXT,
            name=TEXT,
            symbolNative=TEXT,
            decimalDigits=COUNT,
            rounding=COUNT,
            code={"type": "string", "pattern": "^[A-Z]{3}$"},
            namePlural=TEXT,
        ),
        "currencyList": page("currencies", "currency"),
        "language": record(name=TEXT, code=language, nativeName=TEXT),
        "languageList": page("languages", "language"),
    }
