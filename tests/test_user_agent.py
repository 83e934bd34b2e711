"""What a session tells of the device and client that it was begun on; names and codes are Matomo's, as upstream."""

from __future__ import annotations

import re

import pytest

from chalicelib.user_agent import MAX_USER_AGENT, Client

BLINK = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/116.0.0.0"
BLINK_70 = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/70.0.3538.77"
WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
IPHONE = "iPhone; CPU iPhone OS 16_6 like Mac OS X"

FIELDS = ("osCode", "osName", "osVersion", "clientCode", "clientName", "clientVersion", "clientEngine", "deviceName")
AGENTS = {
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {BLINK_70} Safari/537.36": (
        ("WIN", "Windows", "10", "CH", "Chrome", "70.0", "Blink", "desktop", "", "")
    ),
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {BLINK} Safari/537.36 Edg/116.0.1938.62": (
        ("WIN", "Windows", "10", "PS", "Microsoft Edge", "116.0", "Blink", "desktop", "", "")
    ),
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {BLINK} Safari/537.36 OPR/101.0.0.0": (
        ("WIN", "Windows", "10", "OP", "Opera", "101.0", "Blink", "desktop", "", "")
    ),
    f"Mozilla/5.0 (Linux; Android 13; Pixel 7) {BLINK} Mobile Safari/537.36": (
        ("AND", "Android", "13", "CM", "Chrome Mobile", "116.0", "Blink", "smartphone", "Google", "Pixel 7")
    ),
    f"Mozilla/5.0 (Linux; Android 10; K) {BLINK} Mobile Safari/537.36": (
        ("AND", "Android", "10", "CM", "Chrome Mobile", "116.0", "Blink", "smartphone", "", "")
    ),
    f"Mozilla/5.0 (Linux; Android 13; SM-X906C) {BLINK} Safari/537.36": (
        ("AND", "Android", "13", "CH", "Chrome", "116.0", "Blink", "tablet", "Samsung", "SM-X906C")
    ),
    f"Mozilla/5.0 ({IPHONE}) {WEBKIT} Version/16.6 Mobile/15E148 Safari/604.1": (
        ("IOS", "iOS", "16.6", "MF", "Mobile Safari", "16.6", "WebKit", "smartphone", "Apple", "iPhone")
    ),
    f"Mozilla/5.0 ({IPHONE}) {WEBKIT} CriOS/116.0.5845.103 Mobile/15E148 Safari/604.1": (
        ("IOS", "iOS", "16.6", "CI", "Chrome Mobile iOS", "116.0", "WebKit", "smartphone", "Apple", "iPhone")
    ),
    f"Mozilla/5.0 (iPad; CPU OS 15_4 like Mac OS X) {WEBKIT} Version/15.4 Mobile/15E148 Safari/604.1": (
        ("IOS", "iOS", "15.4", "MF", "Mobile Safari", "15.4", "WebKit", "tablet", "Apple", "iPad")
    ),
    f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {WEBKIT} Version/16.6 Safari/605.1.15": (
        ("MAC", "Mac", "10.15", "SF", "Safari", "16.6", "WebKit", "desktop", "", "")
    ),
    "Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/117.0": (
        ("LIN", "GNU/Linux", "", "FF", "Firefox", "117.0", "Gecko", "desktop", "", "")
    ),
}


@pytest.mark.parametrize(("agent", "expected"), AGENTS.items(), ids=lambda value: str(value)[-40:])
def test_browser_is_recognised(agent: str, expected: tuple[str, ...]) -> None:
    device = Client("192.0.2.1", agent).device()

    assert tuple(device.get(name, "") for name in (*FIELDS, "deviceBrand", "deviceModel")) == expected
    assert device["clientType"] == "browser"


def test_engine_has_its_own_version() -> None:
    versions = ["70.0.3538.77", *["116.0.0.0"] * 5, *["605.1.15"] * 4, "109.0"]

    assert [Client("192.0.2.1", agent).device()["clientEngineVersion"] for agent in AGENTS] == versions


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        ("AppwriteNodeJSSDK/27.1.0 (linux 6.1; x64)", {"osCode": "LIN", "osName": "GNU/Linux"}),
        ("AppwritePythonSDK/27.0.0 (Linux; 5.10; x86_64)", {"osCode": "LIN", "osName": "GNU/Linux"}),
        ("python-requests/2.31.0", {"clientName": "Python Requests", "clientVersion": "2.31"}),
        ("node", {}),
    ],
)
def test_server_sdk_is_no_browser_and_no_device(agent: str, expected: dict[str, str]) -> None:
    assert Client("192.0.2.1", agent).device() == expected


