"""The pages over HTTP: what they carry, what a browser may keep of them, and where they let a visitor go."""

from __future__ import annotations

import gzip
import html
import json
import re
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode, urljoin

import pytest

from chalicelib.languages import LANGUAGES
from chalicelib.models import Project
from chalicelib.pages import files, page
from chalicelib.runtime import container, settings
from tests.support.api import Answer, Api, TeamApi, assert_refused
from tests.support.cost import counted
from tests.support.person import Person

NO_STORE = "no-cache, no-store, must-revalidate"


def configured(**changes: Any) -> AbstractContextManager[None]:
    return container.override("config", replace(settings.config(), **changes))


def opened(api: Api, name: str = "sign-in", headers: dict[str, str] | None = None, query: str = "") -> Answer:
    """The page as a browser asks for it: no project, no header of ours."""
    answer = api.get(f"/pages/{name}?{query}", project=None, headers={"Accept": "text/html", **(headers or {})})
    assert (answer.status, answer.header("Content-Type")) == (200, "text/html; charset=UTF-8")
    return answer


def known(answer: Answer) -> dict[str, Any]:
    """What the page tells its script."""
    found = re.search(r'<meta name="page" content="([^"]*)">', answer.text)
    assert found
    told: dict[str, Any] = json.loads(html.unescape(found[1]))
    return told


def linked(answer: Answer) -> list[str]:
    """The files that the page asks for."""
    return re.findall(r'(?:href|src)="static/([^"]+)"', answer.text)


@pytest.mark.parametrize("name", page.NAMES)
def test_page_is_never_kept_and_its_files_for_good(api: Api, name: str) -> None:
    answer = opened(api, name)

    assert answer.header("Cache-Control") == NO_STORE
    assert known(answer)["name"] == name
    assert len(linked(answer)) == 2
    for file in linked(answer):
        assert api.get(f"/pages/static/{file}").header("Cache-Control") == "public, max-age=31536000, immutable"


def test_page_lets_nothing_in_and_nothing_out(api: Api) -> None:
    answer = opened(api)

    policy = dict(part.strip().split(" ", 1) for part in (answer.header("Content-Security-Policy") or "").split(";"))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "connect-src": "'self'",
        "form-action": "'self'",
        "img-src": "'self' data: blob:",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    assert answer.header("Referrer-Policy") == "no-referrer"
    assert answer.header("Cross-Origin-Opener-Policy") == "same-origin"
    assert answer.header("X-Content-Type-Options") == "nosniff"
    assert not re.search(r"<style|\son\w+=|\sstyle=|https?:", answer.text)


def test_logo_is_all_that_comes_from_elsewhere(api: Api) -> None:
    with configured(brand_logo="https://cdn.example.com/logo.svg?v=2"):
        assert "img-src 'self' data: blob: https://cdn.example.com/logo.svg;" in page.policy()


def test_address_of_the_logo_ends_no_policy() -> None:
    with configured(brand_logo="https://cdn.example.com/w_100,h_40;q/logo.png"):
        assert "img-src 'self' data: blob: https://cdn.example.com/w_100%2Ch_40%3Bq/logo.png;" in page.policy()


def test_files_of_a_page_are_small(api: Api) -> None:
    for language in LANGUAGES:
        together = len(files.script(language).compressed) + len(files.style().compressed)
        assert together < 60 * 1024, language


def test_file_comes_compressed_to_who_takes_that(api: Api) -> None:
    name = files.style().name

    plain = api.get(f"/pages/static/{name}", headers={"Accept-Encoding": "identity"})
    zipped = api.get(f"/pages/static/{name}", headers={"Accept-Encoding": "gzip, br"})

    assert (plain.header("Content-Encoding"), zipped.header("Content-Encoding")) == (None, "gzip")
    assert gzip.decompress(zipped.content) == plain.content
    assert plain.header("Vary") == zipped.header("Vary") == "Origin, Accept-Encoding"


def test_file_comes_as_it_is_to_who_refuses_that(api: Api) -> None:
    name = files.style().name

    for refused in ("gzip;q=0", "br, gzip; q=0.0", "x-gzip-of-ours"):
        answer = api.get(f"/pages/static/{name}", headers={"Accept-Encoding": refused})
        assert (answer.header("Content-Encoding"), answer.content) == (None, files.style().content), refused


def test_page_finds_its_files_with_a_slash_at_the_end(api: Api) -> None:
    """API Gateway takes the address with it and without it for the same."""
    for address in ("/v1/pages/sign-in", "/v1/pages/sign-in/"):
        text = opened(api, address.removeprefix("/v1/pages/")).text
        for link in re.findall(r'(?:href|src)="([^"]*static/[^"]+)"', text):
            assert api.get(urljoin(address, link).removeprefix("/v1")).status == 200, link


