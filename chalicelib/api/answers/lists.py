"""Lists, whatever is in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.errors import fail
from chalicelib.web.queries import Paging

if TYPE_CHECKING:
    from chalicelib.api.answers.schema import Schema


def page(name: str, records: list[dict[str, Any]], total: int) -> dict[str, Any]:
    """A list as the API gives it, under the plural name of its elements."""
    return {"total": total, name: records}


def part(name: str, records: list[dict[str, Any]], asked: Paging, total: bool) -> dict[str, Any]:
    """As much as is asked for of a list that is at hand as a whole.

    400 `general_cursor_not_found` for a cursor that is the id of none of them.
    """
    ids = [each["$id"] for each in records]
    if (asked.after or asked.before) and (asked.after or asked.before) not in ids:
        raise fail("general_cursor_not_found", reason="none of that id is in the list")
    found = records
    if asked.after:
        found = records[ids.index(asked.after) + 1 :]
    elif asked.before:
        found = records[: ids.index(asked.before)][::-1]
    found = found[asked.offset : asked.offset + asked.limit]
    return page(name, found[::-1] if asked.before and not asked.after else found, len(records) if total else 0)


def schemas() -> dict[str, Schema]:
    """What lists of which nobody has anything look like, by the names that the SDKs give them."""
    from chalicelib.api.answers.schema import record

    none: Schema = {"type": "array", "maxItems": 0}
    return {
        "identityList": record(total={"const": 0}, identities=none),
        "membershipList": record(total={"const": 0}, memberships=none),
    }
