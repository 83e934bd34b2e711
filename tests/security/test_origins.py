"""Which pages may call and where links may lead."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import ada_url
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.runtime import container
from chalicelib.runtime.settings import Config
from chalicelib.security import origins

BACKSLASH = "\\"


def configured(*hosts: str) -> Config:
    return Config(stage="local", project="demo", origins=hosts)


@pytest.fixture(autouse=True)
def _hosts() -> Iterator[None]:
    with container.override("config", configured("localhost", "app.example.com", "*.preview.test")):
        yield


PATHS = ["", "/", "/verify", "?a=b", "#top", "/verify?next=http://evil.test/%40", "/#/verify?a=b"]
LOOPBACK = ["localhost", "localhost:3000", "LocalHost:3000", "127.0.0.1", "127.0.0.1:5173", "[::1]", "[::1]:3000"]
NAMES = ["app.example.com", "APP.example.com:8443", "a.preview.test", "a.b.preview.test"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("scheme", "host"),
    [
        *((scheme, host) for scheme in ("http", "HTTP", "https", "HTTPS") for host in LOOPBACK),
        *((scheme, host) for scheme in ("https", "HTTPS") for host in NAMES),
    ],
)
def test_hosts_of_the_project_are_accepted(scheme: str, host: str, path: str) -> None:
    url = f"{scheme}://{host}{path}"

    assert origins.allows_origin(url)
    assert origins.redirect(url) == url


@pytest.mark.parametrize("rest", [*PATHS, ":8443", ":80/verify"])
@pytest.mark.parametrize("host", ["app.example.com", "a.b.preview.test", "10.0.0.1", "[::2]", "localhost.example.com"])
@pytest.mark.parametrize("scheme", ["http", "HTTP", "hTTp"])
def test_http_is_for_loopback_alone_whatever_is_listed(scheme: str, host: str, rest: str) -> None:
    url = f"{scheme}://{host}{rest}"
    with container.override("config", configured("localhost", "*.preview.test", "*.example.com", host)):
        assert not origins.allows_origin(url)
        assert not origins.allows_origin(url, own_host=host)
        with pytest.raises(ValueError, match="scheme https"):
            origins.redirect(url)
        assert origins.redirect(f"https://{host}{rest}")


@pytest.mark.parametrize(
    ("listed", "accepted"),
    [("localhost", False), ("*.localhost", True), ("app.localhost", True), ("*.app.localhost", False)],
)
def test_names_below_localhost_are_loopback_and_listed_as_all_others(listed: str, accepted: bool) -> None:
    with container.override("config", configured(listed)):
        assert origins.allows_origin("http://app.localhost:3000") is accepted
        assert origins.allows_origin("https://app.localhost") is accepted


@pytest.mark.parametrize("own_host", ["localhost", "127.0.0.1", "[::1]", "api.localhost"])
def test_page_of_the_api_itself_may_call_over_http_on_loopback(own_host: str) -> None:
    with container.override("config", configured()):
        assert origins.allows_origin(f"http://{own_host}:8000", own_host)


APPS = (
    "appwrite-ios://com.example.app",
    "appwrite-android://com.example.app_beta",
    "tauri://localhost",
    "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
    "safari-web-extension://c16b51b5-0d2a-4a5c-8f0e-8f7a6b5c4d3e",
)


@pytest.mark.parametrize("spelled", [str, str.upper])
@pytest.mark.parametrize("app", APPS)
def test_app_is_listed_by_scheme_and_name(app: str, spelled: Callable[[str], str]) -> None:
    """Some systems write identifiers in capitals."""
    with container.override("config", configured("localhost", *APPS)):
        assert origins.allows_origin(spelled(app))
        for other in (f"{app}.evil", f"{app}/", f"{app}:1", f"{app}#", f"x{app}", f"{app}\n", app.replace("://", ":/")):
            assert not origins.allows_origin(spelled(other)), other
    with container.override("config", configured("localhost", *(app.partition("://")[2] for app in APPS))):
        assert not origins.allows_origin(spelled(app))


@pytest.mark.parametrize("app", APPS)
def test_app_of_another_scheme_or_name_is_not_listed_with_it(app: str) -> None:
    with container.override("config", configured(*(each for each in APPS if each != app))):
        assert not origins.allows_origin(app)


def test_star_stands_for_any_name_of_the_scheme() -> None:
    with container.override("config", configured("appwrite-ios://*")):
        assert origins.allows_origin("appwrite-ios://com.example.app")
        assert origins.allows_origin("appwrite-ios://My App_1")
        assert origins.allows_origin("appwrite-ios://")
        for other in ("appwrite-ios://*", "appwrite-ios://a/b", "appwrite-ios:a", "appwrite-ios://a\nb", *APPS[1:]):
            assert not origins.allows_origin(other)


@pytest.mark.parametrize("app", [*APPS, "com.example.app:/verify"])
def test_host_of_a_page_is_not_an_app(app: str) -> None:
    """What stands behind a listed scheme opens nothing for web pages, nor the other way round."""
    with container.override("config", configured(app, "tauri://*")):
        for host in ("com.example.app", "localhost", "*", "verify"):
            assert not origins.allows_origin(f"https://{host}")
            assert not origins.allows_host(host)


APK = "android:apk-key-hash:Zm9vYmFy-_ZvbmZvb2JhcmZvb2JhcmZvb2JhcmZvb2U"


def test_passkeys_are_for_pages_and_apps_that_may_call() -> None:
    with container.override("config", configured("localhost", "app.example.com", "*.preview.test", *APPS)):
        for origin in ("http://localhost:3000", "https://app.example.com:8443", "https://a.preview.test", *APPS[2:]):
            assert origins.allows_ceremony(origin), origin
        for other in (
            *("http://app.example.com", "https://example.com", "https://app.example.com/", "https://app.example.com?"),
            *("app.example.com", "localhost", "null", "", "https://app.example.com.evil.test", "tauri://evil", APK),
        ):
            assert not origins.allows_ceremony(other), other


def test_app_of_android_makes_passkeys_under_the_hash_of_its_certificate_alone() -> None:
    with container.override("config", configured(APK)):
        assert origins.allows_ceremony(APK)
        for other in (APK.lower(), APK[:-1], f"{APK}=", APK.swapcase(), APK.removeprefix("android:"), f"{APK}\n"):
            assert not origins.allows_ceremony(other), other
        assert not origins.allows_origin(APK)
        assert not origins.allows_host(APK.lower())
        with pytest.raises(ValueError, match="listed URI of an app"):
            origins.redirect(APK)


LINKS = ["com.example.app:/verify", "com.example.app:/x/", "com.example.app://verify", "COM.example.App:/Verify"]


@pytest.mark.parametrize("rest", ["", "?", "?a=b", "#top", "?next=http://evil.test/%40#/home?x=1"])
@pytest.mark.parametrize("link", LINKS)
def test_link_may_open_an_app_that_is_listed(link: str, rest: str) -> None:
    with container.override("config", configured(link.lower())):
        assert origins.redirect(link + rest) == link + rest
    others = configured("localhost", "com.example.app", "appwrite-ios://com.example.app")
    with container.override("config", others), pytest.raises(ValueError, match="listed URI of an app"):
        origins.redirect(link + rest)


@pytest.mark.parametrize(
    "url",
    [
        "com.example.app:/verify/more",
        "com.example.app:/verif",
        "com.example.app:verify",
        "com.example.app://verify",
        "com.example.app:///verify",
        "com.example.app:/%76erify",
        "com.example.app:/verify\\",
        "com.example.app:/verify?\\",
        "com.example.app:/verify?a b",
        "com.example.app:/verify\n",
        "com.example.app:/verify?\u00fc",
        " com.example.app:/verify",
        "com.example.application:/verify",
        "org.example.app:/verify",
        "appwrite-ios://com.example.app",
        "tauri://localhost",
        "com.example.app:/verify?" + "x" * origins.MAX_URL,
        "com.example.app:/verify#userId=eve",
        "com.example.app:/verify#/?secret=known",
    ],
)
def test_link_opens_nothing_else(url: str) -> None:
    listed = ("com.example.app:/verify", "appwrite-ios://com.example.app", "tauri://localhost")
    with container.override("config", configured(*listed)), pytest.raises(ValueError, match=r"^URL "):
        origins.redirect(url)


@pytest.mark.parametrize("app", APPS)
def test_app_and_api_are_never_one_site(app: str) -> None:
    """So the session comes in the fallback header as well."""
    assert not origins.same_site(app, "com.example.app")
    assert not origins.same_site(app, "localhost")


REFUSED = [
    "",
    "null",
    "*",
    "localhost/x",
    "localhost:3000",
    "//localhost/x",
    "/localhost",
    "http:localhost",
    "http:/localhost",
    "http:///localhost",
    "https://",
    "ftp://localhost/",
    "javascript://localhost/%0aalert(1)",
    "data:text/html,localhost",
    "file://localhost/etc/passwd",
    "http://remotehost",
    "http://127.0.0.1.example.com",
    "http://localhost.example.com",
    "http://128.0.0.1",
    "http://127.0.0.2",
    "http://127.1",
    "http://2130706433",
    "http://0x7f.0.0.1",
    "http://[2001:db8::1]",
    "http://[0:0:0:0:0:0:0:1]",
    "http://[::1].example.com",
    "http://[::1]example.com",
    "http://[::1]]",
    "http://[[::1]",
    "http://localhost.",
    "http://localhost:99999",
    "http://localhost:80:80",
    "http://localhost:8o",
    "http://user@localhost/",
    "http://localhost@evil.test/",
    "http://localhost:pw@evil.test/",
    "http://evil.test/@localhost",
    "http://evil.test?localhost",
    "http://evil.test#@localhost",
    f"http://evil.test{BACKSLASH}@localhost/",
    f"http:{BACKSLASH}{BACKSLASH}localhost",
    f"http://localhost{BACKSLASH}.evil.test/",
    f"http://localhost/{BACKSLASH}evil.test",
    "http://localhost /",
    "http://localhost/a b",
    " http://localhost",
    "http://localhost\n",
    "http://localhost/\r\nBcc: a@evil.test",
    "http://local\thost/",
    "http://localhost/\0",
    "http://localhost/\u00fc",
    "http://localho\u017ft/",
    "http://\uff4cocalhost/",
    "http://app\u3002example\uff0ecom/",
    "http://\u212b.preview.test/",
    "http://localhost%2eevil.test/",
    "http://example.com",
    "http://xapp.example.com",
    "http://app.example.com.evil.test",
    "http://app.example.comevil.test",
    "http://preview.test",
    "http://.preview.test",
    "http://xpreview.test",
    "http://a.preview.test.evil.test",
    "http://localhost/" + "x" * 2048,
]


@pytest.mark.parametrize("url", REFUSED)
def test_every_other_place_is_refused(url: str) -> None:
    assert not origins.allows_origin(url)
    with pytest.raises(ValueError, match="URL host must be"):
        origins.redirect(url)


def test_url_may_have_2048_characters_and_no_more() -> None:
    longest = "http://localhost/".ljust(2048, "x")

    assert origins.redirect(longest) == longest
    assert origins.host_of(longest + "x") is None


@pytest.mark.parametrize(
    "fragment",
    [
        "userId=eve",
        "secret=s",
        "USERID=eve",
        "a=b&secret=s",
        "?secret=s",
        "/verify?userId=eve&secret=s",
        "/verify?a=b&secret=s",
        "!/verify;userId=eve",
        "/verify/secret=s",
        "/verify#secret=s",
        "/verify?userId[]=eve",
        "/verify?secret=",
        "/verify?%75serId=eve",
        "/verify?s%65cret=s",
        "/verify?%73%65%63%72%65%74%3Ds",
        "/verify%3FuserId%3Deve",
        "%2Fverify%3F%2575serId=eve",
        "/verify%26secret%3Ds",
    ],
)
@pytest.mark.parametrize("before", ["https://app.example.com/", "http://localhost:3000/x?a=b"])
def test_fragment_of_a_redirect_cannot_carry_what_the_link_gives(before: str, fragment: str) -> None:
    with pytest.raises(ValueError, match="fragment"):
        origins.redirect(f"{before}#{fragment}")


@pytest.mark.parametrize(
    "fragment",
    ["", "/verify", "/secret", "/userId/secret", "/verify?a=b&c=d", "/x?my-secret=1", "/x?secretary=1", "/x?xuserId=1"],
)
def test_other_fragments_are_kept(fragment: str) -> None:
    url = f"https://app.example.com/?secret=x#{fragment}"

    assert origins.redirect(url) == url


@pytest.mark.parametrize("value", [None, 1, True, [], ["http://localhost"], {"url": "http://localhost"}])
def test_redirect_is_a_string(value: object) -> None:
    with pytest.raises(ValueError, match="URL host must be"):
        origins.redirect(value)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_loopback_is_allowed_only_where_localhost_is(host: str) -> None:
    with container.override("config", configured("app.example.com")):
        assert not origins.allows_origin(f"http://{host}")


@pytest.mark.parametrize("host", ["localhost", "app.example.com"])
def test_without_configured_hosts_nobody_may_call(host: str) -> None:
    with container.override("config", configured()):
        assert not origins.allows_origin(f"http://{host}")


def _with_odd_pieces() -> st.SearchStrategy[str]:
    hosts = ["localhost", "::1", ".evil.test", "evil", "3000", "\uff0e"]
    pieces = ["http://", "https:", "//", *hosts, *"/@:[]%?#.\t", BACKSLASH]
    return st.lists(st.sampled_from(pieces) | st.characters()).map("".join)


@given(_with_odd_pieces())
def test_what_is_accepted_leads_to_its_host_for_another_parser_too(url: str) -> None:
    host = origins.host_of(url)

    if host is not None:
        parts = urlsplit(url)
        assert parts.scheme in ("http", "https")
        assert (parts.username, parts.password) == (None, None)
        assert parts.hostname == host.strip("[]")
        assert url.isascii()


@given(st.text(st.characters(codec="ascii", categories=["L", "N", "P"]), min_size=1, max_size=30))
def test_nothing_around_a_host_makes_it_another_one(odd: str) -> None:
    for url in (f"http://localhost{odd}evil.test", f"http://evil.test{odd}localhost"):
        if origins.allows_origin(url):
            assert urlsplit(url).hostname == "localhost"


@pytest.mark.parametrize(
    ("page", "api", "same"),
    [
        ("https://app.example.com", "api.example.com", True),
        ("https://example.com", "api.example.com", True),
        ("https://app.example.com:8443", "API.example.com:443", True),
        ("https://app.example.co.uk", "api.example.co.uk", True),
        ("https://app.other.co.uk", "api.example.co.uk", False),
        ("https://co.uk", "api.co.uk", False),
        ("https://co.uk", "co.uk", False),
        ("https://app.acme.com.au", "api.other.com.au", False),
        ("https://app.acme.info.pl", "api.other.info.pl", False),
        ("https://app.acme.info.pl", "api.acme.info.pl", True),
        ("https://app.example.de", "api.example.de", True),
        ("https://app.ibm.de", "api.ibm.de", True),
        ("https://ibm.de", "api.ibm.de", True),
        ("https://www.ibm.de", "www.bmw.de", False),
        ("https://app.abc.com", "api.abc.com", True),
        ("https://app.github.io", "api.github.io", False),
        ("https://a.app.github.io", "b.app.github.io", True),
        ("https://github.io", "api.github.io", False),
        ("https://foo.ck", "foo.ck", False),
        ("https://a.www.ck", "b.www.ck", True),
        ("https://a.xn--55qx5d.cn", "b.xn--55qx5d.cn", False),
        ("https://a.acme.xn--55qx5d.cn", "b.acme.xn--55qx5d.cn", True),
        ("https://app.acme.unlisted", "api.acme.unlisted", True),
        ("https://d1.cloudfront.net", "d2.cloudfront.net", False),
        ("https://page.s3.us-east-1.amazonaws.com", "abc.execute-api.us-east-1.amazonaws.com", False),
        ("https://xyz.execute-api.us-east-1.amazonaws.com", "abc.execute-api.us-east-1.amazonaws.com", False),
        ("https://abc.execute-api.us-east-1.amazonaws.com", "abc.execute-api.us-east-1.amazonaws.com", True),
        ("https://uk", "uk", False),
        ("https://example.com", "notexample.com", False),
        ("https://app.example.com", "abc.execute-api.us-east-1.amazonaws.com", False),
        ("http://app.example.com", "api.example.com", False),
        ("http://localhost:3000", "localhost", False),
        ("http://app.localhost:3000", "api.localhost", False),
        ("http://127.0.0.1:3000", "127.0.0.1", False),
        ("https://10.0.0.1", "11.0.0.1", False),
        ("https://10.0.0.1", "10.0.0.1", False),
        ("http://[::1]:3000", "[::1]", False),
        ("https://[::ffff:1.2.3.4]", "[::ffff:1.2.3.4]", False),
        ("https://a..b.com", "a..b.com", False),
        ("null", "api.example.com", False),
        ("", "api.example.com", False),
        ("", "", False),
    ],
)
def test_same_site_means_a_shared_registrable_domain(page: str, api: str, same: bool) -> None:
    assert origins.same_site(page, api) is same


def test_list_is_read_once_and_only_for_names_that_it_must_tell_apart() -> None:
    origins._public_suffixes.cache_clear()
    for page, api in [
        ("", "api.example.com"),
        ("http://localhost:3000", "localhost"),
        ("http://127.0.0.1:3000", "127.0.0.1"),
        ("http://[::1]:3000", "[::1]"),
        ("https://10.0.0.1", "10.0.0.1"),
        ("https://app.example.com", "abc.execute-api.us-east-1.amazonaws.com"),
    ]:
        assert not origins.same_site(page, api)
    assert origins._public_suffixes.cache_info().misses == 0

    for _ in range(3):
        assert origins.same_site("https://app.example.com", "api.example.com")
    assert origins._public_suffixes.cache_info().misses == 1


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://app.example.com", "https://app.example.com"),
        ("HTTPS://App.Example.com:443/in?a=b#c", "https://app.example.com"),
        ("https://app.example.com:8443/", "https://app.example.com:8443"),
        ("https://app.example.com:80/", "https://app.example.com:80"),
        ("https://app.example.com:/", "https://app.example.com"),
        ("http://localhost:80/", "http://localhost"),
        ("http://localhost:3000?a", "http://localhost:3000"),
        ("http://[::1]:5173/", "http://[::1]:5173"),
    ],
)
def test_origin_of_a_page_is_as_browsers_send_it(url: str, origin: str) -> None:
    assert origins.origin_of(url) == origin == ada_url.URL(url).origin


@pytest.mark.parametrize("url", ["com.example.app:/in", "appwrite-ios://com.example.app", "http://app.example.com", ""])
def test_what_is_no_page_has_no_origin(url: str) -> None:
    assert origins.origin_of(url) == ""


@pytest.mark.parametrize(
    ("origin", "app"),
    [
        ("appwrite-ios://com.example.app", True),
        ("Appwrite-iOS://com.example.app", True),
        ("appwrite-ios://com.example.other", False),
        ("https://app.example.com", False),
        ("http://localhost", False),
        ("null", False),
        ("", False),
    ],
)
def test_app_is_told_from_pages(origin: str, app: bool) -> None:
    with container.override("config", configured("app.example.com", "localhost", "appwrite-ios://com.example.app")):
        assert origins.is_app(origin) is app


def test_host_of_the_settings_page_is_the_projects() -> None:
    """The deployment's own pages: mails lead there, and passkeys are taken there, without being listed."""
    own = "https://mfa.example.com/v1/pages/verify"
    with pytest.raises(ValueError, match="URL host must be one of the project's origins"):
        origins.redirect(own)
    assert not origins.allows_ceremony("https://mfa.example.com")

    with container.override("config", replace(configured(), settings_page="https://mfa.example.com/v1/pages/settings")):
        assert origins.redirect(own) == own
        assert origins.allows_ceremony("https://mfa.example.com")
        assert not origins.allows_ceremony("https://example.com")
        assert origins.pages() == ["https://mfa.example.com"]
