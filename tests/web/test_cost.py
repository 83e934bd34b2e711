"""No request costs more CPU than its size allows: a table of the worst that is known for each place in a request.

Each is compared with a plain JSON body of the same size, by the CPU time of its thread, which leaves out moto. 50 ms is
what a request may take before it is known who asks; the largest plain body took 2.5 ms of them where this was written.
A try measures both, one after the other, and one good try is enough: a busy machine makes either slower, never faster.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from email import message_from_bytes
from email.policy import HTTP
from itertools import count
from time import thread_time
from typing import Any
from urllib.parse import urlencode

import pytest

from chalicelib.runtime import container, settings
from tests.support.api import KEY, Api
from tests.support.events import event
from tests.support.person import Person

MOST = 20
TRIES = 5
BODY, PREFS = 64 * 1024, 128 * 1024
HEADERS = 10_000
"""API Gateway takes 10,240 bytes of request line and headers; the rest of them are the other headers here."""
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=x"
DISPOSITION = b'--x\r\nContent-Disposition: form-data; name="a"'


@dataclass(frozen=True)
class Asked:
    """A request. `{n}` in a header is the number of the try, so that no cache knows it."""

    method: str = "POST"
    resource: str = "/account/sessions/email"
    body: bytes | None = None
    kind: str = "application/json"
    query: dict[str, list[str]] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def size(self) -> int:
        texts = [
            self.kind,
            *self.headers.values(),
            *self.query,
            *(value for values in self.query.values() for value in values),
        ]
        return len(self.body or b"") + sum(len(text.encode()) for text in texts)

    def event(self, number: int) -> dict[str, Any]:
        headers = {"x-appwrite-project": "demo", "content-type": self.kind, **self.headers}
        numbered = {name: value.replace("{n}", str(number)) for name, value in headers.items()}
        return event(self.method, f"{self.resource}?{urlencode(self.query, doseq=True)}", self.body, **numbered)


_tries = count(1000)


def seconds(asked: Asked) -> float:
    """What the app takes of this thread's CPU. AssertionError when it fails."""
    from app import app

    given = asked.event(next(_tries))
    begun = thread_time()
    answer = app(given, None)
    taken = thread_time() - begun
    assert answer["statusCode"] < 500, answer
    return taken


