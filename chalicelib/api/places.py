"""/locale: where a client is, and lists of countries, continents, currencies and languages for its forms."""

from __future__ import annotations

from typing import Any

from chalicelib.api.answers import lists as json_lists
from chalicelib.api.answers import places as json_places
from chalicelib.web.endpoint import Call, Routes
from chalicelib.world import world

routes = Routes(__name__)


@routes.endpoint("GET", "/locale", answer="locale")
def get(call: Call) -> dict[str, Any]:
    return json_places.locale(call.client, call.request.locale)


@routes.endpoint("GET", "/locale/codes", answer="localeCodeList")
def list_codes(call: Call) -> dict[str, Any]:
    return _whole("localeCodes", [{"code": code, "name": name} for code, (name, _) in world()["languages"].items()])


@routes.endpoint("GET", "/locale/countries", answer="countryList")
def list_countries(call: Call) -> dict[str, Any]:
    return _whole("countries", json_places.countries(call.request.locale))


@routes.endpoint("GET", "/locale/countries/eu", answer="countryList")
def list_union(call: Call) -> dict[str, Any]:
    union = world()["union"]
    return _whole("countries", [each for each in json_places.countries(call.request.locale) if each["code"] in union])


@routes.endpoint("GET", "/locale/countries/phones", answer="phoneList")
def list_phones(call: Call) -> dict[str, Any]:
    return _whole("phones", json_places.phones(call.request.locale))


@routes.endpoint("GET", "/locale/continents", answer="continentList")
def list_continents(call: Call) -> dict[str, Any]:
    return _whole("continents", json_places.continents(call.request.locale))


@routes.endpoint("GET", "/locale/currencies", answer="currencyList")
def list_currencies(call: Call) -> dict[str, Any]:
    return _whole("currencies", json_places.currencies())


@routes.endpoint("GET", "/locale/languages", answer="languageList")
def list_languages(call: Call) -> dict[str, Any]:
    return _whole("languages", json_places.languages())


def _whole(plural: str, records: list[dict[str, Any]]) -> dict[str, Any]:
    return json_lists.page(plural, records, len(records))
