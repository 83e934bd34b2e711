"""Servers that say what a test wants them to, and our client of DynamoDB for them."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from chalicelib.dynamodb import Credentials, DynamoDB
from infra.local.http_server import Answer, Call, HttpServer, json_answer, listen

Respond = Callable[[Call], Answer]

REGION = "eu-central-1"
KEY = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "")
OK = json_answer(200, {"Items": []})


@contextmanager
def client(endpoint: str, credentials: Credentials = KEY) -> Iterator[DynamoDB]:
    made = DynamoDB(endpoint, REGION, lambda: credentials)
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
def saying(answer: bytes) -> Iterator[str]:
    """A server that says this to whoever comes, and hangs up."""
    [listening] = listen("127.0.0.1")

    def serve() -> None:
        with suppress(OSError):
            while True:
                accepted, _ = listening.accept()
                with accepted:
                    accepted.recv(65536)
                    accepted.sendall(answer)

    threading.Thread(target=serve, daemon=True).start()
    with listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)
