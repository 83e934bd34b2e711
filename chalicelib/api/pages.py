"""/pages: what people look at, to sign in and to see to their account."""

from __future__ import annotations

from typing import Any

from chalice.app import Response

from chalicelib.errors import fail
from chalicelib.web.endpoint import Call, Routes
from chalicelib.web.identity import claimed_sessions
from chalicelib.web.parameters import Parameter, text
from chalicelib.web.reply import Reply

routes = Routes(__name__)
SERVED: dict[str, Any] = {"errors": ("general_route_not_found",), "any_project": True, "anybody": True}
KEPT = {"Cache-Control": "public, max-age=31536000, immutable"}


@routes.endpoint("GET", "/pages/{page}", answer="page", params={"page": Parameter(text(1, 36))}, **SERVED)
def get(call: Call, page: str) -> Response:
    from chalicelib.pages import page as pages

    if page not in pages.NAMES:
        raise fail("general_route_not_found", reason="no such page")
    asked = {name: call.request.parameter(name) for name in ("return", "lang")}
    back, chosen = (value if isinstance(value, str) else "" for value in asked.values())
    language = pages.language(chosen, call.request.header("accept-language"))
    headers: dict[str, Any] = {
        "Content-Type": "text/html; charset=UTF-8",
        "Content-Security-Policy": pages.policy(),
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    visitor = pages.Visitor(call.request.host, back, bool(claimed_sessions(call.request)), call.request.ends_in_slash)
    return Reply(pages.page(page, call.project, language, visitor), headers)


@routes.endpoint("GET", "/pages/static/{file}", answer="pageFile", params={"file": Parameter(text(1, 64))}, **SERVED)
def get_file(call: Call, file: str) -> Response:
    """A page of another release, while traffic moves to or from it, gets this release's file, and keeps it not."""
    from chalicelib.pages import files
    from chalicelib.pages.weights import by_weight

    found = files.named(file)
    if found is None:
        raise fail("general_route_not_found", reason="no such file of the pages")
    zipped = "gzip" in by_weight(call.request.header("accept-encoding"))
    headers: dict[str, Any] = {
        "Content-Type": found.kind,
        "Vary": "Origin, Accept-Encoding",
        **(KEPT if found.name == file else {}),
        **({"Content-Encoding": "gzip"} if zipped else {}),
    }
    return Reply(found.compressed if zipped else found.content, headers)
