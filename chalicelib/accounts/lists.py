"""List users by filters, orders and search, at a cost that depends on what is found, or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from chalicelib.accounts.search import Term, terms, text_of
from chalicelib.errors import ApiError, fail
from chalicelib.filters import MOST_VALUES, Asked, Filter, Kind, folded, in_order, matches
from chalicelib.storage import dynamo, keys, targets, user_list, words
from chalicelib.storage.user_list import CHUNK, NEVER, Need, Row, Walk, Way

MOST_READ = 1000
"""Users that one request reads to hold them against filters, or to put them in an order that no index has."""
LARGEST = 5_500_000
"""Bytes of the users of one answer: Lambda answers 6 MB at most."""
LONGEST = 255
"""Characters of a value that can be a key."""
MOST_LOOKED_UP = 25
"""Values of a filter that are looked up, a call each."""


class Attribute(NamedTuple):
    kind: Kind
    value: Callable[[Row], Any]
    """None where the API gives none: SQL's null."""


def _text(field: str) -> Attribute:
    return Attribute(Kind.TEXT, lambda row: folded(getattr(row[0], field)) or None)


def _date(field: str) -> Attribute:
    return Attribute(Kind.DATE, lambda row: getattr(row[0], field) or None)


def _flag(field: str) -> Attribute:
    return Attribute(Kind.FLAG, lambda row: getattr(row[0], field))


ATTRIBUTES: dict[str, Attribute] = {
    "$id": Attribute(Kind.ID, lambda row: row[0].id),
    "$sequence": Attribute(Kind.SEQUENCE, lambda row: row[0].created),
    "$createdAt": _date("created"),
    "$updatedAt": Attribute(Kind.DATE, lambda row: max(row[0].updated, row[1].updated)),
    "name": Attribute(Kind.TEXT, lambda row: folded(row[0].name)),
    "email": _text("email"),
    "phone": _text("phone"),
    "status": Attribute(Kind.FLAG, lambda row: not row[0].blocked),
    "passwordUpdate": _date("password_updated"),
    "registration": _date("created"),
    "emailVerification": _flag("email_verified"),
    "phoneVerification": _flag("phone_verified"),
    "passwordPwned": _flag("password_pwned"),
    "labels": Attribute(Kind.TEXTS, lambda row: tuple(map(folded, row[0].labels))),
    "impersonator": Attribute(Kind.FLAG, lambda row: False),
    "accessedAt": _date("accessed"),
}
KINDS = {name: attribute.kind for name, attribute in ATTRIBUTES.items()}
CREATION = ("$createdAt", "$sequence", "registration")


def page(asked: Asked, search: str, total: bool) -> tuple[list[Row], int]:
    """The users of a page, and how many match in all, to `user_list.MOST_COUNTED`; 0 unless the `total` is wanted.

    400 `general_cursor_not_found` for an unknown id. 400 `general_query_invalid` where more users would have to be
    read than MOST_READ, or the page goes beyond MOST_COUNTED or LARGEST: no page only looks whole.
    """
    wanted = terms(search)
    cursor = _cursor(asked)
    if search and not wanted:
        return [], 0
    known = _known(asked.filters)
    if known is not None:
        return _sorted(asked, wanted, known, cursor, total)
    way = _way(asked.filters, wanted)
    by_creation = not asked.orders or asked.orders[0].attribute in CREATION
    if not by_creation or not (way.exact or (isinstance(way, Walk) and not total)):
        return _sorted(asked, wanted, way.ids(), cursor, total)
    backwards = bool(asked.before and not asked.after)
    downwards = bool(asked.orders) and asked.orders[0].descending
    ids = way.ids(cursor[0] if cursor else None, downwards != backwards)
    last = min(asked.offset + asked.limit, user_list.MOST_COUNTED)
    first = min(asked.offset, last)
    if way.exact:
        chosen = list(islice(ids, first, last))
        if last < asked.offset + asked.limit and next(ids, None):
            raise _too_far()
        rows = _answerable(user_list.read(chosen))
    else:
        rows = _answerable(islice(_passing(ids, asked, wanted), first, last))
    return rows[:: -1 if backwards else 1], way.total() if total else 0


def _cursor(asked: Asked) -> Row | None:
    user_id = asked.after or asked.before
    row = next(user_list.read([user_id] if user_id else []), None)
    if user_id and not row:
        raise fail("general_cursor_not_found", reason="no user of the cursor's id")
    return row


# Ways


def _known(filters: Sequence[Filter]) -> list[str] | None:
    """The ids of all users who may be meant, where the filters name them, their e-mail addresses or their numbers."""
    for each in filters:
        if each.method == "equal" and len(each.values) <= _MOST_BY_KEY.get(each.attribute, 0):
            return list(dict.fromkeys(_BY_KEY[each.attribute](each.values)))
    return None


def _by_id(values: Sequence[str]) -> Iterator[str]:
    return (value for value in values if len(value) <= LONGEST)


def _by_email(values: Sequence[str]) -> Iterator[str]:
    wanted = [keys.email(value) for value in values if len(value) <= LONGEST]
    chunks = (wanted[start : start + CHUNK] for start in range(0, len(wanted), CHUNK))
    claims = (claim for chunk in chunks for claim in dynamo.read(*chunk))
    return (claim["user_id"] for claim in claims if claim and not targets.is_claim(claim))


def _by_phone(values: Sequence[str]) -> Iterator[str]:
    numbers = (value for value in values if 0 < len(value) <= LONGEST)
    found = (dynamo.query_phone(number, MOST_READ + 1) for number in numbers)
    return (item["pk"].partition("#")[2] for items in found for item in items)


