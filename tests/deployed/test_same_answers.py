"""The deployed zip behind API Gateway answers as the development server does: status, headers, body."""

from __future__ import annotations

import json
from typing import Protocol

import pytest

from tests.deployed.requests import Asked, Told

pytestmark = pytest.mark.deployed

PROJECT = ("X-Appwrite-Project", "demo")
JSON = ("Content-Type", "application/json")
ORIGIN = ("Origin", "http://localhost:3000")
FOREIGN = ("Origin", "https://evil.example")
BROWSER = ("Accept", "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8")
FORM = ("Content-Type", "application/x-www-form-urlencoded")
MULTIPART = ("Content-Type", "multipart/form-data; boundary=x")
PERSON = {"userId": "ada", "email": "ada@example.com", "password": "correct horse battery", "name": "Ada Łovelace"}


class Server(Protocol):
    url: str
    key: str


def get(path: str, *headers: tuple[str, str]) -> Asked:
    return Asked("GET", path, [PROJECT, *headers])


def post(path: str, body: bytes, *headers: tuple[str, str]) -> Asked:
    return Asked("POST", path, [PROJECT, *headers], body)


def part(name: str, value: str) -> bytes:
    return f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()


REQUESTS = {
    "public": get("/v1/health/version"),
    "guest": get("/v1/account"),
    "no project": Asked("GET", "/v1/account"),
    "head": Asked("HEAD", "/v1/account", [PROJECT]),
    "head of a picture": Asked("HEAD", "/v1/avatars/qr?text=x", [PROJECT]),
    "page": Asked("GET", "/v1/pages/sign-in?lang=ar", [BROWSER]),
    "style of a page": Asked("GET", "/v1/pages/static/style-0123456789abcdef.css", [("Accept", "text/css,*/*;q=0.1")]),
    "script of a page, compressed": Asked(
        "GET", "/v1/pages/static/ar-0123456789abcdef.js", [("Accept", "*/*"), ("Accept-Encoding", "gzip, br")]
    ),
    "preflight": Asked("OPTIONS", "/v1/account", [ORIGIN, ("Access-Control-Request-Method", "PATCH")]),
    "preflight of a foreign page": Asked("OPTIONS", "/v1/account", [FOREIGN]),
    "preflight of no route": Asked("OPTIONS", "/v1/nowhere/at/all", [ORIGIN]),
    "own page": get("/v1/account", ORIGIN),
    "foreign page": get("/v1/account", FOREIGN),
    "over https": get("/v1/account", ("X-Forwarded-Proto", "https")),
    "no such route": get("/v1/nowhere"),
    "no such route, deep": get("/v1/nowhere/at/all/a%2Fb"),
    "no such method": Asked("PATCH", "/v1/account", [PROJECT, ORIGIN]),
    "no such method, no page": Asked("PUT", "/v1/users", [PROJECT]),
    "stage alone": get("/v1"),
    "stage with a slash": get("/v1/"),
    "slash at the end": get("/v1/account/"),
    "two slashes": get("/v1//account"),
    "dots": get("/v1/account/../account"),
    "id with umlaut": get("/v1/users/%C3%BCml%C3%A4ut"),
    "id with a slash": get("/v1/users/a%2Fb"),
    "id encoded twice": get("/v1/users/a%252Fb"),
    "id with a space": get("/v1/users/a%20b+c"),
    "id that is no text": get("/v1/users/%FF%FE"),
    "id with NUL": get("/v1/users/a%00b"),
    "picture": get("/v1/avatars/qr?text=otpauth%3A%2F%2Ftotp%2FDemo%3Aada%3Fsecret%3DABC&size=200&margin=2"),
    "picture for a browser": get("/v1/avatars/qr?text=hello", BROWSER),
    "picture for one who wants JSON": get("/v1/avatars/qr?text=hello", ("Accept", "application/json")),
    "picture of plus and space": get("/v1/avatars/qr?text=a+b%20c%2Bd"),
    "picture of nothing": get("/v1/avatars/qr"),
    "query twice": get("/v1/avatars/qr?text=one&text=two"),
    "query without a value": get("/v1/avatars/qr?text="),
    "query without a sign": get("/v1/avatars/qr?text"),
    "query of lists": get("/v1/users?queries[0]=%7B%22method%22%3A%22limit%22%7D&queries[1]=x"),
    "query that is no text": get("/v1/avatars/qr?text=%FF"),
    "project in the query": Asked("GET", "/v1/account?project=demo&project=other"),
    "header twice": Asked("GET", "/v1/account", [PROJECT, ("X-Appwrite-Project", "other")]),
    "header in another case": Asked("GET", "/v1/account", [("x-appwrite-PROJECT", "demo")]),
    "header beyond ASCII": get("/v1/account", ("X-Appwrite-Locale", "zürich")),
    "broken cookies": get("/v1/account", ("Cookie", "a_session_demo=; =x; a_session_demo=%%%")),
    "forwarded addresses": get("/v1/account", ("X-Forwarded-For", "fe80::1%x"), ("X-Forwarded-For", "203.0.113.9")),
    "forwarded address": get("/v1/account", ("X-Forwarded-For", "203.0.113.9")),
    "wrong key": get("/v1/users", ("X-Appwrite-Key", "standard_0")),
    "no body": post("/v1/account/sessions/email", b"", JSON),
    "no body and no type": post("/v1/account/sessions/email", b""),
    "empty list": post("/v1/account/sessions/email", b"[]", JSON),
    "broken JSON": post("/v1/account/sessions/email", b'{"email":', JSON),
    "JSON that is no text": post("/v1/account/sessions/email", b'{"email":"\xff"}', JSON),
    "JSON with NaN": post("/v1/account/sessions/email", b'{"email":NaN}', JSON),
    "deep JSON": post("/v1/account/sessions/email", b"[" * 5000 + b"]" * 5000, JSON),
    "large body": post("/v1/account/sessions/email", b'{"email":"' + b"x" * 70_000 + b'"}', JSON),
    "type in another case": post(
        "/v1/account/sessions/email", b"{}", ("content-type", "Application/JSON;charset=UTF-8")
    ),
    "type unknown": post("/v1/account/sessions/email", b"\x00\x01", ("Content-Type", "application/octet-stream")),
    "form": post("/v1/account/sessions/email", b"email=ada%40example.org&password=", FORM),
    "multipart": post("/v1/account/sessions/email", part("email", "ada") + b"--x--", MULTIPART),
    "multipart without end": post("/v1/account/sessions/email", part("email", "ada"), MULTIPART),
    "multipart of many parts": post("/v1/account/sessions/email", part("email", "ada") * 101 + b"--x--", MULTIPART),
    "project in the body": Asked("POST", "/v1/account/jwts", [JSON], b'{"project":"demo"}'),
    "another project in the header": Asked(
        "POST", "/v1/account/jwts", [JSON, ("X-Appwrite-Project", "other")], b'{"project":"demo"}'
    ),
    "form, broken": post("/v1/account/sessions/email", b"email=%FF", FORM),
    "unknown factor": post("/v1/account/mfa/challenges", b'{"factor":"fax"}', JSON),
}


