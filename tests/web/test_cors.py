"""Web pages that call: which origins may, and what their browsers are told (attack 76 of SECURITY.md)."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator
from urllib.parse import urlencode

import pytest

from chalicelib.runtime import container, settings
from chalicelib.runtime.settings import load
from infra.local.aws import APP_SCHEMES
from tests.conftest import Stack
from tests.support.api import Answer, Api, assert_refused, session_value
from tests.support.person import PASSWORD, People, Person

FOREIGN = [
    "https://evil.test",
    "https://app.example.com.evil.test",
    "https://preview.test",
    "https://xpreview.test",
    "http://127.0.0.2",
    "http://app.example.com",
    "http://app.example.com:8080",
    "http://pr-7.preview.test",
    "http://app.localhost",
    "null",
    "file://",
    "app.example.com",
]


@pytest.fixture(autouse=True)
def _hosts(api: Api) -> Iterator[None]:
    """Several origins, and the developer's own machine."""
    hosts = ("app.example.com", "*.preview.test", "localhost")
    with container.override("config", dataclasses.replace(settings.config(), origins=hosts)):
        yield


def allowed_origin(answer: Answer) -> str | None:
    return answer.header("Access-Control-Allow-Origin")


def listed(answer: Answer, name: str) -> set[str]:
    return {entry.strip().lower() for entry in (answer.header(name) or "").split(",")}


@pytest.mark.parametrize(
    "origin",
    [
        "https://app.example.com",
        "https://app.example.com:8443",
        "https://pr-7.preview.test",
        "http://localhost:3000",
        "http://127.0.0.1:5173",
        "http://[::1]:3000",
    ],
)
def test_page_of_the_project_may_call_and_read(person: Person, origin: str) -> None:
    answer = person.get("/account", headers={"Origin": origin})

    assert (answer.status, allowed_origin(answer)) == (200, origin)
    assert answer.header("Access-Control-Allow-Credentials") == "true"
    assert answer.header("Vary") == "Origin"


def test_page_of_the_project_may_read_errors_too(api: Api) -> None:
    for path in ("/account", "/nowhere"):
        assert allowed_origin(api.get(path, headers={"Origin": "https://app.example.com"})) == "https://app.example.com"


APPS = [
    *(f"{scheme}://com.example.app" for scheme in APP_SCHEMES if scheme.startswith("appwrite-")),
    "tauri://localhost",
    "capacitor://localhost",
    "ionic://localhost",
    "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
    "moz-extension://2a5f0e2c-3c55-4e8a-9f4b-0b6f3d1c2a4e",
    "safari-web-extension://C16B51B5-0D2A-4A5C-8F0E-8F7A6B5C4D3E",
]


@pytest.mark.parametrize("origin", APPS)
def test_listed_app_signs_in_and_reads_by_every_carrier(people: People, origin: str) -> None:
    person, sent = people.new(signed_in=False), {"Origin": origin}
    body = {"email": person.email, "password": PASSWORD}
    with container.override("config", dataclasses.replace(settings.config(), origins=(origin.lower(),))):
        preflight = person.api.call("OPTIONS", "/account", headers={**sent, "Access-Control-Request-Method": "GET"})
        opened = person.api.post("/account/sessions/email", body, headers=sent)
        cookie = opened.all("Set-Cookie")[-1].partition(";")[0]
        answers = [
            person.api.get("/account", headers={**sent, **carrier})
            for carrier in (
                {"Cookie": cookie},
                {"X-Fallback-Cookies": opened.header("X-Fallback-Cookies") or ""},
                {"X-Appwrite-Session": session_value(opened)},
            )
        ]

    assert {allowed_origin(answer) for answer in (preflight, opened, *answers)} == {origin}
    assert [answer.json["$id"] for answer in answers] == [person.id] * 3


@pytest.mark.parametrize("origin", [*APPS, "appwrite-ios://com.example.other", "myapp://x"])
def test_app_that_is_not_listed_is_refused(person: Person, origin: str) -> None:
    listed = ("appwrite-ios://com.example.listed", "com.example.app", "localhost")
    with container.override("config", dataclasses.replace(settings.config(), origins=listed)):
        answer = person.get("/account", headers={"Origin": origin})

    assert_refused(answer, 403, "general_unknown_origin")
    assert allowed_origin(answer) is None


@pytest.mark.parametrize("origin", [*APPS, "http://tauri.localhost", "https://localhost"])
def test_local_server_lets_any_app_call(person: Person, stack: Stack, origin: str) -> None:
    listed = load(stack.aws.environment()).origins
    with container.override("config", dataclasses.replace(settings.config(), origins=listed)):
        answer = person.get("/account", headers={"Origin": origin})

    assert (answer.status, allowed_origin(answer)) == (200, origin)


@pytest.mark.parametrize("origin", FOREIGN)
@pytest.mark.parametrize(("method", "path"), [("GET", "/account"), ("GET", "/ping"), ("DELETE", "/account/sessions")])
def test_foreign_page_is_refused_before_anything_else(person: Person, origin: str, method: str, path: str) -> None:
    answer = person.call(method, path, headers={"Origin": origin})

    assert_refused(answer, 403, "general_unknown_origin")
    assert allowed_origin(answer) is None
    assert person.get("/account").status == 200


Content = Callable[[Person], tuple[bytes, str]]


def form(person: Person) -> tuple[bytes, str]:
    return urlencode({"email": person.email, "password": PASSWORD}).encode(), "application/x-www-form-urlencoded"


