"""What all answers look like: JSON schemas by the names that the SDKs give them.

Loaded for the OpenAPI document, never for a request to anything else.
"""

from __future__ import annotations

from typing import Any

from chalicelib.api.answers import export, health, lists, logs, mfa, passkeys, places, project, sessions, tokens, users
from chalicelib.api.answers.schema import TEXT, Schema, record, some
from chalicelib.errors import ERRORS

MODELS: dict[str, Schema] = {
    **users.schemas(),
    **sessions.schemas(),
    **tokens.schemas(),
    **mfa.schemas(),
    **passkeys.schemas(),
    **logs.schemas(),
    **lists.schemas(),
    **project.schemas(),
    **health.schemas(),
    **export.schemas(),
    **places.schemas(),
    "version": record(version=TEXT),
    "document": {"type": "object", "required": ["openapi", "info", "paths", "components"]},
    "error": record(
        message={"type": "string", "minLength": 1},
        code={"enum": sorted({status for status, _ in ERRORS.values()})},
        type={"enum": sorted(ERRORS)},
        version=TEXT,
    ),
}

CONTENT: dict[str, dict[str, Any]] = {
    "png": {"image/png": {}},
    "page": {"text/html": {}},
    "pageFile": {"text/css": {}, "text/javascript": {}},
    "pong": {"text/plain": {"schema": {"const": "Pong!"}}},
    **{name: {"application/json": {"schema": some(name)}} for name in MODELS},
}
"""What an answer carries, by the name that an endpoint gives it."""
