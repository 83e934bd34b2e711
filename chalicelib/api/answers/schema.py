"""What JSON schemas of answers are made of.

Loaded for the OpenAPI document, never for a request to anything else.
"""

from __future__ import annotations

from typing import Any

from chalicelib import ids
from chalicelib.web import formats

Schema = dict[str, Any]

_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}\+00:00"

TEXT: Schema = {"type": "string"}
EMPTY: Schema = {"const": ""}
FLAG: Schema = {"type": "boolean"}
COUNT: Schema = {"type": "integer", "minimum": 0}
ID: Schema = {"type": "string", "pattern": f"^{ids.PATTERN}$"}
DATE: Schema = {"type": "string", "format": "date-time", "pattern": f"^{_DATE}$"}
DATE_OR_EMPTY: Schema = {"type": "string", "pattern": f"^(?:{_DATE})?$"}
SECRET: Schema = {"type": "string", "description": "Empty unless an API key asks."}


def record(**fields: Schema) -> Schema:
    """An object with exactly these fields; `_` at the beginning of a name stands for `$`."""
    named = {f"${name[1:]}" if name[0] == "_" else name: schema for name, schema in fields.items()}
    return {"type": "object", "properties": named, "required": list(named), "additionalProperties": False}


def versioned(model: str, /, **fields: Schema) -> Schema:
    """The model of that name. What it has not had from the beginning, clients for older versions do not get."""
    whole = record(**fields)
    return {**whole, "required": [each for each in whole["required"] if each not in formats.SINCE[model]]}


def some(name: str) -> Schema:
    """The model of that name."""
    return {"$ref": f"#/components/schemas/{name}"}


def page(plural: str, name: str) -> Schema:
    """A list as the API gives it, under the plural name of its elements."""
    return record(total=COUNT, **{plural: {"type": "array", "items": some(name)}})


def or_null(kind: str) -> Schema:
    return {"type": [kind, "null"]}
