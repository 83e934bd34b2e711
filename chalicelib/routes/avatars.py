"""/avatars/qr."""

from __future__ import annotations

from chalice.app import Response

from chalicelib.avatars import MOST_CHARACTERS
from chalicelib.avatars import qr as draw
from chalicelib.routes.endpoint import Call, Routes
from chalicelib.routes.parameters import Parameter, loose_boolean, query_number, text
from chalicelib.routes.reply import png

routes = Routes(__name__)


@routes.endpoint(
    "GET",
    "/avatars/qr",
    answer="png",
    params={
        "text": Parameter(text(1, MOST_CHARACTERS)),
        "size": Parameter(query_number(1, 1000), 400),
        "margin": Parameter(query_number(0, 10), 1),
        "download": Parameter(loose_boolean, False),
    },
)
def qr(call: Call, text: str, size: int, margin: int, download: bool) -> Response:
    headers = {"Content-Disposition": 'attachment; filename="qr.png"'} if download else {}
    return png(draw(text, size, margin), headers)
