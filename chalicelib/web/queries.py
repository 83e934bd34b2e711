"""The parameter `queries` of lists: paging, and where a list has attributes, filters and orders."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from chalicelib.errors import fail
from chalicelib.filters import MOST_VALUES, Asked, Filter, Kind, Order, folded
from chalicelib.schema import takes
from chalicelib.timestamps import milliseconds
from chalicelib.web.parameters import Parameter, Rule, identifier, loose_boolean

MOST_QUERIES = 100
DEEPEST = 3
"""Filters in filters in filters."""
PAGES = ("limit", "offset", "cursorAfter", "cursorBefore")
ORDERS = ("orderAsc", "orderDesc")
EQUAL, NULL = {"equal", "notEqual"}, {"isNull", "isNotNull"}
RANGES = {"lessThan", "lessThanEqual", "greaterThan", "greaterThanEqual", "between", "notBetween"}
CONTAINS, OF_LISTS = {"contains", "notContains"}, {"containsAny", "containsAll"}
TEXTS = CONTAINS | {"startsWith", "notStartsWith", "endsWith", "notEndsWith"}
METHODS = {
    Kind.ID: EQUAL | NULL | RANGES | TEXTS,
    Kind.SEQUENCE: set(),
    Kind.TEXT: EQUAL | NULL | RANGES | TEXTS,
    Kind.DATE: EQUAL | NULL | RANGES,
    Kind.FLAG: EQUAL | NULL,
    Kind.TEXTS: {"equal"} | NULL | CONTAINS | OF_LISTS,
}
"""What can be asked of an attribute of each kind."""
FILTERS = {"and", "or", "search"}.union(*METHODS.values())
COUNTS = {
    "isNull": (0, 0),
    "isNotNull": (0, 0),
    "between": (2, 2),
    "notBetween": (2, 2),
    **dict.fromkeys(("equal", *TEXTS, *OF_LISTS, "and", "or"), (1, MOST_VALUES)),
}
"""The least and the most values of a method; any other has one."""
_VALUES = {"type": "array", "minItems": 1, "maxItems": 1}
QUERY = {
    "type": "string",
    "contentMediaType": "application/json",
    "contentSchema": {
        "type": "object",
        "properties": {"method": {"enum": list(PAGES)}, "values": _VALUES},
        "required": ["method", "values"],
    },
    "examples": ['{"method":"limit","values":[25]}'],
}

_CALL = re.compile(r"([A-Za-z]+)\((.*)\)", re.ASCII | re.DOTALL)


class Paging(NamedTuple):
    """A part of a list: so many from an offset, or after or before the element of an id."""

    limit: int = 25
    offset: int = 0
    after: str = ""
    before: str = ""


@takes(type="array", items=QUERY, maxItems=MOST_QUERIES)
def paging(value: Any) -> Paging:
    """A rule for parameters.py: paging from a list of JSON queries.

    ValueError for what is no query; 400 `general_query_invalid` for a filter or order, which is not served.
    """
    fields: dict[str, Any] = {}
    for query in _parsed(value):
        method = query["method"]
        if method in FILTERS or method in ORDERS:
            raise fail("general_query_invalid", f"Queries of the method {method} are not served.")
        fields |= _page(query, PAGES)
    return Paging(**fields)


PAGE = {"queries": Parameter(paging, Paging()), "total": Parameter(loose_boolean, True)}
"""The parameters of a list of pages."""
OF_PAGES = ("general_cursor_not_found", "general_query_invalid")
"""The types of its refusals."""


def filtering(kinds: Mapping[str, Kind]) -> Rule:
    """A rule for parameters.py: pages, filters and orders of a list whose elements have these attributes.

    ValueError for what is no query; 400 `general_query_invalid` for a search of one attribute.
    """
    attributes = {"attribute": {"enum": list(kinds)}, "method": {"enum": [*PAGES, *ORDERS, *sorted(FILTERS)]}}
    schema = {"type": "object", "properties": {**attributes, "values": {"type": "array"}}, "required": ["method"]}

    @takes(type="array", items={**QUERY, "contentSchema": schema}, maxItems=MOST_QUERIES)
    def rule(value: Any) -> Asked:
        fields: dict[str, Any] = {}
        filters: list[Filter] = []
        orders: list[Order] = []
        for query in _parsed(value):
            method = query["method"]
            if method in ORDERS:
                orders.append(Order(_attribute(query, kinds), descending=method == "orderDesc"))
            elif method in FILTERS:
                filters.append(_filter(query, kinds, DEEPEST))
            else:
                fields |= _page(query, (*PAGES, *ORDERS, *sorted(FILTERS)))
        if sum(map(_size, filters)) > MOST_QUERIES:
            raise ValueError(f"Invalid query: there may be {MOST_QUERIES} filters in all")
        return Asked(**fields, filters=tuple(filters), orders=tuple(orders))

    return rule


EVERY = {"$id": Kind.ID, "$sequence": Kind.SEQUENCE, "$createdAt": Kind.DATE, "$updatedAt": Kind.DATE}
"""The attributes that the elements of every list have."""


def listing(kinds: Mapping[str, Kind]) -> dict[str, Parameter]:
    """The parameters of a list whose elements have these attributes."""
    return {"queries": Parameter(filtering(kinds), Asked()), "total": Parameter(loose_boolean, True)}


def as_json(text: Any) -> Any:
    """A query of before 1.5.0, `limit(2)` or `equal("name", ["Ada"])`, as it is written today; JSON stays as it is.

    400 `general_query_invalid` for another text.
    """
    if not isinstance(text, str) or text.lstrip().startswith("{"):
        return text
    call = _CALL.fullmatch(text.strip())
    if call is None:
        raise fail("general_query_invalid", "Invalid query: syntax error")
    return json.dumps({"method": call[1], **_arguments(call[1], call[2].strip())})


def _arguments(method: str, text: str) -> dict[str, Any]:
    """An attribute with values; of a page a number, or a text in quotes of either kind or without."""
    if method in FILTERS or method in ORDERS:
        with suppress(ValueError, RecursionError):
            attribute, *values = json.loads(f"[{text}]")
            return {"attribute": attribute, "values": values[0] if values and isinstance(values[0], list) else values}
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return {"values": [text[1:-1]]}
    return {"values": [int(text) if re.fullmatch("[0-9]{1,10}", text, re.ASCII) else text]}


def _parsed(value: Any) -> Iterator[dict[str, Any]]:
    if not isinstance(value, list) or len(value) > MOST_QUERIES:
        raise ValueError(f"Value must be a list of at most {MOST_QUERIES} queries")
    for text in value:
        try:
            query = json.loads(text) if isinstance(text, str) else None
        except (ValueError, RecursionError):
            query = None
        yield _query(query)


def _query(query: Any) -> dict[str, Any]:
    if not isinstance(query, dict) or not isinstance(query.get("method"), str):
        raise ValueError("Invalid query: syntax error")
    return query


def _page(query: Mapping[str, Any], served: Sequence[str]) -> dict[str, Any]:
    """The field of a page that a query sets. The refusal of a method that is none of those served names them."""
    method, values = query["method"], query.get("values")
    argument = values[0] if isinstance(values, list) and len(values) == 1 else None
    if method in ("limit", "offset"):
        return {method: _count(method, argument)}
    if method in PAGES and isinstance(argument, str):
        return {method.removeprefix("cursor").lower(): identifier(argument)}
    if method in PAGES:
        raise ValueError(f"Invalid query: {method} takes one id")
    raise ValueError(f"Invalid query: there is no such method here; there are {', '.join(served)}")


def _count(method: str, argument: Any) -> int:
    least = 1 if method == "limit" else 0
    if not isinstance(argument, int) or isinstance(argument, bool) or not least <= argument <= 10**9:
        raise ValueError(f"Invalid query: {method} must be a whole number of at least {least}")
    return argument


def _filter(query: Mapping[str, Any], kinds: Mapping[str, Kind], deepest: int) -> Filter:
    method, values = query["method"], query.get("values", [])
    least, most = COUNTS.get(method, (1, 1))
    if not isinstance(values, list) or not least <= len(values) <= most:
        count = f"{least} to {most}" if least < most else str(least)
        raise ValueError(f"Invalid query: {method} takes {count} values")
    if method in ("and", "or"):
        if deepest == 1:
            raise ValueError(f"Invalid query: filters may stand in each other {DEEPEST} deep")
        return Filter(method, "", tuple(_filter(_query(each), kinds, deepest - 1) for each in values))
    if method == "search":
        raise fail("general_query_invalid", "No attribute has a search of its own: use the parameter `search`.")
    attribute = _attribute(query, kinds)
    kind = kinds[attribute]
    if method not in METHODS[kind]:
        raise ValueError(f"Invalid query: {attribute} cannot be asked by the method {method}")
    clean = tuple(_clean(kind, attribute, each) for each in values)
    any_of_them = kind is Kind.TEXTS and method in ("equal", "containsAny")
    return Filter("contains" if any_of_them else method, attribute, clean)


def _attribute(query: Mapping[str, Any], kinds: Mapping[str, Kind]) -> str:
    attribute = query.get("attribute")
    if not isinstance(attribute, str) or attribute not in kinds:
        raise ValueError(f"Invalid query: there is no such attribute; there are {', '.join(kinds)}")
    if query["method"] in ORDERS and kinds[attribute] is Kind.TEXTS:
        raise ValueError(f"Invalid query: {attribute} has no order")
    return attribute


def _clean(kind: Kind, attribute: str, value: Any) -> Any:
    if kind is Kind.FLAG and isinstance(value, bool):
        return value
    if kind is Kind.ID and isinstance(value, str):
        return value
    if kind in (Kind.TEXT, Kind.TEXTS) and isinstance(value, str):
        return folded(value)
    if kind is Kind.DATE and isinstance(value, str):
        with suppress(ValueError, OverflowError):
            return milliseconds(value)
    raise ValueError(f"Invalid query: {attribute} has no value of that type")


def _size(asked: Filter) -> int:
    """How many filters it is, with those in it."""
    return sum(map(_size, asked.values)) if asked.method in ("and", "or") else 1
