"""Serves a Chalice app as API Gateway would, below `/v1`, and beside it the `/_local` pages, which are no
part of the app.

`with Gateway(app, inbox=aws.inbox) as gateway:` then `gateway.endpoint` is what an SDK is given.
"""

import json
import socket
import traceback
from collections.abc import Callable, Iterable, Sequence
from types import TracebackType

from chalice.app import Chalice
from chalice.local import LambdaContext, LocalChalice

from infra.local import inbox as inbox_http
from infra.local.console import Console
from infra.local.events import Routes, answer_for, event_for
from infra.local.http_server import Answer, Call, HttpServer, Log, Respond, json_answer, listen, no_log
from infra.local.inbox import Inbox
from infra.local.pages import verify_page
from infra.local.unserved import sentence

_PREFIX = "/v1"

_MESSAGE = "The requested route was not found. Check the method and the path."
_NOT_FOUND = {"code": 404, "type": "general_route_not_found", "version": "1.9.6"}
_EXPOSED = (
    "X-Appwrite-Session, X-Fallback-Cookies, Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset"
)


class Gateway:
    """From `start()` (or `with`) to `stop()`. `sockets` listen already; without them a free port on both
    loopback addresses is taken.

    `inbox` answers `/_local/inbox`: an `Inbox`, or what `inbox.forward(url)` gives when it lives in another
    process. `console` answers `/`. `before` is done before each request. It is reached by loopback's names, and by
    `names`.
    """

    def __init__(
        self,
        app: Chalice,
        *,
        sockets: Sequence[socket.socket] = (),
        inbox: Inbox | Respond | None = None,
        console: Console | None = None,
        project: str = "demo",
        names: Iterable[str] = (),
        before: Callable[[Call], None] = lambda call: None,
        log: Log = no_log,
    ) -> None:
        self._app = _per_thread(app)
        self._routes = Routes(app.routes)
        self._inbox = inbox_http.serve(inbox) if isinstance(inbox, Inbox) else inbox
        self._console = console
        self._project = project
        self._before = before
        self._server = HttpServer(self._respond, sockets or listen(), log, names)

    @property
    def port(self) -> int:
        return self._server.port

    @property
    def endpoint(self) -> str:
        """What an SDK is given."""
        return f"http://localhost:{self.port}{_PREFIX}"

    def start(self) -> "Gateway":
        self._server.start()
        return self

    def stop(self) -> None:
        self._server.stop()

    def __enter__(self) -> "Gateway":
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _respond(self, call: Call) -> Answer:
        self._before(call)
        if inbox_http.has(call.path) and self._inbox is not None:
            return self._inbox(call)
        if call.path == "/_local/verify" and call.method in ("GET", "HEAD"):
            return verify_page(self._project)
        if call.path == _PREFIX or call.path.startswith(_PREFIX + "/"):
            return self._invoke(call, call.path[len(_PREFIX) :] or "/")
        return (self._console and self._console.answer(call)) or _outside(call)

    def _invoke(self, call: Call, path: str) -> Answer:
        """A resource without the method is unknown to API Gateway too; it does not fall through to
        `{proxy+}`. Of what Appwrite has there it is said that it is not served.
        """
        match = self._routes.match(path)
        if match is None or call.method not in self._app.routes[match.resource]:
            return _not_found(call, sentence(path))
        binary_types = list(self._app.api.binary_types)
        event = event_for(call, match, path, binary_types)
        try:
            result = self._app(event, LambdaContext("chalice-mfa-local", 1024, 15_000))
            answer = answer_for(call, result, binary_types)
        except Exception:  # API Gateway's answer to whatever escapes the function
            traceback.print_exc()
            return json_answer(502, {"message": "Internal server error"})
        known = sentence(path) if match.greedy and answer.status == 404 else ""
        return _not_found(call, known) if known else answer


def _per_thread(app: Chalice) -> Chalice:
    """Chalice keeps `current_request` on the app; its local mode's subclass keeps one for each thread."""
    if not isinstance(app, LocalChalice):
        app.__class__ = type("LocalApp", (LocalChalice, type(app)), {})
    return app


def _outside(call: Call) -> Answer:
    """To whoever has forgotten the stage, any page's script too; which of API Gateway's stages there are is no secret
    here.
    """
    if call.method == "OPTIONS":
        asked = {
            "Access-Control-Allow-Methods": call.headers.get("Access-Control-Request-Method", "GET"),
            "Access-Control-Allow-Headers": call.headers.get("Access-Control-Request-Headers", ""),
        }
        return Answer(204, [*_cors(call), *asked.items()])
    return _not_found(call, f"This is outside the API. The endpoint is http://{call.headers['Host']}{_PREFIX}.")


def _not_found(call: Call, message: str = "") -> Answer:
    """API Gateway's 403 as `infra/deploy/gateway.py` turns it into our 404, to the letter unless there is more to say:
    it is written down here again since this server runs while the app, on which that depends, is broken.
    """
    headers = [
        ("Content-Type", "application/json"),
        *_cors(call),
        ("Access-Control-Expose-Headers", _EXPOSED),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
    ]
    return Answer(404, headers, json.dumps({"message": message or _MESSAGE, **_NOT_FOUND}).encode())


def _cors(call: Call) -> list[tuple[str, str]]:
    """What any page may read: it holds nothing of anybody."""
    origin = call.headers.get("Origin")
    allowed = [("Access-Control-Allow-Origin", origin)] if origin else []
    return [*allowed, ("Access-Control-Allow-Credentials", "true"), ("Vary", "Origin")]
