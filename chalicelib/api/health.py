"""/ping and /health/version."""

from __future__ import annotations

from chalice.app import Response

from chalicelib.web.endpoint import Call, Routes
from chalicelib.web.reply import VERSION, Reply

routes = Routes(__name__)


@routes.endpoint("GET", "/ping", answer="pong")
def ping(call: Call) -> Response:
    return Reply("Pong!", {"Content-Type": "text/plain; charset=UTF-8"})


@routes.endpoint("GET", "/health/version", answer="version", any_project=True)
def version(call: Call) -> dict[str, str]:
    return {"version": VERSION}
