"""/openapi.json: what is served here, for people and tools."""

from __future__ import annotations

from typing import Any

from chalicelib.routes.endpoint import Call, Routes

routes = Routes(__name__)


@routes.endpoint("GET", "/openapi.json", answer="document", any_project=True)
def get(call: Call) -> dict[str, Any]:
    from chalicelib.routes.document import document

    return document()
