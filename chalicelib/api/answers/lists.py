"""Lists, whatever is in them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from chalicelib.errors import fail
from chalicelib.filters import Asked, Kind, folded, in_order, matches
from chalicelib.timestamps import milliseconds

if TYPE_CHECKING:
    from chalicelib.api.answers.schema import Schema


def page(name: str, records: list[dict[str, Any]], total: int) -> dict[str, Any]:
    """A list as the API gives it, under the plural name of its elements."""
    return {"total": total, name: records}


def part(
    name: str, records: list[dict[str, Any]], kinds: Mapping[str, Kind], asked: Asked, total: bool
) -> dict[str, Any]:
    """What is asked for of a list that is at hand as a whole, in order of creation; `kinds` are its attributes.

    400 `general_cursor_not_found` for a cursor that is the id of none of them.
    """
    places, cursor = {each["$id"]: place for place, each in enumerate(records)}, asked.after or asked.before
    if cursor and cursor not in places:
        raise fail("general_cursor_not_found", reason="none of that id is in the list")

    def value_of(record: dict[str, Any], attribute: str) -> Any:
        kind = kinds[attribute]
        return places[record["$id"]] if kind is Kind.SEQUENCE else _comparable(kind, record[attribute])

    def passes(record: dict[str, Any]) -> bool:
        return all(matches(each, partial(value_of, record)) for each in asked.filters)

    count = sum(map(passes, records))
    found = in_order((each for each in records if each["$id"] == cursor or passes(each)), asked.orders, value_of)
    if cursor:
        at = [each["$id"] for each in found].index(cursor)
        found = found[at + 1 :] if asked.after else found[:at][::-1]
    found = found[asked.offset :][: asked.limit]
    return page(name, found[::-1] if asked.before and not asked.after else found, count if total else 0)


def _comparable(kind: Kind, value: Any) -> Any:
    """A value of an answer as filters and orders have it."""
    if kind is Kind.DATE:
        return milliseconds(value) if value else None
    return folded(value) if kind is Kind.TEXT and value is not None else value


def schemas() -> dict[str, Schema]:
    """What lists of which nobody has anything look like, by the names that the SDKs give them."""
    from chalicelib.api.answers.schema import record

    none: Schema = {"type": "array", "maxItems": 0}
    return {
        "identityList": record(total={"const": 0}, identities=none),
        "membershipList": record(total={"const": 0}, memberships=none),
    }
