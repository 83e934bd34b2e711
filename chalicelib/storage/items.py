"""Records and plain values in DynamoDB's own form and back (boto3's serializer costs a cold start 36 ms)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import Field, fields
from typing import Any, TypeVar

Item = dict[str, Any]
T = TypeVar("T")


def attributes(record: Any) -> Item:
    """A record of models.py as attributes; what is empty or false by default is left out to keep items small."""
    return {
        _attribute(field): value
        for field in fields(record)
        if (value := getattr(record, field.name)) not in ("", b"", [], frozenset(), None)
        and not (value is False and field.default is False)
    }


def record(model: type[T], item: Mapping[str, Any]) -> T:
    """The record of models.py that an item holds; attributes that the model does not know are passed over."""
    known = {_attribute(field): field.name for field in fields(model)}  # type: ignore[arg-type]
    return model(**{known[name]: value for name, value in item.items() if name in known})


def _attribute(field: Field[Any]) -> str:
    """The name under which a field is stored: an older one of its own, or the field's."""
    return str(field.metadata.get("attribute", field.name))


def marshal_item(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: marshal(value) for name, value in item.items()}


def unmarshal_item(raw: Mapping[str, Any]) -> Item:
    return {name: unmarshal(value) for name, value in raw.items()}


def marshal(value: Any) -> dict[str, Any]:
    """A Python value in DynamoDB's form: text, bytes, whole number, boolean, list, map, set of texts."""
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int):
        return {"N": str(value)}
    if isinstance(value, bytes):
        return {"B": value}
    if isinstance(value, Mapping):
        return {"M": marshal_item(value)}
    if isinstance(value, set | frozenset):
        return {"SS": sorted(value)}
    if isinstance(value, Iterable):
        return {"L": [marshal(element) for element in value]}
    raise TypeError(f"{type(value).__name__} has no place in a table")


def unmarshal(raw: Mapping[str, Any]) -> Any:
    """The Python value of DynamoDB's form; the inverse of `marshal`."""
    ((kind, value),) = raw.items()
    if kind == "N":
        return int(value)
    if kind == "M":
        return unmarshal_item(value)
    if kind == "L":
        return [unmarshal(element) for element in value]
    if kind == "SS":
        return frozenset(value)
    return value
