"""What an endpoint has read together with its caller, under the names that it gave."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from chalicelib.storage.items import Item
from chalicelib.storage.keys import Key
from chalicelib.web.request import ApiRequest

Wanted = Key | Mapping[str, Key] | None
"""One item, several by name, or nothing."""

Read = Callable[[str, ApiRequest], Wanted]
"""Says what to read from the user id that the request claims, empty for a guest, and the request."""


def wanted(reads: Mapping[str, Read], request: ApiRequest, user_id: str) -> dict[str, Wanted]:
    """What each of the endpoint's `reads` wants."""
    return {name: read(user_id, request) for name, read in reads.items()}


def keys(asked: Mapping[str, Wanted]) -> Iterator[Key]:
    """The places of all that is wanted."""
    for each in asked.values():
        if isinstance(each, Key):
            yield each
        elif each:
            yield from each.values()


def by_name(asked: Mapping[str, Wanted], items: Mapping[Key, Item | None]) -> dict[str, Any]:
    """What was found, in the shape that was asked for: an item or None, or several of these by name."""
    return {name: _found(each, items) for name, each in asked.items()}


def _found(each: Wanted, items: Mapping[Key, Item | None]) -> Any:
    if isinstance(each, Key):
        return items[each]
    return each and {name: items[key] for name, key in each.items()}
