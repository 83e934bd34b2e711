"""What the development server prints of each request: one line, of a refused one with the reason."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest

from tests.support.api import Api
from tests.support.person import PASSWORD
from tests.support.servers import FAST_HASHES, development_server

pytestmark = pytest.mark.usefixtures("stack")  # whose OpenAPI document the answers are held against


class Printed:
    """A development server, and the lines that it has printed about requests since it was last asked."""

    def __init__(self, url: str, log: Path) -> None:
        self.url, self.api = url, Api(f"{url}/v1")
        self._log, self._seen = log, 0

    def new(self) -> list[str]:
        lines = self._log.read_text().splitlines()
        fresh, self._seen = lines[self._seen :], len(lines)
        asked = [line for line in fresh if re.match("[A-Z]+ /", line) and "/v1/health/version" not in line]
        return [re.sub(r" \d+ ms", " N ms", line) for line in asked]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Printed]:
    log = tmp_path_factory.mktemp("server") / "printed"
    with development_server(log=str(log), **FAST_HASHES) as url:
        yield Printed(url, log)


@pytest.fixture
def printed(server: Printed) -> Printed:
    server.api.get("/ping")  # after which the line of the request before stands there
    server.new()
    return server


def after(printed: Printed) -> list[str]:
    """What was printed, up to the line of one more request."""
    printed.api.get("/ping")
    *lines, last = printed.new()
    return lines if last.startswith("GET /v1/ping") else [*lines, last]


def test_refusal_has_type_and_reason_and_success_neither(printed: Printed) -> None:
    body = {"userId": "ada", "email": "ada@example.test", "password": PASSWORD}
    printed.api.post("/account", body)
    printed.api.get("/account?secret=hush", session="x")
    printed.api.post("/account/sessions/email", {"email": "ada@example.test", "password": "some password"})
    printed.api.get("/account", headers={"Origin": "https://app.example.com"})

    assert after(printed) == [
        "POST /v1/account 201 N ms",
        "GET /v1/account 401 N ms general_unauthorized_scope: session value that is none of ours",
        "POST /v1/account/sessions/email 401 N ms user_invalid_credentials: the password is wrong",
        "GET /v1/account 403 N ms general_unknown_origin: origin 'https://app.example.com' not in MFA_ORIGINS",
    ]


def test_path_forges_no_line_and_none_is_long(printed: Printed) -> None:
    """An escape sequence would rewrite what the terminal shows."""
    port = urlsplit(printed.url).port or 0
    for path in (b"/v1/\x1b[2K\x9bx", b"/v1/" + b"a" * 5000):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(b"GET " + path + b" HTTP/1.0\r\nHost: localhost\r\n\r\n")
            while connection.recv(65536):
                pass

    lines = after(printed)

    assert all(line.isascii() and line.isprintable() for line in lines)
    assert max(map(len, lines)) < 400
    assert any("\\x1b[2K" in line for line in lines)


def test_what_is_not_served_is_said_there_too(printed: Printed) -> None:
    printed.api.get("/databases")
    with pytest.raises(HTTPError) as refused:
        urlopen(f"{printed.url}/account", timeout=10)
    refused.value.close()

    there, elsewhere = after(printed)
    assert there == (
        "GET /v1/databases 404 N ms general_route_not_found: Appwrite has this, but the service databases is not "
        "served here. chalicelib/COMPATIBILITY.md lists what is."
    )
    assert elsewhere.startswith(
        "GET /account 404 N ms general_route_not_found: This is outside the API. The endpoint is"
    )
