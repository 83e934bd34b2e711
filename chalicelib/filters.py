"""What a list can be asked for besides a page of it: filters and orders, and whether a record is one of those."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import Enum, auto
from typing import Any, NamedTuple, TypeVar
from unicodedata import combining, normalize

MOST_VALUES = 500
"""Of one filter."""

R = TypeVar("R")

ValueOf = Callable[[str], Any]
"""A record's value of an attribute, None where there is none."""


class Kind(Enum):
    """What the values of an attribute are."""

    ID = auto()
    SEQUENCE = auto()
    TEXT = auto()
    DATE = auto()
    FLAG = auto()
    TEXTS = auto()


class Filter(NamedTuple):
    """`values` are clean: texts folded, dates in milliseconds; those of `and` and `or` are filters."""

    method: str
    attribute: str
    values: tuple[Any, ...]


class Order(NamedTuple):
    attribute: str
    descending: bool


class Asked(NamedTuple):
    """A part of a list, as in `web/queries.py: Paging`, of what passes all filters."""

    limit: int = 25
    offset: int = 0
    after: str = ""
    before: str = ""
    filters: tuple[Filter, ...] = ()
    orders: tuple[Order, ...] = ()


def folded(text: str) -> str:
    """A text without what does not tell two of them apart: case, accents, ways to write the same character."""
    return "".join(each for each in normalize("NFKD", text).casefold() if not combining(each))


def matches(asked: Filter, value_of: ValueOf) -> bool:
    """Whether a record passes a filter. As in SQL, what has no value passes none but `isNull`."""
    if asked.method in ("and", "or"):
        return (all if asked.method == "and" else any)(matches(each, value_of) for each in asked.values)
    value = value_of(asked.attribute)
    if asked.method in ("isNull", "isNotNull"):
        return (value is None) == (asked.method == "isNull")
    if value is None:
        return False
    if asked.method.startswith("not"):
        positive = asked.method[3].lower() + asked.method[4:]
        return not _PASSES[positive](value, asked.values)
    return _PASSES[asked.method](value, asked.values)


def in_order(records: Iterable[R], orders: Sequence[Order], value_of: Callable[[R, str], Any]) -> list[R]:
    """As they come where no order tells them apart. What has no value comes first, last downwards."""
    found = list(records)
    for attribute, descending in reversed(orders):
        values = {id(each): value_of(each, attribute) for each in found}
        found.sort(key=lambda each: ((value := values[id(each)]) is not None, value), reverse=descending)
    return found


_PASSES: dict[str, Callable[[Any, tuple[Any, ...]], bool]] = {
    "equal": lambda value, given: value in given,
    "lessThan": lambda value, given: value < given[0],
    "lessThanEqual": lambda value, given: value <= given[0],
    "greaterThan": lambda value, given: value > given[0],
    "greaterThanEqual": lambda value, given: value >= given[0],
    "between": lambda value, given: given[0] <= value <= given[1],
    "startsWith": lambda value, given: value.startswith(given),
    "endsWith": lambda value, given: value.endswith(given),
    "contains": lambda value, given: any(each in value for each in given),
    "containsAll": lambda value, given: all(each in value for each in given),
}
"""Of a value that is there; any of the given ones will do where there may be several."""
