"""A server that renders pages for its visitors: it holds their sessions and, with the key, speaks for them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib import services
from chalicelib.security import api_keys
from chalicelib.storage import api_keys as kept
from tests.support import PASSWORD, Answer, Api, People, Person, TeamApi, assert_refused

VISITOR = "203.0.113.7"
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/70.0.3538.77 Safari/537.36"
)
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
        ("<script>", "127.0.0.1"),
        ("1.2.3", "127.0.0.1"),
        (f"{VISITOR}:443", "127.0.0.1"),
        ("", "127.0.0.1"),
    ],
)
def test_leftmost_address_that_is_one_counts(team: TeamApi, person: Person, forwarded: str, expected: str) -> None:
    assert sign_in(team, person, {"X-Forwarded-For": forwarded}).json["ip"] == expected


def test_parity_believes_everybodys_address_but_not_the_browser(person: Person) -> None:
    with services.override("config", replace(services.config(), parity=frozenset({"forwarded-for"}))):
        session = sign_in(person.api, person, FORWARDED).json

    assert (session["ip"], session["clientName"]) == (VISITOR, "")


def test_limits_by_address_cannot_be_dodged_by_a_header(person: Person) -> None:
    for number in range(10):
        wrong: dict[str, Any] = {"email": person.email, "password": "wrong password"}
        person.api.post("/account/sessions/email", wrong, headers={"X-Forwarded-For": f"198.51.100.{number}"})

    assert_refused(sign_in(person.api, person, FORWARDED), 429, "general_rate_limit_exceeded")


def test_country_comes_from_the_platform(person: Person) -> None:
    session = sign_in(person.api, person, {"CloudFront-Viewer-Country": "DE"}).json

    assert (session["countryCode"], session["countryName"]) == ("de", "Germany")
    assert person.get("/account/sessions/current").json["countryName"] == "Unknown"
    assert person.get("/account/sessions/current").json["countryCode"] == "--"


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


@pytest.mark.parametrize("agent", ["", "x", "Mozilla/5.0 " * 500, "(" * 2000, "\u00e9<b>", CHROME])
def test_session_has_every_field_as_text_whatever_the_agent(team: TeamApi, person: Person, agent: str) -> None:
    session = sign_in(team, person, {"User-Agent": agent}).json

    system = ("osCode", "osName", "osVersion", "deviceName", "deviceBrand", "deviceModel", "countryCode", "countryName")
    client = ("clientType", "clientCode", "clientName", "clientVersion", "clientEngine", "clientEngineVersion")
    for name in (*system, *client):
        assert isinstance(session[name], str)
        assert len(session[name]) <= 64
    assert "userAgent" not in session
