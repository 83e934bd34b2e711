"""Holds answers against the OpenAPI document, so that none outside the documented shapes passes unnoticed."""

from __future__ import annotations

import json
from functools import cache, lru_cache
from typing import Any

from jsonschema import Draft202012Validator

from chalicelib.api import ROUTES
from chalicelib.api.document import document
from infra.local.events import Routes

Json = dict[str, Any]

NOWHERE = {
    "$ref": "#/components/schemas/error",
    "properties": {"code": {"const": 404}, "type": {"const": "general_route_not_found"}},
}
NO_ROUTE: Json = {"404": {"content": {"application/json": {"schema": NOWHERE}}}}
PREFLIGHT: Json = {"204": {}}


def mistakes(method: str, path: str, status: int, headers: dict[str, str], content: bytes) -> list[str]:
    """What an answer has that the document does not allow. `path` is below /v1, `headers` are in lower case."""
    response = _responses(method, path).get(str(status))
    if response is None:
        return [f"status {status} is not documented: {content.decode(errors='replace')}"]
    found = [f"header {name} is missing" for name in response.get("headers", {}) if name.lower() not in headers]
    if method == "HEAD" or "content" not in response:
        return [*found, "there should be no content"] if content else found
    kind = headers.get("content-type", "").partition(";")[0]
    if kind not in response["content"]:
        return [*found, f"content type {kind} is not documented"]
    schema = response["content"][kind].get("schema")
    return [*found, *_mistakes_of_content(kind, json.dumps(schema), content)] if schema else found


@lru_cache(maxsize=1024)  # most refusals are the same
def _mistakes_of_content(kind: str, schema: str, content: bytes) -> list[str]:
    value = json.loads(content) if kind == "application/json" else content.decode()
    return [f"{error.json_path}: {error.message}" for error in _validator(schema).iter_errors(value)]


def _responses(method: str, path: str) -> Json:
    """What is documented for a path as it was asked for, by status."""
    match = _routes().match(path.partition("?")[0])
    operations = document(ROUTES)["paths"][match.resource] if match else {}
    if method == "OPTIONS":
        return PREFLIGHT
    operation = operations.get("get" if method == "HEAD" else method.lower())
    if operation is None:
        return NO_ROUTE
    refusals = document(ROUTES)["components"]["responses"]
    return {
        status: refusals[each["$ref"].rpartition("/")[2]] if "$ref" in each else each
        for status, each in operation["responses"].items()
    }


@cache
def _routes() -> Routes:
    return Routes(document(ROUTES)["paths"])


@cache
def _validator(schema: str) -> Draft202012Validator:
    return Draft202012Validator({**json.loads(schema), "components": document(ROUTES)["components"]})
