"""A server that renders pages for its visitors: it holds their sessions and, with the key, speaks for them."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from http.client import HTTPConnection
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.runtime import container, settings
from chalicelib.security import api_keys
from chalicelib.storage import api_keys as kept
from chalicelib.web.request import canonical_address
from tests.conftest import Stack
from tests.support.api import KEY, Answer, Api, TeamApi, assert_refused
from tests.support.events import invoke
from tests.support.person import PASSWORD, People, Person

VISITOR = "203.0.113.7"
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/70.0.3538.77 Safari/537.36"
)
NO_ADDRESSES = [
    "1.2.3",
    "1.2.3.4.5",
    "01.2.3.4",
    "1.2.3.256",
    "16909060",
    "\u00b2.2.3.4",
    f"{VISITOR}:443",
    f"{VISITOR}/32",
    f'"{VISITOR}"',
    f"for={VISITOR}",
    "[2001:db8::1]",
    "[2001:db8::1]:443",
    "2001:db8::1/64",
    "fe80::1%eth0",
    "fe80::1%1",
    "fe80::1%eth0;DROP",
    "fe80::1%<b>",
    "fe80::1%",
    "::ffff:192.0.2.1%1",
]
CANONICAL = {
    "2001:DB8:0:0:0:0:0:1": "2001:db8::1",
    "2001:0db8::0001": "2001:db8::1",
    "::ffff:203.0.113.7": VISITOR,
    "::FFFF:cb00:7107": VISITOR,
    f"\t{VISITOR} ": VISITOR,
}
NAMELESS = ";  Acer Iconia Tab        Build    AppleWebKit "
"""What ua-parser takes for a device and then finds no name for, which it tells as an exception."""
FORWARDED = {"X-Forwarded-For": f"{VISITOR}, 10.0.0.1", "X-Forwarded-User-Agent": CHROME, "User-Agent": "Next.js"}


def sign_in(api: Api, person: Person, headers: dict[str, str] | None = None) -> Answer:
    return api.post("/account/sessions/email", {"email": person.email, "password": PASSWORD}, headers=headers or {})


def test_secret_that_the_key_gets_is_the_session(team: TeamApi, people: People) -> None:
    person = people.new(signed_in=False)

    answer = sign_in(team, person)

    secret = answer.json["secret"]
    assert (answer.status, answer.json["current"]) == (201, True)
    assert person.api.get("/account", session=secret).json["$id"] == person.id
    listed = person.api.get("/account/sessions", session=secret).json["sessions"]
    assert [(session["$id"], session["current"], session["secret"]) for session in listed] == [
        (answer.json["$id"], True, "")
    ]


def test_secrets_are_for_keys_only(person: Person) -> None:
    for answer in (
        sign_in(person.api, person),
        person.api.post("/account/tokens/phone", {"userId": "ada", "phone": "+4915112345678"}),
        person.get("/account/sessions/current"),
        person.patch("/account/sessions/current"),
        person.api.post("/account/sessions/email", {"email": person.email, "password": PASSWORD}, key="wrong"),
    ):
        assert answer.json["secret"] == ""


def test_key_names_its_visitors_address_and_browser(team: TeamApi, person: Person) -> None:
    for answer in (sign_in(team, person, FORWARDED), team.post(f"/users/{person.id}/sessions", headers=FORWARDED)):
        session = answer.json
        assert (session["ip"], session["clientName"], session["osName"]) == (VISITOR, "Chrome", "Windows")


def test_nobody_else_does(person: Person) -> None:
    for key in ("", "wrong"):
        session = person.api.post(
            "/account/sessions/email", {"email": person.email, "password": PASSWORD}, headers=FORWARDED, key=key
        ).json
        assert (session["ip"], session["clientName"]) == ("127.0.0.1", "")


def test_key_without_the_scope_names_nobody_and_gets_no_secret(person: Person) -> None:
    """Neither a session nor a code: there is none."""
    key, value = api_keys.make("reader", tuple(scope for scope in api_keys.SCOPES if scope != "sessions.write"), 0)
    kept.keep(key)
    asked = [
        ("/account/sessions/email", {"email": person.email, "password": PASSWORD}),
        ("/account/tokens/phone", {"userId": "ada", "phone": "+4915112345678"}),
    ]

    for path, body in asked:
        refused = person.api.post(path, body, headers=FORWARDED, key=value)
        assert_refused(refused, 401, "general_unauthorized_scope")

    assert len(person.get("/account/sessions").json["sessions"]) == 1
    assert person.inbox.messages("+4915112345678") == []


def test_agent_of_the_request_counts_where_none_is_forwarded(team: TeamApi, person: Person) -> None:
    session = sign_in(team, person, {"User-Agent": CHROME}).json

    assert (session["ip"], session["clientName"]) == ("127.0.0.1", "Chrome")


@pytest.mark.parametrize(
    ("forwarded", "expected"),
    [
        ("2001:db8::1", "2001:db8::1"),
        (f"unknown, {VISITOR}", VISITOR),
        (f"10.0.0.1, {VISITOR}", "10.0.0.1"),
        (f",, {VISITOR} ,", VISITOR),
        ("<script>", "127.0.0.1"),
        ("", "127.0.0.1"),
        *((each, "127.0.0.1") for each in NO_ADDRESSES),
        *((f"{each}, {VISITOR}", VISITOR) for each in NO_ADDRESSES),
        *CANONICAL.items(),
    ],
)
def test_leftmost_address_that_is_one_counts(team: TeamApi, person: Person, forwarded: str, expected: str) -> None:
    assert sign_in(team, person, {"X-Forwarded-For": forwarded}).json["ip"] == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((VISITOR, "10.0.0.1"), VISITOR),
        (("unknown", "fe80::1%eth0", VISITOR, "10.0.0.1"), VISITOR),
        ((f"x, {VISITOR}", "10.0.0.1, 10.0.0.2"), VISITOR),
        (("x", "y"), "127.0.0.1"),
    ],
)
@pytest.mark.parametrize("parity", [False, True])
def test_several_lines_are_one_list(
    stack: Stack, person: Person, lines: tuple[str, ...], expected: str, parity: bool
) -> None:
    """The key's, and everybody's with parity."""
    names = frozenset({"forwarded-for"} if parity else ())
    key = {} if parity else {"X-Appwrite-Key": KEY}
    headers = [*key.items(), *(("x-forwarded-for", line) for line in lines)]
    with container.override("config", replace(settings.config(), parity=names)):
        session = post_with_lines(stack.endpoint, "/account/sessions/email", headers, person)

    assert session["ip"] == expected


def post_with_lines(endpoint: str, path: str, headers: list[tuple[str, str]], person: Person) -> Any:
    """The answer to a sign-in with these header lines, of which several may have one name."""
    parts = urlsplit(endpoint)
    body = json.dumps({"email": person.email, "password": PASSWORD})
    own = [("X-Appwrite-Project", "demo"), ("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    with closing(HTTPConnection(parts.hostname or "", parts.port, timeout=60)) as connection:
        connection.putrequest("POST", parts.path + path)
        for name, value in [*own, *headers]:
            connection.putheader(name, value)
        connection.endheaders(body.encode())
        return json.loads(connection.getresponse().read())


@pytest.mark.parametrize(
    ("source", "expected"), [("::ffff:192.0.2.1", "192.0.2.1"), ("2001:DB8:0::1", "2001:db8::1"), ("test", "test")]
)
def test_address_that_the_gateway_saw_is_canonical_too(person: Person, source: str, expected: str) -> None:
    body = json.dumps({"email": person.email, "password": PASSWORD})
    headers = {"X-Appwrite-Project": "demo", "Content-Type": "application/json"}

    answer = invoke("POST", "/account/sessions/email", body, source=source, **headers)

    assert json.loads(answer["body"])["ip"] == expected


@given(st.ip_addresses().map(str) | st.text("0123456789abcdefABCDEF:.% ,[]", max_size=45) | st.text(max_size=20))
@example("fe80::1%eth0;DROP")
@example("fe80::1%")
@example("::ffff:1.2.3.4%1")
def test_what_is_taken_for_an_address_is_one_in_its_canonical_form(text: str) -> None:
    found = canonical_address(text)

    assert found == "" or found == str(ip_address(found))
    assert set(found) <= set("0123456789abcdef:.")
    assert not found.startswith("::ffff:") or "." not in found


def test_parity_believes_everybodys_address_but_not_the_browser(person: Person) -> None:
    with container.override("config", replace(settings.config(), parity=frozenset({"forwarded-for"}))):
        session = sign_in(person.api, person, FORWARDED).json

    assert (session["ip"], session["clientName"]) == (VISITOR, "")


def test_limits_by_address_cannot_be_dodged_by_a_header(person: Person) -> None:
    for number in range(10):
        wrong: dict[str, Any] = {"email": person.email, "password": "wrong password"}
        person.api.post("/account/sessions/email", wrong, headers={"X-Forwarded-For": f"198.51.100.{number}"})

    assert_refused(sign_in(person.api, person, FORWARDED), 429, "general_rate_limit_exceeded")


def test_country_is_what_cloudfront_says_where_it_is_in_front(person: Person) -> None:
    with container.override("config", replace(settings.config(), cloudfront=True)):
        session = sign_in(person.api, person, {"CloudFront-Viewer-Country": "DE"}).json

    assert (session["countryCode"], session["countryName"]) == ("de", "Germany")
    assert person.get("/account/sessions/current").json["countryName"] == "Unknown"
    assert person.get("/account/sessions/current").json["countryCode"] == "--"


def test_country_that_anybody_could_have_written_is_not_believed(team: TeamApi, person: Person) -> None:
    told = {"CloudFront-Viewer-Country": "DE"}
    answers = [sign_in(person.api, person, told), sign_in(team, person, told)]
    with container.override("config", replace(settings.config(), cloudfront=True)):
        answers.append(sign_in(team, person, {**told, **FORWARDED}))  # the country of the rendering server

    assert [answer.json["countryCode"] for answer in answers] == ["--"] * 3


def test_session_by_header_acts_as_the_visitor(team: TeamApi, person: Person) -> None:
    """The header is for requests without the key: beside the key it says nothing."""
    secret = sign_in(team, person).json["secret"]

    assert person.api.get("/account", session=secret).status == 200
    assert_refused(team.get("/account", session=secret), 401, "general_unauthorized_scope")
    assert person.api.delete("/account/sessions/current", session=secret).status == 204
    assert_refused(person.api.get("/account", session=secret), 401, "general_unauthorized_scope")


def test_sign_in_never_adopts_a_value_that_came_along(team: TeamApi, person: Person) -> None:
    person.delete("/account/sessions/current")

    secret = team.post(
        "/account/sessions/email", {"email": person.email, "password": PASSWORD}, session=person.session
    ).json["secret"]

    assert secret != person.session
    assert_refused(person.get("/account"), 401, "general_unauthorized_scope")


@pytest.mark.parametrize("agent", ["", "x", "Mozilla/5.0 " * 500, "(" * 2000, "\u00e9<b>", NAMELESS, CHROME])
def test_session_has_every_field_as_text_whatever_the_agent(team: TeamApi, person: Person, agent: str) -> None:
    session = sign_in(team, person, {"User-Agent": agent}).json

    system = ("osCode", "osName", "osVersion", "deviceName", "deviceBrand", "deviceModel", "countryCode", "countryName")
    client = ("clientType", "clientCode", "clientName", "clientVersion", "clientEngine", "clientEngineVersion")
    for name in (*system, *client):
        assert isinstance(session[name], str)
        assert len(session[name]) <= 64
    assert "userAgent" not in session