def assert_same(asked: Asked, development: Server, deployed: Server) -> Told:
    here, there = asked.of(development.url), asked.of(deployed.url)
    assert there.comparable() == here.comparable()
    return there


@pytest.mark.parametrize("asked", REQUESTS.values(), ids=REQUESTS)
def test_answer_is_the_same(asked: Asked, development: Server, deployed: Server) -> None:
    assert_same(asked, development, deployed)


class Visitor:
    """Somebody who does the same at both servers; each gets its own key and cookies, of the rest both get the same."""

    def __init__(self, development: Server, deployed: Server) -> None:
        self._cookies: dict[str, list[tuple[str, str]]] = {development.url: [], deployed.url: []}
        self._servers = development, deployed

    def asks(self, method: str, path: str, body: object = None, key: bool = False) -> tuple[Told, Told]:
        """What each says; that they say the same is seen to."""
        content = b"" if body is None else json.dumps(body).encode()
        answers = []
        for server in self._servers:
            own = [("X-Appwrite-Key", server.key)] if key else self._cookies[server.url]
            answer = Asked(method, path, [PROJECT, JSON, ORIGIN, *own], content).of(server.url)
            if cookies := answer.header("set-cookie"):
                self._cookies[server.url] = [("Cookie", "; ".join(each.partition(";")[0] for each in cookies))]
            answers.append(answer)
        here, there = answers
        assert there.comparable() == here.comparable()
        return here, there


def test_way_through_an_account_is_the_same(development: Server, deployed: Server) -> None:
    ada = Visitor(development, deployed)

    assert ada.asks("POST", "/v1/users", PERSON, key=True)[1].status == 201
    assert ada.asks("POST", "/v1/users", PERSON, key=True)[1].status == 409
    signed_in = ada.asks("POST", "/v1/account/sessions/email", {name: PERSON[name] for name in ("email", "password")})
    assert len(signed_in[1].header("set-cookie")) == 4
    account = ada.asks("GET", "/v1/account")[1]
    assert (account.status, account.json["name"]) == (200, PERSON["name"])
    ada.asks("PATCH", "/v1/account/prefs", {"prefs": {"colour": "blå", "deep": [1, 2.5, None, True]}})
    ada.asks("GET", "/v1/account/sessions")
    ada.asks("GET", "/v1/account/mfa/factors")
    assert ada.asks("POST", "/v1/account/mfa/recovery-codes")[1].status == 201
    assert ada.asks("POST", "/v1/account/mfa/authenticators/totp")[1].status == 200
    ada.asks("PUT", "/v1/account/mfa/authenticators/totp", {"otp": "000000"})
    ada.asks("GET", "/v1/account/logs")
    ada.asks("GET", "/v1/users/ada", key=True)
    ada.asks("GET", "/v1/users/ada/sessions", key=True)
    ended = ada.asks("DELETE", "/v1/account/sessions/current")[1]
    assert (ended.status, ended.body) == (204, b"")
    assert ada.asks("GET", "/v1/account")[1].status == 401
    assert ada.asks("DELETE", "/v1/users/ada", key=True)[1].status == 204


def test_outside_its_stage_api_gateway_forbids_what_the_development_server_does_not_find(
    development: Server, deployed: Server
) -> None:
    for path in ("/", "/account", "/v1x", "/_local/verify"):
        there = get(path).of(deployed.url)
        assert (there.status, there.json) == (403, {"message": "Forbidden"})
    assert get("/account").of(development.url).status == 404