_BY_KEY: dict[str, Callable[[Sequence[str]], Iterator[str]]] = {"$id": _by_id, "email": _by_email, "phone": _by_phone}
_MOST_BY_KEY = {"$id": MOST_VALUES, "email": MOST_VALUES, "phone": MOST_LOOKED_UP}


def _way(filters: Sequence[Filter], wanted: Sequence[Term]) -> Way:
    """The narrowest way to all users who may be meant: by words, or in order of creation."""
    needs = [need for term in wanted for need in term.needs()]
    needs += [need for each in filters if (need := _need(each))]
    if needs:
        return user_list.by_words(needs, exact=not filters and all(term.exact for term in wanted))
    bounds = [_bounds(each) for each in filters]
    return Walk(
        exact=None not in bounds,
        since=max((each[0] for each in bounds if each), default=0),
        until=min((each[1] for each in bounds if each), default=NEVER),
    )


def _need(asked: Filter) -> Need | None:
    """The entries of which a user has one who passes the filter, if there are such."""
    if len(asked.values) > MOST_LOOKED_UP:
        return None
    if asked.attribute == "labels" and asked.method in ("contains", "containsAll"):
        enough = asked.values[:1] if asked.method == "containsAll" else asked.values
        labels = (words.whole(words.label(value)) for value in enough)
        return (*labels, words.whole(words.MANY_LABELS))
    if asked.attribute in ("name", "email") and asked.method in ("equal", "startsWith"):
        first = [_first_word(value, asked.method) for value in asked.values]
        return tuple(first) if all(first) else None
    return None


def _first_word(text: str, method: str) -> str:
    """How the entry begins of whoever has a text that equals or starts with that one; empty where it has no word."""
    (word, *_) = words.split(text) or [""]
    if not word:
        return ""
    return words.beginning(word) if method == "startsWith" and text.endswith(word) else words.whole(word)


def _bounds(asked: Filter) -> tuple[int, int] | None:
    """From when to when whoever passes the filter was created, if that is all that it asks."""
    if asked.attribute not in CREATION or asked.method not in _TIMES or len(asked.values) > 2:
        return None
    return _TIMES[asked.method](asked.values)


_TIMES: dict[str, Callable[[Sequence[int]], tuple[int, int] | None]] = {
    "equal": lambda times: (times[0], times[0]) if len(times) == 1 else None,
    "lessThan": lambda times: (0, times[0] - 1),
    "lessThanEqual": lambda times: (0, times[0]),
    "greaterThan": lambda times: (times[0] + 1, NEVER),
    "greaterThanEqual": lambda times: (times[0], NEVER),
    "between": lambda times: (times[0], times[1]),
}


# Filters and orders


def _sorted(
    asked: Asked, wanted: Sequence[Term], user_ids: Iterable[str], cursor: Row | None, total: bool
) -> tuple[list[Row], int]:
    """A page of what passes of these users, all of whom are read."""
    chosen = list(islice(user_ids, MOST_READ + 1))
    if len(chosen) > MOST_READ:
        raise _too_many()
    rows = [row for row in user_list.read(chosen) if _passes(row, asked, wanted)]
    count = len(rows)
    if cursor and all(row[0].id != cursor[0].id for row in rows):
        rows.append(cursor)
    created = sorted(rows, key=lambda row: (row[0].created, row[0].id))
    rows = in_order(created, asked.orders, lambda row, name: ATTRIBUTES[name].value(row))
    if cursor:
        at = [row[0].id for row in rows].index(cursor[0].id)
        rows = rows[at + 1 :] if asked.after else rows[:at][::-1]
    part = _answerable(rows[asked.offset :][: asked.limit])
    return part[:: -1 if asked.before and not asked.after else 1], count if total else 0


def _answerable(rows: Iterable[Row]) -> list[Row]:
    """The rows, read one after the other until they are more than an answer can have."""
    found, size = [], 0
    for row in rows:
        size += 2000 * (1 + len(row[1].targets)) + len(json.dumps(row[1].text))
        if size > LARGEST:
            text = "These users are more than one answer can have: ask for fewer by limit, and go on by cursorAfter."
            raise fail("general_query_invalid", text, reason="a page of too many bytes")
        found.append(row)
    return found


def _passing(user_ids: Iterator[str], asked: Asked, wanted: Sequence[Term]) -> Iterator[Row]:
    """Those of the users who pass, read as they are asked for."""
    for _ in range(MOST_READ // CHUNK):
        chunk = list(islice(user_ids, CHUNK))
        yield from (row for row in user_list.read(chunk) if _passes(row, asked, wanted))
        if len(chunk) < CHUNK:
            return
    if next(user_ids, None):
        raise _too_many()


def _passes(row: Row, asked: Asked, wanted: Sequence[Term]) -> bool:
    text = text_of(row[0]) if wanted else []
    return all(term.is_in(text) for term in wanted) and all(
        matches(each, lambda name: ATTRIBUTES[name].value(row)) for each in asked.filters
    )


def _too_far() -> ApiError:
    return fail(
        "general_query_invalid",
        f"A page ends within {user_list.MOST_COUNTED:,} users of its beginning or its cursor: go on by cursorAfter.",
        reason="a page of too many users",
    )


def _too_many() -> ApiError:
    return fail(
        "general_query_invalid",
        f"More than {MOST_READ:,} users would have to be read for this list. Narrow it by $createdAt, by search, or by "
        "equal of $id, email, phone or labels; or ask for it in order of creation and without its total (total=false).",
        reason="a list of too many users",
    )