GARBAGE = ["", "x", "\0", "浏览器", "<script>alert(1)</script>", "(" * 9999, "Mozilla/5.0 " * 9999]


@pytest.mark.parametrize("agent", GARBAGE, ids=range(len(GARBAGE)))
def test_garbage_tells_nothing(agent: str) -> None:
    assert Client("192.0.2.1", agent).device() == {}


def test_what_comes_after_the_bound_is_not_looked_at() -> None:
    agent = next(iter(AGENTS))
    padding = " " * (MAX_USER_AGENT - len(agent))

    assert Client("192.0.2.1", padding + agent).device()["clientName"] == "Chrome"
    assert Client("192.0.2.1", " " * MAX_USER_AGENT + agent).device() == {}


def test_no_field_is_long() -> None:
    device = Client("192.0.2.1", f"Mozilla/5.0 (Windows NT 10.0) Chrome/{'1' * 200}.0 Safari/537.36").device()

    assert device["clientVersion"] == device["clientEngineVersion"] == "1" * 64


@pytest.mark.parametrize(("country", "expected"), [("DE", "de"), ("de", "de"), ("Ch", "ch")])
def test_country_is_lower_case(country: str, expected: str) -> None:
    assert Client("192.0.2.1", "", country).device() == {"countryCode": expected}


@pytest.mark.parametrize("country", ["", "d", "deu", "--", "T1", "d\u00e9", "\u212ae", "DE\n", " DE"])
def test_what_is_no_country_is_left_out(country: str) -> None:
    assert Client("192.0.2.1", "", country).device() == {}


def test_one_visitors_country_is_not_the_next_ones() -> None:
    """The device is remembered by user agent; the country is not part of what is remembered."""
    agent = next(iter(AGENTS))
    Client("192.0.2.1", agent, "DE").device()

    assert "countryCode" not in Client("192.0.2.1", agent).device()


WINDOWS, PHONE = "Windows NT 10.0; Win64; x64", "Linux; Android 13; Pixel 7"


def chrome(system: str = WINDOWS, version: int = 116, mobile: str = "") -> Client:
    agent = (
        f"Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version}.0.0.0{mobile} Safari/537.36"
    )
    return Client("192.0.2.1", agent)


@pytest.mark.parametrize(
    ("client", "words"),
    [
        (chrome(), "Chrome, Windows"),
        (chrome("X11; Linux x86_64"), "Chrome, GNU/Linux"),
        (chrome(PHONE, mobile=" Mobile"), "Chrome Mobile, Android"),
    ],
)
def test_device_in_words_is_browser_and_system(client: Client, words: str) -> None:
    assert client.described() == words


@pytest.mark.parametrize(
    "agent",
    [
        *GARBAGE,
        "python-requests/2.31.0",  # a client by name, of no system
        "AppwriteNodeJSSDK/27.1.0 (linux 6.1; x64)",  # a system, of no client by name
        "Mozilla/5.0 (compatible; evil.example/1.0; +http://evil.example)",
        "Mozilla/5.0 (Windows NT 10.0) Vivaldi/6.1 Call-0900-555/1.0",
        f"Mozilla/5.0 ({IPHONE}) {WEBKIT} Version/16.6 Mobile/15E148",  # an app's own window, no browser
    ],
    ids=range(len(GARBAGE) + 5),
)
def test_words_of_a_stranger_are_never_ours(agent: str) -> None:
    assert Client("192.0.2.1", agent).described() == ""


def test_fingerprint_is_the_same_for_the_same_kind_of_device() -> None:
    known = chrome().fingerprint()

    assert re.fullmatch("[0-9a-f]{8}", known)
    assert chrome(version=140).fingerprint() == known
    assert chrome()._replace(address="198.51.100.9", country="DE").fingerprint() == known


def test_fingerprint_tells_system_browser_kind_and_model_apart() -> None:
    clients = [
        chrome(),
        chrome("X11; Linux x86_64"),
        Client("192.0.2.1", "Mozilla/5.0 (Windows NT 10.0; rv:109.0) Gecko/20100101 Firefox/117.0"),
        chrome(PHONE, mobile=" Mobile"),
        chrome(PHONE),
        chrome("Linux; Android 13; SM-X906C"),
        chrome("Linux; Android 13; Pixel 8", mobile=" Mobile"),
        Client("192.0.2.1", ""),
    ]

    assert len({client.fingerprint() for client in clients}) == len(clients)