def plain(size: int) -> Asked:
    """A JSON object of so many bytes as people's settings are, where the most is allowed; it is read and refused."""
    content = {f"setting{number}": f"the value of number {number}" for number in range(size // 50)}
    return Asked("PATCH", "/account/prefs", json.dumps(content).encode().ljust(size))


def is_cheap(asked: Asked, size: int = 0) -> bool:
    """Whether it takes less than MOST times as long as a plain body of its size, or of the `size` given."""
    beside = plain(min(size or asked.size, PREFS if asked.resource == "/account/prefs" else BODY))
    return any(seconds(asked) < MOST * seconds(beside) for _ in range(TRIES))


def filled(start: bytes, unit: bytes, end: bytes = b"", size: int = BODY) -> bytes:
    """`unit` between start and end, as often as fits."""
    return start + unit * ((size - len(start) - len(end)) // len(unit)) + end


JSON_BODIES = {
    "blanks": filled(b"", b" ", b"{}"),
    "text": filled(b'{"a":"', b"x", b'"}'),
    "escapes": filled(b'{"a":"', b"\\n", b'"}'),
    "escaped letters": filled(b'{"a":"', b"\\u00e9", b'"}'),
    "surrogate pairs": filled(b'{"a":"', b"\\ud83d\\ude00", b'"}'),
    "two-byte letters": filled(b'{"a":"', "\u00e9".encode(), b'"}'),
    "whole numbers": filled(b'{"a":[', b"1,", b"1]}"),
    "fractions": filled(b'{"a":[', b"1e9,", b"1]}"),
    "empty texts": filled(b'{"a":[', b'"",', b"1]}"),
    "empty lists": filled(b'{"a":[', b"[],", b"1]}"),
    "empty objects": filled(b'{"a":[', b"{},", b"1]}"),
    "nested lists": filled(b'{"a":[', b"[" * 30 + b"]" * 30 + b",", b"1]}"),
    "nested objects": filled(b'{"a":[', b'{"":' * 30 + b"1" + b"}" * 30 + b",", b"1]}"),
    "names": b"{" + b",".join(b'"%x":1' % number for number in range(BODY // 9)) + b"}",
    "one name": filled(b"{", b'"":1,', b'"":1}'),
    "long numbers": filled(b'{"a":[', b"1" * 4300 + b",", b"1]}"),
    "too long a number": filled(b'{"a":', b"1", b"}"),
    "long fraction": filled(b'{"a":0.', b"1", b"e-300}"),
    "open lists": filled(b"", b"["),
    "open objects": filled(b"", b'{"a":'),
    "quotes": filled(b"{", b'"'),
    "backslashes": filled(b'{"a":"', b"\\"),
}
FORM_BODIES = {
    character: filled(b"a=", character.encode()) for character in ("x", ";", "=", "+", "%", "%4", "%41", "%ff", "&")
} | {
    "fields": b"&".join(b"a%d=" % number + b"%41" * 215 for number in range(100)),
    "escaped letters": filled(b"a=", b"%c3%a9"),
    "letters between escapes": filled(b"a=", "%41\u00e9".encode()),
    "letters between percent signs": filled(b"a=", "%\u00e9".encode()),
    "percent signs in a name": filled(b"", "%\u00e9".encode()),
}
MULTIPART_BODIES = {
    **{repr(each): filled(b"", each) for each in (b";", b"\r", b"\n", b"\r\n", b"-", b"--x", b"\r\n--", b"--x\r\n")},
    "disposition": filled(DISPOSITION, b";"),
    "lines of a header": filled(DISPOSITION, b"\r\n a"),
    "headers": filled(DISPOSITION, b"\r\nA:b"),
    "parts": filled(b"", DISPOSITION + b"\r\n\r\n\r\n", b"--x--"),
    "parts without end": filled(b"", DISPOSITION + b"\r\n\r\n\r\n"),
    "returns in a part": filled(DISPOSITION + b"\r\n\r\n", b"\r", b"\r\n--x--"),
    "almost ends in a part": filled(DISPOSITION + b"\r\n\r\n", b"\r\n--", b"\r\n--x--"),
    "idna": filled(DISPOSITION + b"\r\nContent-Type: text/plain; charset=idna\r\n\r\n", b"x", b"\r\n--x--"),
    **{
        f"parameters {each!r}": filled(b"", filled(DISPOSITION, each, b"\r\n\r\n\r\n", 900), b"--x--")
        for each in (b";", b"; ", b";a=a", b';a="', b';a="\\', b';a="\\"', b";a", b"; a ", b"%22", b'\\"')
    },
    "types": filled(b"", filled(DISPOSITION, filled(b"\r\nContent-Type: a", b";a=a", b"", 900), b"\r\n\r\n\r\n", 7000)),
}
BODIES = {
    **{f"JSON of {name}": Asked(body=body) for name, body in JSON_BODIES.items()},
    **{f"form of {name}": Asked(body=body, kind=FORM) for name, body in FORM_BODIES.items()},
    **{f"multipart of {name}": Asked(body=body, kind=MULTIPART) for name, body in MULTIPART_BODIES.items()},
    "multipart of almost ends of a long boundary": Asked(
        body=filled(b"--" + b"x" * 70 + b"\r\nContent-Disposition: form-data\r\n\r\n", b"\r\n--" + b"x" * 69),
        kind="multipart/form-data; boundary=" + "x" * 70,
    ),
    "JSON that is too large": Asked(body=filled(b'{"a":[', b"1,", b"1]}", 4_000_000)),
}


def preferences(body: bytes, kind: str = "application/json") -> Asked:
    return Asked("PATCH", "/account/prefs", body, kind)


PREFERENCES = {
    "preferences of whole numbers": preferences(filled(b'{"a":[', b"1,", b"1]}", PREFS)),
    "preferences of nested lists": preferences(filled(b'{"a":[', b"[" * 30 + b"]" * 30 + b",", b"1]}", PREFS)),
    "preferences of percent signs": preferences(filled(b"a=", b"%", b"", PREFS), FORM),
    "preferences of semicolons": preferences(filled(DISPOSITION, b";", b"", PREFS), MULTIPART),
    "preferences of a part": preferences(filled(DISPOSITION + b"\r\n\r\n", b"x", b"\r\n--x--", PREFS), MULTIPART),
}

NAMES = [
    "accept",
    "accept-language",
    "cloudfront-viewer-country",
    "content-type",
    "cookie",
    "host",
    "origin",
    "referer",
    "user-agent",
    "x-appwrite-jwt",
    "x-appwrite-key",
    "x-appwrite-locale",
    "x-appwrite-mode",
    "x-appwrite-project",
    "x-appwrite-session",
    "x-appwrite-timestamp",
    "x-fallback-cookies",
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-forwarded-user-agent",
]


def base64_of(unit: bytes, start: bytes = b"") -> str:
    return b64encode(filled(start, unit, b"", HEADERS * 3 // 4 - 3)).decode()


UNITS = ["x", ";", ",", "=;", "a=;", "a_session_demo;", "%", "%41", "[", '{"a":', '"', "\\", "a.", "1.", "1:1,", "a, "]
UNITS += ["1.2.3.4", "::1%a,", "*/*,", "a;q=0.1,", "http://a.", "2020-01-01", "=", " ", "-", ";a=", ';a="', ';a="\\']
VALUES = {
    **{unit: filled(b"", unit.encode(), b"", HEADERS).decode() for unit in UNITS},
    "JSON of names": filled(b"{", b'"":1,', b'"":1}', HEADERS).decode(),
    "cookie of percent signs": filled(b"a_session_demo=", b"%", b"", HEADERS).decode(),
    "base64 of lists": base64_of(b"["),
    "base64 of names": base64_of(b'"":1,', b"{"),
    "base64 of digits": base64_of(b"1", b'{"id":'),
    "tokens of lists": f"{base64_of(b'[')[: HEADERS - 9]}.e30.YQ",
    "tokens of names": f"{base64_of(b'{'):.4000}.{base64_of(b'['):.4000}.YQ",
    "dots": "a.b.c" + "." * (HEADERS - 5),
}

TYPES = {
    f"multipart with parameters of {start}{unit}": Asked(
        body=b"--x\r\n", kind=f"multipart/form-data{start}{value[:-50]}"
    )
    for unit, value in VALUES.items()
    for start in ("; boundary=", ";")
}


def of(resource: str, **parameters: str) -> Asked:
    return Asked("POST", resource, json.dumps(parameters, ensure_ascii=False).encode())


def pumped(start: str, unit: str, size: int, end: str = "") -> str:
    return filled(start.encode(), unit.encode(), end.encode(), size).decode()


MAIL = "ann@example.test"
LONGEST = BODY - 200
PARAMETERS = {
    **{
        f"e-mail {unit!r} of {size}": of("/account/sessions/email", email=pumped(start, unit, size, end), password="x")
        for size in (320, LONGEST)
        for start, unit, end in [
            ("", "a", ""),
            ("", "a.", "@"),
            ("a" * 60 + "@", "a.", "-"),
            ("a@", "a-", "!"),
            ("a@", "a" * 63 + ".", "-"),
            ("", "@", ""),
            ("", " ", "a"),
            ("", ".", ""),
            ("", "A", ""),
            ("", "\u00e9", ""),
        ]
    },
    **{
        f"phone {number}": of("/account/tokens/phone", userId="unique()", phone=number)
        for number in [
            "+" + "1" * 15,
            "+1" + "2" * 10,
            "+" + "9" * 15,
            "+49" + "1" * 12,
            "+",
            "+1" * 30_000,
            "+881612345678",
        ]
    },
    **{
        f"URL {start}{unit!r} of {size}": of("/account/recovery", email=MAIL, url=pumped(start, unit, size, end))
        for size in (2048, LONGEST)
        for start, unit, end in [
            ("http://", "a.", ""),
            ("http://", "a-", "!"),
            ("http://", "a", "\\"),
            ("http://[", ":", "]"),
            ("http://localhost:", "1", ""),
            ("http://localhost:", "1", "x"),
            ("http://localhost/", "?", " "),
            ("http://localhost/?", "userId=&", ""),
            ("http://localhost/?", "%", ""),
            ("http://localhost/?", "%2575", ""),
            ("http://localhost/?", ";", ""),
            ("http://localhost/", "#", ""),
            ("", "http", ""),
        ]
    },
    **{
        f"password {unit!a} of {size}": of("/account/sessions/email", email=MAIL, password=pumped("", unit, size))
        for size in (768, 2048, 4096, LONGEST)
        for unit in ("\u0301\u0316", "\u0316\u0301\u0345", "\ufdfa", "\U0001d160", "\u1f82")
    },
    **{
        f"{name} {unit!r}": of("/account", **{"userId": "a", "email": MAIL, "password": "x", name: unit * LONGEST})
        for name in ("userId", "password", "name", "project", "locale")
        for unit in ("a", "%", ".")
    },
}


def credential(**response: str) -> bytes:
    id_ = "A" * 1364
    whole = {"id": id_, "rawId": id_, "type": "public-key", "response": response}
    return json.dumps({"challengeId": "a", "credential": whole}).encode()


def answer(otp: str) -> Asked:
    """To a challenge, in the name of somebody who may not be there."""
    claimed = b64encode(json.dumps({"id": "a", "secret": "0" * 84}).encode()).decode()
    body = json.dumps({"challengeId": "a", "otp": otp}).encode()
    return Asked("PUT", "/account/mfa/challenges", body, headers={"x-appwrite-session": claimed})


OTP = 8192
PASSKEYS = {
    **{
        f"credential of {name}": Asked("PUT", "/account/tokens/passkey", body)
        for name, body in {
            "a long id": b'{"challengeId":"a","credential":{"type":"public-key","rawId":"%s"}}' % (b"A" * LONGEST),
            "long parts": credential(
                clientDataJSON="A" * 20_000, authenticatorData="A" * 20_000, signature="A" * 20_000
            ),
            "nested lists": filled(
                b'{"challengeId":"a","credential":{"rawId":[', b"[" * 30 + b"]" * 30 + b",", b"1]}}"
            ),
        }.items()
    },
    **{
        f"otp of {start}{unit}": answer(pumped(start, unit, OTP, end))
        for start, unit, end in [
            ("", '{"a":', ""),
            ('{"a":', "[", ""),
            ('{"a":', "1", "}"),
            ('{"a":[', "[],", "1]}"),
            ("{", '"":1,', '"":1}'),
            ("", " ", "{"),
            ('{"rawId":"', "A", '"}'),
        ]
    },
}


def listed(queries: dict[str, list[str]]) -> Asked:
    return Asked("GET", "/users", query=queries, headers={"x-appwrite-key": KEY})


MANY = 16_000
"""More names than API Gateway lets through, so that it shows how their cost grows."""
QUERIES = {
    "numbered": listed({f"queries[{number}]": ["a"] for number in range(MANY)}),
    "repeated": listed({"queries[]": ["a"] * MANY}),
    "names": listed({f"q{number}": ["a"] for number in range(MANY)}),
    "brackets": listed({"[" * HEADERS: ["a"]}),
    "hundred": listed({"queries[]": ['{"method":"limit","values":[1]}'] * 100}),
    "open lists": listed({"queries[]": ["[" * 600] * 100}),
    "digits": listed({"queries[]": ['{"method":"limit","values":[' + "1" * 4300 + "]}"] * 12}),
    "text": listed({"queries[]": ['{"method":"' + "a" * 600 + '","values":[]}'] * 100}),
}

AGENTS = [
    "x",
    " ",
    ";",
    "; ",
    "(",
    "1.",
    "bot",
    " HTC",
    "; HTC ",
    "TOOKY ",
    "Teams/",
    "botDoCoMo",
    "/ iPhone",
    "Android; ",
    "MSIE ",
    "Archos ",
    "Mozilla.Mobile.",
    "Mozilla.Android.",
    "Mozilla.Linux.CrKey",
    "Profile ",
    "Build AppleWebKit ;  Acer Iconia Tab  ",
]


@pytest.fixture(autouse=True)
def _everything_is_read(api: Api) -> Iterator[None]:
    """With every setting by which more of a request is looked at, and without limits, so that each try is alike."""
    config = replace(settings.config(), rate_limits=False, cloudfront=True, parity=frozenset({"forwarded-for"}))
    with container.override("config", config):
        yield


def test_measure_finds_the_parser_that_is_quadratic() -> None:
    """The standard library's parser for mails, at a quarter of the allowed size."""
    raw = filled(b"Content-Type: multipart/form-data; boundary=x\r\n\r\n" + DISPOSITION, b";", b"", BODY // 4)
    begun = thread_time()
    [part] = message_from_bytes(raw, policy=HTTP).iter_parts()
    part.get_param("name", header="content-disposition")

    assert thread_time() - begun > 5 * MOST * min(seconds(plain(len(raw))) for _ in range(TRIES))


ROWS = {**BODIES, **PREFERENCES, **TYPES, **PARAMETERS, **PASSKEYS, **QUERIES}


@pytest.mark.parametrize("asked", ROWS.values(), ids=ROWS)
def test_request_costs_little_more_than_a_plain_one_of_its_size(asked: Asked) -> None:
    assert is_cheap(asked)


@pytest.mark.parametrize("name", NAMES)
def test_header_costs_little_more_than_a_plain_body_of_its_size(name: str) -> None:
    rows = {unit: Asked(headers={name: value}) for unit, value in VALUES.items()}

    assert [unit for unit, asked in rows.items() if not is_cheap(asked)] == []


@pytest.mark.parametrize("character", "1Aa\u00e4\u00ff\u6f22\uaaaa\U0001f600\U0010ffff")
def test_picture_costs_little_more_than_the_largest_plain_body(character: str) -> None:
    asked = Asked("GET", "/avatars/qr", query={"text": [character * 512], "size": ["1000"], "margin": ["0"]})

    assert is_cheap(asked, BODY)


@pytest.mark.parametrize("unit", AGENTS)
def test_user_agent_costs_little_more_than_the_largest_plain_body(person: Person, unit: str) -> None:
    """With all of a sign-in."""
    body = json.dumps({"email": person.email, "password": person.password}).encode()

    assert is_cheap(Asked(body=body, headers={"user-agent": filled(b"", unit.encode(), b" {n}", 512).decode()}), BODY)
