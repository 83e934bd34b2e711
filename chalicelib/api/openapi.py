"""/openapi.json: what is served here, for people and tools."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chalicelib.web.endpoint import Call, Routes


def describing(others: Sequence[Routes]) -> Routes:
    """The endpoint whose answer describes these routes and itself."""
    routes = Routes(__name__)

    @routes.endpoint("GET", "/openapi.json", answer="document", any_project=True)
    def get(call: Call) -> dict[str, Any]:
        from chalicelib.api.document import document

        return document((*others, routes))

    return routes
