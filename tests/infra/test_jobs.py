"""The queue of the development server: what was asked for is in the inbox as soon as one looks."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from tests.support.person import PASSWORD, RETURN_URL
from tests.support.servers import Server

ADDRESS = "127.81.0.1"
"""Of this client, whose sign-ups are limited for itself."""


def call(server: Server, path: str, body: dict[str, str] | None = None) -> Any:
    """The answer's JSON; a POST where there is a body."""
    connection = HTTPConnection("127.0.0.1", urlsplit(server.url).port, source_address=(ADDRESS, 0))
    headers = {"Content-Type": "application/json", "X-Appwrite-Project": "demo"}
    content = None if body is None else json.dumps(body).encode()
    connection.request("GET" if body is None else "POST", path, content, headers)
    answer = json.load(connection.getresponse())
    connection.close()
    return answer


def test_recovery_mail_is_there_at_once(development: Server) -> None:
    for number in range(5):
        email = f"jobs-{number}@example.test"
        call(development, "/v1/account", {"userId": "unique()", "email": email, "password": PASSWORD, "name": "Ada"})

        call(development, "/v1/account/recovery", {"email": email, "url": RETURN_URL})

        assert "secret=" in call(development, f"/_local/inbox?to={email}")[0]["text"]
