"""Every path that no endpoint has, as far as API Gateway hands them over."""

from __future__ import annotations

from chalice.app import Blueprint, Response

from chalicelib.errors import fail
from chalicelib.web.reply import error_reply, no_content

routes = Blueprint(__name__)
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


@routes.route("/", methods=METHODS, content_types=[])
def root() -> Response:
    return _answer()


@routes.route("/{proxy+}", methods=METHODS, content_types=[])
def anything(**_: str) -> Response:
    return _answer()


def _answer() -> Response:
    if routes.current_request.method == "OPTIONS":
        return no_content()
    return error_reply(fail("general_route_not_found"), {})
