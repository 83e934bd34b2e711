"""Links in mails lead to the place that was asked for, whoever parses them: here also as browsers do (WHATWG)."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

import ada_url
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib import services
from chalicelib.accounts.links import link
from chalicelib.config import Config
from chalicelib.security import origins

SECRET = "0" * 64
OURS = {"userId": "ada", "secret": SECRET, "expire": "1970-01-01T00:00:00.001+00:00"}
HOSTS = ["localhost", "127.0.0.1", "[::1]", "app.example.com", "a.preview.test"]
"""Those that are the project's, one of each kind."""
BACKSLASH = "\\"

pieces = st.sampled_from(
    [
        *("http://", "https://", "HTTP://", "//", "/", ":", "?", "#", "@", "%", "%2e", "%40", "%00", ".", "..", ";"),
        *(*HOSTS, ":80", ":8443", ":0", "evil.test", ".evil.test", "user:pw@", "a=b&", "&&", "=", "+", "userId=x"),
        *("\t", "\n", " ", "\0", "\u3002", "\uff0e", "\u00ad", "\u200b", "\u2044", BACKSLASH),
    ]
)
tails = st.lists(pieces | st.characters(), max_size=6).map("".join)
urls = st.builds(
    lambda scheme, before, host, start, tail: f"{scheme}{before}{host}{start}{tail}",
    st.sampled_from(["http://", "https://", "HTTPS://", "http:/", ""]),
    st.sampled_from(["", "", "", "evil.test@", "evil.test#@", f"evil.test{BACKSLASH}", "evil.test/", "x."]),
    st.sampled_from([*HOSTS, "LocalHost", "evil.test"]),
    st.sampled_from(["/", "?", "#", "/?a=b&c=&", ":80/", ":", "@evil.test", ".", ""]),
    tails,
)


@pytest.fixture(autouse=True, scope="module")
def _hosts() -> Iterator[None]:
    config = Config(stage="local", project="demo", origins=("localhost", "app.example.com", "*.preview.test"))
    with services.override("config", config):
        yield


def accepted(url: str) -> bool:
    try:
        return origins.redirect(url) == url
    except ValueError:
        return False


def host_in_a_browser(url: str) -> str:
    return str(ada_url.URL(url).hostname)


@given(urls)
@example("http://app.example.com/?userId=x&a=b#top")
@example(f"http://localhost{BACKSLASH}.evil.test/")
@example("http://localhost/\t/evil.test")
@example("http://evil.test@a.preview.test/")
@example("http://evil.test#a.preview.test")
@example("http://evil.test%23.a.preview.test/")
def test_accepted_redirect_leads_a_browser_to_a_host_of_the_project(url: str) -> None:
    if accepted(url):
        assert host_in_a_browser(url) == origins.host_of(url)
        assert origins.allows_host(host_in_a_browser(url))


@given(urls)
@example("http://app.example.com/?userId=x&a=b&secret=&c=&expire#top")
def test_link_has_ours_once_and_all_of_theirs(url: str) -> None:
    if accepted(url):
        made = link(url, "ada", SECRET, 1)
        before, after = urlsplit(url), urlsplit(made)
        theirs = [pair for pair in parse_qsl(before.query, keep_blank_values=True) if pair[0] not in OURS]

        assert parse_qsl(after.query, keep_blank_values=True) == [*theirs, *OURS.items()]
        assert (after.scheme, after.netloc, after.path) == (before.scheme, before.netloc, before.path)
        assert after.fragment == before.fragment


@given(urls)
def test_link_leads_a_browser_where_the_redirect_would(url: str) -> None:
    if accepted(url):
        made = ada_url.URL(link(url, "ada", SECRET, 1))
        given_ = ada_url.URL(url)

        assert (made.protocol, made.host, made.pathname) == (given_.protocol, given_.host, given_.pathname)
        assert {name: value for name, value in parse_qsl(made.search[1:]) if name in OURS} == OURS


@given(urls)
@example("http://localhost/\u00fc")
@example("http://localhost/ x")
def test_link_is_plain_ascii_without_blanks(url: str) -> None:
    """So a mail program finds its end."""
    if accepted(url):
        assert all("!" <= character <= "~" for character in link(url, "ada", SECRET, 1))
