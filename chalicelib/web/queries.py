"""The parameter `queries` of lists: plain paging."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from chalicelib.errors import fail
from chalicelib.schema import takes
from chalicelib.web.parameters import identifier

MOST_QUERIES = 100
COMPARISONS = {"equal", "notEqual", "lessThan", "lessThanEqual", "greaterThan", "greaterThanEqual"}
RANGES = {"between", "notBetween", "isNull", "isNotNull"}
TEXTS = {"startsWith", "notStartsWith", "endsWith", "notEndsWith", "contains", "notContains", "search"}
UNSERVED = COMPARISONS | RANGES | TEXTS | {"and", "or", "orderAsc", "orderDesc"}
"""What the SDKs can ask besides paging."""
QUERY = {
    "type": "string",
    "contentMediaType": "application/json",
    "contentSchema": {
        "type": "object",
        "properties": {
            "method": {"enum": ["limit", "offset", "cursorAfter", "cursorBefore"]},
            "values": {"type": "array", "minItems": 1, "maxItems": 1},
        },
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
    if not isinstance(value, list) or len(value) > MOST_QUERIES:
        raise ValueError(f"Value must be a list of at most {MOST_QUERIES} queries")
    fields: dict[str, Any] = {}
    for text in value:
        method, argument = _parse(text)
        if method in ("limit", "offset"):
            fields[method] = _count(method, argument)
        elif method in ("cursorAfter", "cursorBefore") and isinstance(argument, str):
            fields[method.removeprefix("cursor").lower()] = identifier(argument)
        elif method in UNSERVED:
            raise fail("general_query_invalid", f"Queries of the method {method} are not served.")
        else:
            raise ValueError("Invalid query: unknown method or wrong value")
    return Paging(**fields)


def as_json(text: Any) -> Any:
    """A query of before 1.5.0, `limit(2)` or `cursorAfter("id")`, as it is written today; JSON stays as it is.

    400 `general_query_invalid` for another text.
    """
    if not isinstance(text, str) or text.lstrip().startswith("{"):
        return text
    call = _CALL.fullmatch(text.strip())
    if call is None:
        raise fail("general_query_invalid", "Invalid query: syntax error")
    return json.dumps({"method": call[1], "values": [_value(call[2].strip())]})


def _value(text: str) -> Any:
    """A number, or a text in quotes of either kind or without."""
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    return int(text) if re.fullmatch("[0-9]{1,10}", text, re.ASCII) else text


def _parse(text: Any) -> tuple[str, Any]:
    try:
        query = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        query = None
    if not isinstance(query, dict) or not isinstance(query.get("method"), str):
        raise ValueError("Invalid query: syntax error")
    values = query.get("values")
    return query["method"], values[0] if isinstance(values, list) and len(values) == 1 else None


def _count(method: str, argument: Any) -> int:
    least = 1 if method == "limit" else 0
    if not isinstance(argument, int) or isinstance(argument, bool) or not least <= argument <= 10**9:
        raise ValueError(f"Invalid query: {method} must be a whole number of at least {least}")
    return argument
