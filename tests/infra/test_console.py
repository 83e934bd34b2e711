"""The console of the development server: its page, who may use it, and the clock that it moves."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from infra.local.clock import MOST, Clock
from infra.local.console import FOLDER, SDK, Console
from infra.local.gateway import Gateway
from tests.infra.conftest import toy_app
from tests.infra.test_gateway import call
from tests.support.api import Api, assert_refused, session_value
from tests.support.person import PASSWORD
from tests.support.servers import Server

SETTINGS = {"MFA_PROJECT": "p", "MFA_PROJECT_NAME": "P", "MFA_KEY": "k"}
OTHERS = ["https://evil.example", "http://localhost:5173", "http://localhost", "http://127.0.0.1:1", "null"]


@pytest.fixture
def clock() -> Iterator[Clock]:
    with closing(Clock()) as clock:
        yield clock


@pytest.fixture
def console(clock: Clock) -> Iterator[Gateway]:
    with Gateway(toy_app(), console=Console(SETTINGS, clock)) as gateway:
        yield gateway


def move(gateway: Gateway, body: Any, **headers: str) -> Any:
    return call(gateway, "PUT", "/_local/clock", body if isinstance(body, str) else json.dumps(body), **headers)


def test_page_and_its_files_are_served_under_a_strict_policy(console: Gateway) -> None:
    page = call(console, "GET", "/")
    named = re.findall(r'(?:src|href)="(/_local/console/[^"]+)"', page.body.decode())
    assert {name.rpartition(".")[2] for name in named} == {"css", "js", "svg"}
    for path in ("/", *(f"/_local/console/{each.name}" for each in FOLDER.iterdir()), *named):
        response = call(console, "GET", path)
        assert response.status == 200
        assert response.headers["Content-Security-Policy"] == (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
            "frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
            "require-trusted-types-for 'script'"
        )
        assert (response.headers["Referrer-Policy"], response.headers["Cache-Control"]) == ("no-referrer", "no-store")
        assert "Access-Control-Allow-Origin" not in response.headers


def test_page_asks_for_nothing_elsewhere_and_has_no_script_or_style_of_its_own() -> None:
    for file in FOLDER.iterdir():
        text = file.read_text()
        assert not re.search(r"\b(src|href)=\"(https?:)?//|@import|url\(|from \"https?:", text), file.name
        assert not re.search(r"<style|<script(?! type=\"module\" src=)|\sstyle=|\son[a-z]+=\"", text), file.name


@pytest.mark.parametrize("name", ["../console.py", "..%2fconsole.py", "", "nothing.js", "%2e%2e/clock.py"])
def test_no_other_file_is_served(console: Gateway, name: str) -> None:
    assert call(console, "GET", f"/_local/console/{name}").status == 404


def test_console_is_told_what_runs(console: Gateway, clock: Clock) -> None:
    clock.move(60)
    told = json.loads(call(console, "GET", "/_local/about").body)
    assert told == {"project": "p", "projectName": "P", "key": "k", "ahead": 60, "example": SDK.exists()}


def test_example_is_for_this_server_and_opens_where_the_sdk_is(
    console: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sdk = tmp_path / "sdk.js"
    monkeypatch.setattr("infra.local.console.SDK", sdk)
    source = call(console, "GET", "/_local/example/index.html")
    assert source.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert f'setEndpoint("http://127.0.0.1:{console.port}/v1").setProject("p")' in source.body.decode()
    assert '<script src="https://cdn.' in source.body.decode()
    for path in ("/_local/example/", "/_local/example/sdk.js", "/_local/example/other"):
        assert call(console, "GET", path).status == 404

    sdk.write_text("var Appwrite = {};")
    page = call(console, "GET", "/_local/example/")
    assert '<script src="/_local/example/sdk.js">' in page.body.decode()
    assert "https:" not in page.headers["Content-Security-Policy"]
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert "script-src 'self' 'sha256-" in page.headers["Content-Security-Policy"]
    assert call(console, "GET", "/_local/example/sdk.js").body == sdk.read_bytes()


@pytest.mark.parametrize("origin", OTHERS)
def test_no_other_page_reads_the_key_or_moves_the_clock(console: Gateway, clock: Clock, origin: str) -> None:
    """Not one of this machine either: what it may do is the API's to say."""
    asked = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "content-type"}
    answers = [
        call(console, "GET", "/_local/about", Origin=origin),
        call(console, "OPTIONS", "/_local/about", None, "", Origin=origin, **asked),
        call(console, "OPTIONS", "/_local/clock", None, "", Origin=origin, **asked),
        move(console, {"ahead": 60}, Origin=origin),
    ]
    assert [answer.status for answer in answers] == [200, 405, 405, 403]
    assert all(not name.lower().startswith("access-control-") for answer in answers for name in answer.headers)
    assert answers[0].headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert clock.ahead == 0


def test_console_and_scripts_move_the_clock(console: Gateway, clock: Clock) -> None:
    for ahead, headers in ((60, {}), (MOST, {"Origin": f"http://127.0.0.1:{console.port}"}), (0, {})):
        response = move(console, {"ahead": ahead}, **headers)
        assert (response.status, json.loads(response.body)) == (200, {"ahead": ahead})
        assert clock.ahead == ahead


@pytest.mark.parametrize(
    "body", ["", "{", "[]", "600", {}, *({"ahead": ahead} for ahead in (-1, MOST + 1, 1.5, "60", True, None))]
)
def test_clock_stays_where_it_is_when_asked_for_what_it_cannot_be(console: Gateway, clock: Clock, body: Any) -> None:
    clock.move(60)
    response = move(console, body)
    assert response.status == 400
    assert "whole seconds" in json.loads(response.body)["message"]
    assert clock.ahead == 60


@pytest.mark.usefixtures("stack")  # whose OpenAPI document the answers are held against
def test_whole_server_goes_by_the_clock(development: Server) -> None:
    """A session ends once its time has come, mails have the date, and back at the present it goes on. Of the time that
    was then, nothing is remembered: a change of the project counts at once.
    """
    api, email = Api(f"{development.url}/v1", address="127.82.0.1"), "clock@example.test"
    api.post("/account", {"userId": "unique()", "email": email, "password": PASSWORD})
    session = session_value(api.post("/account/sessions/email", {"email": email, "password": PASSWORD}))
    try:
        outside(development, "clock", {"ahead": 31 * 86_400})
        assert_refused(api.get("/account", session=session), 401, "general_unauthorized_scope")
        later = session_value(api.post("/account/sessions/email", {"email": email, "password": PASSWORD}))
        asked = api.get("/health/time", key=development.key).json["localTime"]
        api.post("/account/verifications/email", {"url": "http://localhost/"}, session=later)
        [mail] = outside(development, f"inbox?to={email}")
        assert datetime.fromisoformat(mail["sentAt"]).timestamp() >= asked > time.time() + 30 * 86_400
    finally:
        outside(development, "clock", {"ahead": 0})
    assert api.get("/account", session=session).status == 200
    for enabled, status in ((False, 501), (True, 201)):
        api.patch("/project/auth-methods/jwt", {"enabled": enabled}, key=development.key)
        assert api.post("/account/jwts", session=session).status == status


def outside(server: Server, what: str, body: Any = None) -> Any:
    """The JSON that the server itself answers, beside the API."""
    content = None if body is None else json.dumps(body).encode()
    request = Request(f"{server.url}/_local/{what}", content, method="PUT" if content else "GET")
    with urlopen(request, timeout=10) as response:
        return json.load(response)
