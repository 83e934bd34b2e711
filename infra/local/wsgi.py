"""Lets `HttpServer` serve a WSGI application (PEP 3333): moto's, whose own server closes the connection after
each call.
"""

import io
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from werkzeug.test import run_wsgi_app

from infra.local.http_server import Answer, Call, Respond

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


_SET_BY_SERVER = ("content-length", "connection", "date")


def serve_wsgi(application: "WSGIApplication") -> Respond:
    def respond(call: Call) -> Answer:
        body, status, headers = run_wsgi_app(application, _environ(call), buffered=True)
        kept = [(name, value) for name, value in headers if name.lower() not in _SET_BY_SERVER]
        return Answer(int(status.split()[0]), kept, b"".join(body))

    return respond


def _environ(call: Call) -> dict[str, Any]:
    environ: dict[str, Any] = {
        "REQUEST_METHOD": call.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(call.path).decode("latin-1"),
        "QUERY_STRING": call.query,
        "REQUEST_URI": call.target,
        "RAW_URI": call.target,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": call.peer,
        "CONTENT_TYPE": call.headers.get("Content-Type", ""),
        "CONTENT_LENGTH": str(len(call.body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(call.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name in call.headers:
        if "_" not in name and name.lower() not in ("content-type", "content-length"):
            environ["HTTP_" + name.upper().replace("-", "_")] = ",".join(call.headers.get_all(name, []))
    return environ
