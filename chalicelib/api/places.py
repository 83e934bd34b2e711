"""/locale: where a client is, and lists of countries, continents, currencies and languages for its forms."""

from __future__ import annotations

from typing import Any

from chalicelib.api.answers import lists as json_lists
from chalicelib.api.answers import places as json_places
from chalicelib.web.endpoint import Call, Routes
from chalicelib.web.parameters import Parameter, loose_boolean
from chalicelib.world import world

routes = Routes(__name__)
TOTAL = {"total": Parameter(loose_boolean, True)}


@routes.endpoint("GET", "/locale", answer="locale")
def get(call: Call) -> dict[str, Any]:
    return json_places.locale(call.client, call.request.locale)


@routes.endpoint("GET", "/locale/codes", answer="localeCodeList", params=TOTAL)
def list_codes(call: Call, total: bool) -> dict[str, Any]:
    return _whole(
        total, "localeCodes", [{"code": code, "name": name} for code, (name, _) in world()["languages"].items()]
    )


@routes.endpoint("GET", "/locale/countries", answer="countryList", params=TOTAL)
def list_countries(call: Call, total: bool) -> dict[str, Any]:
    return _whole(total, "countries", json_places.countries(call.request.locale))


@routes.endpoint("GET", "/locale/countries/eu", answer="countryList", params=TOTAL)
def list_union(call: Call, total: bool) -> dict[str, Any]:
    union = world()["union"]
    return _whole(
        total, "countries", [each for each in json_places.countries(call.request.locale) if each["code"] in union]
    )


@routes.endpoint("GET", "/locale/countries/phones", answer="phoneList", params=TOTAL)
def list_phones(call: Call, total: bool) -> dict[str, Any]:
    return _whole(total, "phones", json_places.phones(call.request.locale))


@routes.endpoint("GET", "/locale/continents", answer="continentList", params=TOTAL)
def list_continents(call: Call, total: bool) -> dict[str, Any]:
    return _whole(total, "continents", json_places.continents(call.request.locale))


@routes.endpoint("GET", "/locale/currencies", answer="currencyList", params=TOTAL)
def list_currencies(call: Call, total: bool) -> dict[str, Any]:
    return _whole(total, "currencies", json_places.currencies())


@routes.endpoint("GET", "/locale/languages", answer="languageList", params=TOTAL)
def list_languages(call: Call, total: bool) -> dict[str, Any]:
    return _whole(total, "languages", json_places.languages())


def _whole(total: bool, plural: str, records: list[dict[str, Any]]) -> dict[str, Any]:
    return json_lists.page(plural, records, len(records) if total else 0)
