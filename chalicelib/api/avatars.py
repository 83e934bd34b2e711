"""/avatars/qr."""

from __future__ import annotations

from chalice.app import Response

from chalicelib.qr import MOST_CHARACTERS
from chalicelib.qr import qr as draw
from chalicelib.web.endpoint import Call, Routes
from chalicelib.web.parameters import Parameter, loose_boolean, query_number, text
from chalicelib.web.reply import png

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
