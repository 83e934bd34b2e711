"""Servers that say what a test wants them to, and our client of DynamoDB for them."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from chalicelib.runtime import clock, retries
from chalicelib.runtime.dynamodb import Credentials, DynamoDB
from infra.local.http_server import Answer, Call, HttpServer, json_answer, listen

Respond = Callable[[Call], Answer]

REGION = "eu-central-1"
KEY = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "")
OK = json_answer(200, {"Items": []})


@contextmanager
def client(endpoint: str, credentials: Credentials = KEY) -> Iterator[DynamoDB]:
    made = DynamoDB(endpoint, REGION, lambda: credentials, clock.now, retries.back_off)
    yield made
    made.close()


@contextmanager
def client_of(respond: Respond) -> Iterator[DynamoDB]:
    with HttpServer(respond, listen("127.0.0.1")) as server, client(f"http://127.0.0.1:{server.port}") as made:
        yield made


class Scripted:
    """A DynamoDB that gives these answers in turn, the last one for ever, and remembers what it was asked."""

    def __init__(self, *answers: Answer) -> None:
        self._answers = list(answers)
        self.calls: list[Call] = []

    def __call__(self, call: Call) -> Answer:
        self.calls.append(call)
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


@contextmanager
def saying(*answers: bytes) -> Iterator[str]:
    """A server that says these in turn, the last one for ever, and hangs up after each."""
    left = list(answers)

    def serve(accepted: socket.socket) -> None:
        if accepted.recv(65536):
            accepted.sendall(left.pop(0) if len(left) > 1 else left[0])

    with raw_server(serve) as endpoint:
        yield endpoint


@contextmanager
def raw_server(serve: Callable[[socket.socket], None], tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """A server that leaves each connection to `serve`, in a thread of its own, and closes it afterwards."""
    [listening] = listen("127.0.0.1")

    def one(accepted: socket.socket) -> None:
        with suppress(OSError), tls.wrap_socket(accepted, server_side=True) if tls else accepted as connection:
            serve(connection)

    def accept() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=one, args=(listening.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    with listening:
        scheme, host = ("https", "localhost") if tls else ("http", "127.0.0.1")
        yield f"{scheme}://{host}:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)