def test_file_of_another_release_is_this_ones_and_is_not_kept(api: Api) -> None:
    """While traffic moves, a page of the one may ask the other for its files."""
    answer = api.get("/pages/static/en-0123456789abcdef.js")

    assert answer.content == files.script("en").content
    assert answer.header("Cache-Control") == NO_STORE


@pytest.mark.parametrize("path", ["/pages/nowhere", "/pages/static/xx-0123456789abcdef.js", "/pages/static/page.html"])
def test_what_is_not_there_is_not_found(api: Api, path: str) -> None:
    assert_refused(api.get(path), 404, "general_route_not_found")


# Language


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("de-CH, en;q=0.8", "de"),
        ("xx, fr;q=0.5, de;q=0.9", "de"),
        ("de;q=0, es", "es"),
        ("*", "en"),
        ("de;q=x", "en"),
        ("ar-EG", "ar"),
    ],
)
def test_language_is_the_browsers_first_that_there_is(api: Api, accepted: str, language: str) -> None:
    answer = opened(api, headers={"Accept-Language": accepted})

    direction = "rtl" if language == "ar" else "ltr"
    assert f'<html lang="{language}" dir="{direction}">' in answer.text
    assert f"{language}-" in linked(answer)[1]


def test_chosen_language_is_before_the_browsers(api: Api) -> None:
    assert '<html lang="fr"' in opened(api, headers={"Accept-Language": "de"}, query="lang=fr").text
    assert '<html lang="de"' in opened(api, headers={"Accept-Language": "de"}, query="lang=xx").text


# Return


def test_visitor_goes_back_to_a_listed_place(api: Api) -> None:
    assert known(opened(api, query="return=http://localhost:3000/home"))["back"] == "http://localhost:3000/home"
    assert "back" not in known(opened(api))


@pytest.mark.parametrize(
    "url",
    ["https://evil.example/", "//evil.example", "javascript:alert(1)", "https://localhost@evil.example", "/home", "x"],
)
def test_visitor_goes_nowhere_else(api: Api, url: str) -> None:
    told = known(opened(api, query=urlencode({"return": url})))

    assert (told.get("back"), told["stranger"]) == (None, True)
    assert "evil" not in opened(api, query=urlencode({"return": url})).text


def test_where_to_go_is_the_value_that_was_judged(api: Api) -> None:
    """Of two, the script is told the one that the server looked at."""
    answer = api.get("/pages/sign-in?return=http://localhost/a&return=https://evil.example/", project=None)

    assert known(answer).get("back") in (None, "http://localhost/a")


# What the page knows


def test_page_shows_the_ways_that_the_project_allows(api: Api, team: TeamApi) -> None:
    every = {"password", "emailCode", "magicLink", "phone"}
    assert known(opened(api))["ways"] == {**dict.fromkeys(every, True), "passkey": False}
    team.patch("/project/auth-methods/email-password", {"enabled": False})

    assert known(opened(api))["ways"] == {**dict.fromkeys(every, True), "passkey": False, "password": False}


@pytest.mark.parametrize(
    ("domain", "listed", "taken"),
    [
        ("", "*.example.com", False),
        ("example.com", "*.example.com", True),
        ("api.example.com", "*.example.com", True),
        ("i.example.com", "*.example.com", False),
        ("example.com", "app.example.com", False),
        ("example.org", "*.example.com", False),
    ],
)
def test_passkeys_are_offered_where_they_work(domain: str, listed: str, taken: bool) -> None:
    """At a host on or below the domain that they are bound to, and whose pages the API believes."""
    with configured(origins=(listed,)):
        told = page.page("sign-in", Project(passkey_rp_id=domain), "en", page.Visitor("api.example.com", "", False))

    assert ("passkeys&quot;: true" in told) == taken


def test_page_is_the_same_whoever_asks_but_knows_of_a_session(api: Api, person: Person) -> None:
    """So that a guest's browser asks for no account, which would be an error in its console."""
    guest = opened(api)
    cookie = opened(api, headers={"Cookie": f"a_session_demo={person.session}"})

    assert (known(guest)["visited"], known(cookie)["visited"]) == (False, True)
    assert {**known(guest), "visited": True} == known(cookie)
    assert person.id not in cookie.text


def test_page_asks_the_tables_for_nobody(api: Api, person: Person) -> None:
    headers = {"Cookie": f"a_session_demo={person.session}"}
    opened(api)

    with counted() as cost:
        opened(api, headers=headers)
        api.get(f"/pages/static/{files.style().name}", headers=headers)

    assert (cost.read, cost.written) == (set(), set())


def test_names_are_text_and_nothing_more(api: Api) -> None:
    with configured(project_name='<script>alert("$brand")</script>'):
        answer = opened(api)

    assert "<script>alert" not in answer.text
    assert known(answer)["brand"] == '<script>alert("$brand")</script>'


def test_brand_has_its_colors(api: Api) -> None:
    files.style.cache_clear()
    with configured(brand_color="#004d40"):
        assert "--brand-on-light: #004d40" in files.style().content.decode()
    files.style.cache_clear()
