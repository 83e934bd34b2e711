"""A small threaded HTTP/1.1 server for local use: keep-alive, no Nagle delay, bodies of a declared or chunked length.

The standard library's request handler leaves bodies, errors and open connections to its user, and what is built on it
gets some of that wrong: Chalice's local server believes any Content-Length, Werkzeug's closes every connection.
Both servers here, API Gateway's stand-in and AWS's, are a function from `Call` to `Answer`.
"""

import json
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from email.message import Message
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from socketserver import BaseServer, ThreadingMixIn
from types import TracebackType
from typing import Any

from infra.local.bodies import MAX_BODY, BadBodyError, read_body
from infra.local.hosts import BadHostError, Hosts

IDLE_SECONDS = 120.0
"""A connection that says nothing for this long is dropped, so that an abandoned one does not hold its thread
for ever.
"""

BACKLOG = 256
BODILESS = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)


@dataclass(frozen=True)
class Call:
    """One request as it came over the wire. `target` is the path with its query, still encoded; `peer` the
    client's address.
    """

    method: str
    target: str
    headers: Message
    peer: str
    body: bytes

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]


@dataclass(frozen=True)
class Answer:
    """What goes back; a header may occur several times. Content-Length and Date are added when it is sent."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""


def json_answer(status: int, content: Any, headers: Sequence[tuple[str, str]] = ()) -> Answer:
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return Answer(status, [("Content-Type", "application/json; charset=UTF-8"), *headers], body)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else an answer of two packets takes 40 ms
    wbufsize = -1
    timeout = IDLE_SECONDS
    command = ""
    server: "_Listener"

    def answer_any(self) -> None:
        started = time.perf_counter()
        try:
            target = self.server.hosts.admit(self.path, self.headers)
            call = Call(
                method=self.command,
                target=target,
                headers=self.headers,
                peer=str(self.client_address[0]),
                body=read_body(self.headers, self.rfile),
            )
        except (BadHostError, BadBodyError) as refused:
            self.close_connection = True
            self._send(json_answer(refused.status, {"message": refused.message}))
            self._drain()
        else:
            answer = self.server.respond(call)
            self._send(answer)
            self.server.log(call, answer, (time.perf_counter() - started) * 1000)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer_any  # noqa: N815

    def _send(self, answer: Answer) -> None:
        self.send_response_only(answer.status)
        self.send_header("Date", self.date_time_string())
        for name, value in answer.headers:
            self.send_header(name, value)
        if answer.status not in BODILESS:
            self.send_header("Content-Length", str(len(answer.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD" and answer.status not in BODILESS:
            self.wfile.write(answer.body)

    def _drain(self) -> None:
        """Read on for a while: closing on a client that still sends would reset the connection under the
        answer.
        """
        self.wfile.flush()
        self.connection.settimeout(1.0)
        left = 4 * MAX_BODY
        try:
            while left > 0 and (part := self.rfile.read1(65536)):
                left -= len(part)
        except OSError:
            pass

    def handle_expect_100(self) -> bool:
        proceed = super().handle_expect_100()
        self.wfile.flush()
        return proceed

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What the parser refuses, as JSON instead of the base class's HTML, and without echoing what was
        sent.
        """
        self.close_connection = True
        self.command = self.command or ""
        self.request_version = self.protocol_version  # the parser leaves HTTP/0.9 there, which has no status line
        self._send(json_answer(code, {"message": HTTPStatus(code).phrase}))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class's name for it
        """The base class's own log lines hold query strings, which may hold secrets."""


class _Listener(ThreadingMixIn, HTTPServer):
    """One listening socket. Open connections are remembered, so that stopping does not leave them behind."""

    daemon_threads = True

    def __init__(self, listening: socket.socket, respond: "Respond", log: "Log", hosts: Hosts) -> None:
        BaseServer.__init__(self, listening.getsockname(), _Handler)
        self.socket = listening
        self.respond = respond
        self.log = log
        self.hosts = hosts
        self._open: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):  # a client that leaves is no news
            super().handle_error(request, client_address)

    def close(self) -> None:
        self.shutdown()
        self.server_close()
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # gone by itself meanwhile


Respond = Callable[[Call], Answer]
Log = Callable[[Call, Answer, float], None]


def no_log(call: Call, answer: Answer, milliseconds: float) -> None:
    """For servers that should be silent."""


class HttpServer:
    """Serves `respond` on sockets that listen already, in threads of its own, from `start()` (or `with`) to
    `stop()`. Requests for other hosts than loopback, the sockets' addresses and `names` are refused.
    """

    def __init__(
        self, respond: Respond, sockets: Sequence[socket.socket], log: Log = no_log, names: Iterable[str] = ()
    ) -> None:
        hosts = Hosts(sockets, names)
        self._listeners = [_Listener(listening, respond, log, hosts) for listening in sockets]
        self.port: int = sockets[0].getsockname()[1]

    def start(self) -> "HttpServer":
        for listener in self._listeners:
            threading.Thread(target=listener.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def stop(self) -> None:
        for listener in self._listeners:
            listener.close()

    def __enter__(self) -> "HttpServer":
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def listen(host: str = "", port: int = 0) -> list[socket.socket]:
    """Sockets that listen on `host`, or, without one, on both loopback addresses, since `localhost` may mean
    either.

    Port 0 picks a free one. Raises OSError when the port is taken; a machine without IPv6 gets the IPv4
    socket alone.
    """
    if host:
        return [_listen_on(host, port)]
    first = _listen_on("127.0.0.1", port)
    try:
        return [first, _listen_on("::1", first.getsockname()[1])]
    except OSError:
        if port and _has_ipv6():
            first.close()
            raise
        return [first]


def _listen_on(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listening.bind(address)
        listening.listen(BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening


def _has_ipv6() -> bool:
    try:
        _listen_on("::1", 0).close()
    except OSError:
        return False
    return True
