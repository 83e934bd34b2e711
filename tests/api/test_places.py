"""/locale: where a client is, and what there is to choose from."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import phonenumbers
import pytest

from chalicelib.countries import country_name
from chalicelib.languages import LANGUAGES
from chalicelib.runtime import container, settings
from chalicelib.world import world
from infra.data.world import TARGET
from tests.support.api import Api

WRITTEN = "e02023f6eb3d08277c8a6b2a3e4adc9c51300a22a2f8844ff43ebea4b389828a"
"""The SHA-256 of what `make data` makes of the packages that it pins."""
MOST_BYTES = 50_000
"""16 KB in the zip."""


def listed(api: Api, place: str, language: str = "") -> list[dict[str, Any]]:
    answer = api.get(f"/locale/{place}", headers={"X-Appwrite-Locale": language} if language else {})
    assert answer.status == 200, answer.text
    [found] = [value for name, value in answer.json.items() if name != "total"]
    assert answer.json["total"] == len(found)
    return list(found)


def test_data_are_what_the_command_has_written() -> None:
    written = TARGET.read_bytes()

    assert hashlib.sha256(written).hexdigest() == WRITTEN
    assert len(written) < MOST_BYTES
    assert all(set(LANGUAGES[1:]) < set(country) for country in world()["countries"].values())
    assert all(set(LANGUAGES) == set(continent) for continent in world()["continents"].values())


@pytest.mark.parametrize(
    ("language", "name"),
    [
        ("", "Switzerland"),
        ("de", "Schweiz"),
        ("de-AT", "Schweiz"),
        ("FR", "Suisse"),
        ("es_MX", "Suiza"),
        ("ar-EG", "سويسرا"),
        ("it", "Switzerland"),
    ],
)
def test_countries_have_names_in_the_clients_language(api: Api, language: str, name: str) -> None:
    countries = listed(api, "countries", language)

    assert {"name": name, "code": "CH"} in countries
    assert len({each["code"] for each in countries}) == len(countries) == 249


def test_countries_are_in_the_order_of_their_names(api: Api) -> None:
    names = [each["name"] for each in listed(api, "countries", "de")]

    assert names.index("Österreich") in range(names.index("Oman"), names.index("Pakistan"))
    assert names.index("Ålandinseln") < names.index("Albanien")


def test_union_has_its_members(api: Api) -> None:
    codes = {each["code"] for each in listed(api, "countries/eu")}

    assert len(codes) == 27
    assert {"DE", "FR", "IE", "HR"} <= codes
    assert not {"GB", "CH", "NO", "TR"} & codes


def test_calling_codes_are_those_of_libphonenumber(api: Api) -> None:
    phones = listed(api, "countries/phones")

    assert {"code": "+49", "countryCode": "DE", "countryName": "Germany"} in phones
    for each in phones:
        assert each["code"] == f"+{phonenumbers.country_code_for_region(each['countryCode'])}"


def test_continents_currencies_languages_and_codes(api: Api) -> None:
    assert {"name": "Südamerika", "code": "SA"} in listed(api, "continents", "de")
    assert {each["code"] for each in listed(api, "continents")} == {"AF", "AN", "AS", "EU", "NA", "OC", "SA"}
    [zloty] = [each for each in listed(api, "currencies") if each["code"] == "PLN"]
    assert zloty == {
        "symbol": "PLN",
        "name": "Polish Zloty",
        "symbolNative": "zł",
        "decimalDigits": 2,
        "rounding": 0,
        "code": "PLN",
        "namePlural": "Polish zlotys",
    }
    assert {"name": "French", "code": "fr", "nativeName": "Français"} in listed(api, "languages")
    assert {"name": "French", "code": "fr"} in listed(api, "codes")


def test_every_country_has_a_continent_and_a_currency_that_are_listed() -> None:
    for code, country in world()["countries"].items():
        assert country["continent"] in world()["continents"]
        assert country["currency"] in (*world()["currencies"], "")
        assert country_name(code) != "Unknown"


def test_client_of_an_unknown_country_is_nowhere(api: Api) -> None:
    assert api.get("/locale", headers={"CloudFront-Viewer-Country": "DE"}).json == {
        "ip": "127.0.0.1",
        "countryCode": "--",
        "country": "Unknown",
        "continentCode": "--",
        "continent": "Unknown",
        "eu": False,
        "currency": "",
    }


def test_client_is_where_the_platform_says(api: Api) -> None:
    with container.override("config", replace(settings.config(), cloudfront=True)):
        answer = api.get("/locale", headers={"CloudFront-Viewer-Country": "AT", "X-Appwrite-Locale": "de"})

    assert answer.json == {
        "ip": "127.0.0.1",
        "countryCode": "AT",
        "country": "Österreich",
        "continentCode": "EU",
        "continent": "Europa",
        "eu": True,
        "currency": "EUR",
    }
