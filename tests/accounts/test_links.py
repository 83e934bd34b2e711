"""Links in mails lead to the place that was asked for, whoever parses them: here also as browsers do (WHATWG)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from urllib.parse import parse_qsl, unquote, urlsplit

import ada_url
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.accounts.links import link
from chalicelib.runtime import container
from chalicelib.runtime.settings import Config
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
    with container.override("config", config):
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


QUERIES = [
    ("", ""),
    ("a=b", "a=b"),
    ("a", "a"),
    ("a=", "a="),
    ("=", "="),
    ("=a", "=a"),
    ("&", "&"),
    ("&&a&&", "&&a&&"),
    ("?a=?", "?a=?"),
    ("b=1&a=2&b=3&a=2", "b=1&a=2&b=3&a=2"),
    ("a==b=c", "a==b=c"),
    ("a=b%20c+d%2Be", "a=b%20c+d%2Be"),
    ("a=%E4%F6&%FC=1", "a=%E4%F6&%FC=1"),
    ("a=%c3%a4&b=%C3%A4", "a=%c3%a4&b=%C3%A4"),
    ("a=%00%0d%0a%25%zz%", "a=%00%0d%0a%25%zz%"),
    ("next=%2Fx%3FuserId%3D1%26secret%3D2", "next=%2Fx%3FuserId%3D1%26secret%3D2"),
    ("next=/x?userId=1", "next=/x?userId=1"),
    ("a=b;c=d;", "a=b;c=d;"),
    ("a[]=1&a[b]=2&{a}=|", "a[]=1&a[b]=2&{a}=|"),
    ("my-secret=1&secrets=2&xuserId=3&userIds=4&secret.x=5&expires=6", None),
    # ours
    ("userId=eve", ""),
    ("?userId=eve&??secret=x&a=b", "a=b"),
    ("secret", ""),
    ("userId=eve&a=b", "a=b"),
    ("a=b&userId=eve", "a=b"),
    ("a=b&userId=eve&&c", "a=b&&c"),
    ("&userId=eve&", "&"),
    ("userId=eve&secret=x&expire=never&secret=y", ""),
    ("%75serId=eve&s%65cret=x&a=%75", "a=%75"),
    ("%75%73%65%72%49%64=eve&%2575serId=eve", ""),
    ("USERID=eve&Secret=x&userid", ""),
    ("userId[]=eve&secret%5B0%5D=x&userId[a][b]=c&secret[", ""),
    ("+userId=eve&%20secret+=x&secret%09=y", ""),
    ("a=b;userId=eve;c=d", "a=b;c=d"),
    ("userId=eve;a=b", "a=b"),
    ("a;secret=x", "a"),
]


@pytest.mark.parametrize(("query", "kept"), QUERIES)
@pytest.mark.parametrize("fragment", ["", "#", "#/top?a=b"])
@pytest.mark.parametrize("before", ["HTTPS://App.example.com", "http://localhost:3000/a%20b/%E4;x=y"])
def test_query_is_kept_byte_for_byte_but_for_our_names(
    before: str, query: str, kept: str | None, fragment: str
) -> None:
    kept = query if kept is None else kept
    asked = f"{before}?{query}" if query else before
    assert accepted(asked + fragment)

    made = link(asked + fragment, "ada", SECRET, 1)

    end = f"{'&' if kept else ''}userId=ada&secret={SECRET}&expire=1970-01-01T00%3A00%3A00.001%2B00%3A00{fragment}"
    assert made == f"{before}?{kept}{end}"
    in_a_browser = ada_url.URLSearchParams(urlsplit(made).query)
    assert {name: in_a_browser.get(name) for name in OURS} == OURS


def test_empty_query_is_none() -> None:
    assert link("http://localhost/?#top", "ada", SECRET, 1).startswith("http://localhost/?userId=ada&")


@given(urls)
@example("http://app.example.com/?userId=x&a=b&secret=&c=&expire#top")
def test_link_has_ours_once_and_last_and_changes_nothing_before(url: str) -> None:
    if accepted(url):
        made = link(url, "ada", SECRET, 1)
        before, after = urlsplit(url), urlsplit(made)
        pairs = parse_qsl(after.query, keep_blank_values=True)

        assert pairs[-3:] == [*OURS.items()]
        assert [name for name, _ in pairs if name in OURS] == [*OURS]
        theirs = Counter(re.split("[&;]", before.query) if before.query else [])
        kept = Counter(re.split("[&;]", after.query)[:-3])
        assert kept <= theirs
        assert all(re.search("userid|secret|expire", unquote(unquote(gone)).lower()) for gone in theirs - kept)
        assert (after.scheme, after.netloc, after.path) == (before.scheme, before.netloc, before.path)
        assert after.fragment == before.fragment


@given(urls)
def test_link_leads_a_browser_where_the_redirect_would(url: str) -> None:
    if accepted(url):
        made = ada_url.URL(link(url, "ada", SECRET, 1))
        given_ = ada_url.URL(url)

        assert (made.protocol, made.host, made.pathname) == (given_.protocol, given_.host, given_.pathname)
        assert {name: ada_url.URLSearchParams(made.search).get(name) for name in OURS} == OURS


@given(urls)
@example("http://localhost/\u00fc")
@example("http://localhost/ x")
def test_link_is_plain_ascii_without_blanks(url: str) -> None:
    """So a mail program finds its end."""
    if accepted(url):
        assert all("!" <= character <= "~" for character in link(url, "ada", SECRET, 1))