def text(person: Person) -> tuple[bytes, str]:
    return f'{{"email": "{person.email}", "password": "{PASSWORD}"}}'.encode(), "text/plain"


@pytest.mark.parametrize("content", [form, text])
@pytest.mark.parametrize("origin", ["https://evil.test", "null"])
def test_foreign_page_signs_nobody_in_without_a_preflight(
    people: People, api: Api, content: Content, origin: str
) -> None:
    raw, kind = content(people.new(signed_in=False))
    headers = {"Origin": origin, "Content-Type": kind}

    answer = api.post("/account/sessions/email?project=demo", raw=raw, headers=headers, project=None)

    assert_refused(answer, 403, "general_unknown_origin")
    assert answer.all("Set-Cookie") == []


def test_without_an_origin_nothing_is_checked(api: Api) -> None:
    answer = api.get("/ping")

    assert (answer.status, allowed_origin(answer)) == (200, None)
    assert answer.header("Vary") == "Origin"


@pytest.mark.parametrize("key", ["local-api-key", "wrong", "local-api-ke", ""])
def test_only_the_api_key_lifts_the_check(api: Api, key: str) -> None:
    answer = api.get("/ping", key=key, headers={"Origin": "https://evil.test"})

    assert answer.status == (200 if key == "local-api-key" else 403)
    assert allowed_origin(answer) is None


def test_loopback_is_foreign_unless_configured(api: Api) -> None:
    only = dataclasses.replace(settings.config(), origins=("app.example.com",))
    with container.override("config", only):
        answer = api.get("/ping", headers={"Origin": "http://127.0.0.1:3000"})

    assert_refused(answer, 403, "general_unknown_origin")


def test_answer_exposes_what_the_web_sdk_reads(person: Person) -> None:
    for path in ("/account", "/account/mfa/recovery-codes"):
        answer = person.get(path, headers={"Origin": "https://app.example.com"})
        exposed = listed(answer, "Access-Control-Expose-Headers")
        limits = {f"x-ratelimit-{name}" for name in ("limit", "remaining", "reset")}
        assert exposed == {"x-appwrite-session", "x-fallback-cookies", "retry-after", *limits}


def test_page_that_traces_its_calls_may_do_so(api: Api) -> None:
    answer = api.call("OPTIONS", "/account", headers={"Origin": "https://app.example.com"})

    assert {"traceparent", "tracestate", "baggage", "sentry-trace"} <= listed(answer, "Access-Control-Allow-Headers")


# Preflights


def test_every_route_answers_preflights(api: Api) -> None:
    from app import app

    assert [path for path, methods in app.routes.items() if "OPTIONS" not in methods] == []
    for route in app.routes:
        path = re.sub(r"{\w+\+?}", "x", route)
        answer = api.call("OPTIONS", path, headers={"Origin": "https://app.example.com"}, project=None)
        assert (answer.status, answer.content) == (204, b""), path
        assert allowed_origin(answer) == "https://app.example.com"
        assert answer.header("Access-Control-Allow-Credentials") == "true"
        assert "json" not in (answer.header("Content-Type") or "")


def test_preflight_allows_what_sdks_send(api: Api) -> None:
    asked = {"Origin": "http://localhost:3000", "Access-Control-Request-Method": "PATCH"}
    answer = api.call("OPTIONS", "/account/prefs", headers=asked, project=None)

    assert listed(answer, "Access-Control-Allow-Methods") == {"get", "post", "put", "patch", "delete"}
    assert answer.header("Access-Control-Max-Age") == "86400"
    assert listed(answer, "Access-Control-Allow-Headers") >= {
        "content-type",
        "accept",
        "x-appwrite-project",
        "x-appwrite-response-format",
        "x-sdk-name",
        "x-sdk-platform",
        "x-sdk-language",
        "x-sdk-version",
        "x-fallback-cookies",
        "x-appwrite-jwt",
        "x-appwrite-locale",
        "x-appwrite-session",
        "x-appwrite-key",
        "x-appwrite-dev-key",
        "x-appwrite-timestamp",
    }


@pytest.mark.parametrize("path", ["/account", "/account/sessions/email", "/nowhere/at/all", "/"])
@pytest.mark.parametrize("origin", FOREIGN)
def test_preflight_of_a_foreign_page_lets_nothing_through(api: Api, path: str, origin: str) -> None:
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    answer = api.call("OPTIONS", path, headers=asked, project=None)

    assert (answer.status, answer.content) == (204, b"")
    assert allowed_origin(answer) is None
    assert answer.header("Vary") == "Origin"


def test_page_of_the_api_itself_needs_https_beyond_loopback(api: Api) -> None:
    """The stand-in for API Gateway takes the API's own name from Host."""
    for scheme, status in (("https", 200), ("http", 403)):
        headers = {"Origin": f"{scheme}://api.example.com", "Host": "api.example.com:443"}
        assert api.get("/ping", headers=headers).status == status


@pytest.mark.parametrize("origin", ["null", "*", "https://a.test, https://b.test", "https://user@app.example.com", ""])
def test_no_star_and_no_null_is_ever_allowed(api: Api, origin: str) -> None:
    assert allowed_origin(api.call("OPTIONS", "/account", headers={"Origin": origin}, project=None)) is None
    assert allowed_origin(api.get("/ping", headers={"Origin": origin})) is None
