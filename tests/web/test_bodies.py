"""Bodies: JSON, forms, nothing, and everything that cannot be read (attack 67 of SECURITY.md)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.web import request
from tests.support.api import Answer, Api, assert_refused
from tests.support.events import invoke
from tests.support.person import PASSWORD, People, Person
from tests.support.tables import Tables

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=x"
ANN = "ann@example.test"
Encoded = tuple[bytes, str]


def as_json(fields: dict[str, str]) -> Encoded:
    return json.dumps(fields).encode(), "application/json"


def as_json_with_charset(fields: dict[str, str]) -> Encoded:
    return json.dumps(fields).encode(), "Application/JSON; charset=UTF-8"


def as_json_without_type(fields: dict[str, str]) -> Encoded:
    return json.dumps(fields).encode(), ""


def as_form(fields: dict[str, str]) -> Encoded:
    return urlencode(fields).encode(), FORM


def as_multipart(fields: dict[str, str]) -> Encoded:
    parts = [
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()
    ]
    return "".join([*parts, "--x--\r\n"]).encode(), MULTIPART


def send(api: Api, method: str, path: str, raw: bytes, kind: str = "application/json", **options: Any) -> Answer:
    return api.call(method, path, raw=raw, headers={"Content-Type": kind}, **options)


def assert_unreadable(answer: Answer) -> None:
    """A refusal that tells nothing of how the body was read."""
    assert_refused(answer, 400, "general_argument_invalid")
    for internal in ("codec", "Error", "surrogates not", "json", "column", "Traceback"):
        assert internal not in answer.json["message"]


@pytest.mark.parametrize("encode", [as_json, as_json_with_charset, as_json_without_type, as_form, as_multipart])
def test_every_kind_of_body_is_read(api: Api, encode: Callable[[dict[str, str]], Encoded]) -> None:
    fields = {
        "userId": "zoe",
        "email": "zoe@example.test",
        "password": "p\u00e4ss & w\u00f6rd+=%",
        "name": "Zo\u00eb \U0001f370",
    }

    created = send(api, "POST", "/account", *encode(fields))

    assert (created.status, created.json["name"]) == (201, "Zo\u00eb \U0001f370")
    assert "Zo\u00eb \U0001f370" in created.text  # not escaped
    sign_in = {"email": fields["email"], "password": fields["password"]}
    assert send(api, "POST", "/account/sessions/email", *encode(sign_in)).status == 201


@pytest.mark.parametrize("kind", ["application/json", "Application/JSON; charset=UTF-8", ""])
@pytest.mark.parametrize("before", [b"", b" \r\n\t"])
def test_byte_order_mark_before_json_is_ignored(api: Api, kind: str, before: bytes) -> None:
    """RFC 8259 8.1. One within a value is a character as any other."""
    fields = {"userId": "zoe", "email": "zoe@example.test", "password": PASSWORD, "name": "\ufeffZo\u00eb"}
    raw = b"\xef\xbb\xbf" + before + json.dumps(fields, ensure_ascii=False).encode()

    created = send(api, "POST", "/account", raw, kind)

    assert (created.status, created.json["name"]) == (201, "\ufeffZo\u00eb")


@pytest.mark.parametrize(("encode", "kind"), [(as_form, FORM), (as_multipart, MULTIPART)])
def test_byte_order_mark_is_no_part_of_a_form(
    people: People, encode: Callable[[dict[str, str]], Encoded], kind: str
) -> None:
    """The URL standard decodes forms without looking for one, and RFC 7578 starts with the boundary."""
    person = people.new(signed_in=False)
    raw, _ = encode({"email": person.email, "password": PASSWORD})

    answer = send(person.api, "POST", "/account/sessions/email", b"\xef\xbb\xbf" + raw, kind)

    assert_refused(answer, 400, "general_argument_invalid")


@pytest.mark.parametrize("kind", ["text/plain", "application/octet-stream", "application/xml", "text/json", "x", ";"])
def test_other_kinds_of_body_have_no_parameters(person: Person, kind: str) -> None:
    raw = json.dumps({"email": person.email, "password": PASSWORD}).encode()

    answer = send(person.api, "POST", "/account/sessions/email", raw, kind)

    if kind == ";":
        assert answer.status == 201  # no type at all
    else:
        assert_refused(answer, 400, "general_argument_invalid")
        assert answer.json["message"] == 'Param "email" is not optional.'


@pytest.mark.parametrize(
    "raw", [b"", b" ", b"\r\n", b"\xef\xbb\xbf", b"null", b"[]", b"{}", b" [ ] ", b'{"project": null}']
)
@pytest.mark.parametrize("kind", ["application/json", ""])
def test_nothing_is_no_parameters(person: Person, raw: bytes, kind: str) -> None:
    assert send(person.api, "DELETE", "/account/sessions/current", raw, kind, session=person.session).status == 204


def switching_on(more: bytes) -> bytes:
    """A body that would switch MFA on, were it not for the rest."""
    return b'{"mfa": true, ' + more + b"}"


UNREADABLE = {
    "cut off": b'{"mfa": true',
    "trailing": b'{"mfa": true} x',
    "comment": b'{"mfa": true /* x */}',
    "list": b'[{"mfa": true}]',
    "text": b'"{}"',
    "number": b"1",
    "zero": b"0",
    "empty text": b'""',
    "no white space of JSON": b"\xc2\xa0",
    "false": b"false",
    "NaN": switching_on(b'"name": NaN'),
    "infinity": switching_on(b'"name": [-Infinity]'),
    "overflow": switching_on(b'"name": 1e999'),
    "overflow within": switching_on(b'"name": {"a": [-1e999]}'),
    "endless number": switching_on(b'"name": ' + b"1" * 5000),
    "not UTF-8": switching_on(b'"name": "\xff"'),
    "UTF-16": '{"mfa": true}'.encode("utf-16"),
    "byte order mark alone": b"\xef\xbb\xbf",
    "two byte order marks": b'\xef\xbb\xbf\xef\xbb\xbf{"mfa": true}',
    "byte order mark after a blank": b' \xef\xbb\xbf{"mfa": true}',
    "byte order mark at the end": b'{"mfa": true}\xef\xbb\xbf',
    "half a byte order mark": b'\xef\xbb{"mfa": true}',
    "UTF-16 byte order mark": b'\xff\xfe{"mfa": true}',
    "UTF-32": '{"mfa": true}'.encode("utf-32"),
    "surrogate": switching_on(b'"name": "\\ud800"'),
    "surrogate in a name": switching_on(b'"\\udfff": 1'),
    "surrogate within": switching_on(b'"name": [["\\ud83d"]]'),
    "NUL": switching_on(b'"name": "a\\u0000b"'),
    "NUL in a name": switching_on(b'"a\\u0000b": 1'),
    "deep lists": switching_on(b'"name": ' + b"[" * 33 + b"1" + b"]" * 33),
    "deep objects": switching_on(b'"name": ' + b'{"a":' * 33 + b"1" + b"}" * 33),
    "very deep": switching_on(b'"name": ' + b"[" * 30_000 + b"]" * 30_000),
    "large": switching_on(b'"name": "' + b"x" * 65_536 + b'"'),
    "blanks": b'{"mfa": true}' + b" " * 65_536,
}


@pytest.mark.parametrize("raw", UNREADABLE.values(), ids=UNREADABLE)
def test_unreadable_json_is_refused_and_changes_nothing(person: Person, tables: Tables, raw: bytes) -> None:
    before = tables.everything()

    assert_unreadable(send(person.api, "PATCH", "/account/mfa", raw, session=person.session))

    assert tables.everything() == before


def signing_in(more: bytes, kind: str) -> bytes:
    """A form that would sign Ann in, were it not for the rest."""
    raw, _ = (as_form if kind == FORM else as_multipart)({"email": ANN, "password": PASSWORD})
    return raw + b"&" + more if kind == FORM else raw.removesuffix(b"--x--\r\n") + b"--x\r\n" + more + b"\r\n--x--"


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        (b"name=%ff", FORM),
        (b"name=\xff", FORM),
        (b"name=%ed%a0%80", FORM),
        (b"name=a%00b", FORM),
        (b"&".join(b"a=1" for _ in range(101)), FORM),
        (b"name=" + b"x" * 65_536, FORM),
        (b'Content-Disposition: form-data; name="name"\r\n\r\n\xff', MULTIPART),
        (b'Content-Disposition: form-data; name="name"\r\n\r\na\0b', MULTIPART),
        (b"Content-Disposition: " + b"(" * 9999 + b"\r\n\r\nv", MULTIPART),
        (b"\r\n" + b"x" * 65_536, MULTIPART),
        (b"\r\nv", f"{MULTIPART}; name*1*"),
    ],
)
def test_unreadable_form_is_refused(people: People, more: bytes, kind: str) -> None:
    person = people.new(email=ANN, signed_in=False)

    answer = send(person.api, "POST", "/account/sessions/email", signing_in(more, kind), kind)

    assert_unreadable(answer)
    assert answer.all("Set-Cookie") == []


@pytest.mark.parametrize(
    ("more", "kind"), [(b"name=x", FORM), (b'Content-Disposition: form-data; name="name"\r\n\r\nx', MULTIPART)]
)
def test_form_with_something_else_is_read(people: People, more: bytes, kind: str) -> None:
    person = people.new(email=ANN, signed_in=False)

    assert send(person.api, "POST", "/account/sessions/email", signing_in(more, kind), kind).status == 201


def test_guest_with_an_unreadable_body_is_told_to_sign_in(api: Api) -> None:
    assert_refused(send(api, "PATCH", "/account/mfa", b"{"), 401, "general_unauthorized_scope")


@given(st.binary(max_size=200), st.sampled_from(["application/json", FORM, MULTIPART, "multipart/form-data; a*1*"]))
def test_any_bytes_are_read_or_refused(raw: bytes, kind: str) -> None:
    """No parser of ours or of the library's fails in another way."""
    parse = {"application/json": request._parse_json, FORM: request._parse_form}
    content = b"--x\r\nContent-Disposition: form-data; " + raw if kind == MULTIPART else raw
    try:
        fields = parse[kind](content) if kind in parse else request._parse_multipart(content, kind)
        request._check_depth_and_text(fields)
    except ValueError:
        return
    assert isinstance(fields, dict)


PART = '--x\r\nContent-Disposition: form-data; name="email"\r\n'
OTHER = PART.replace("email", "a")


@pytest.mark.parametrize(
    "part",
    [
        f"{PART}\r\n{ANN}",
        f"{PART}Content-Type: text/plain; charset=utf-16\r\n\r\n{ANN}",  # is UTF-8 all the same
        f"{PART}Content-Type: multipart/mixed; boundary=y\r\nContent-Length: {len(ANN)}\r\n\r\n{ANN}",
        f'--x\r\ncontent-disposition: form-data; filename="a"; name="email"\r\n\r\n{ANN}',
        f"--x\r\ncontent-disposition:form-data;name=email\r\n\r\n{ANN}",
        f"{PART}A: {'b' * 1021}\r\n\r\n{ANN}",
        PART + "A: b\r\n" * 7 + f"\r\n{ANN}",
        f"{PART}\r\nv\r\n" * 98 + f"{PART}\r\n{ANN}",
    ],
)
def test_part_is_read_up_to_the_limits(people: People, part: str) -> None:
    person = people.new(email=ANN, signed_in=False)
    raw = f'{part}\r\n--x\r\nContent-Disposition: form-data; name="password"\r\n\r\n{PASSWORD}\r\n--x--\r\n'.encode()

    assert send(person.api, "POST", "/account/sessions/email", raw, MULTIPART).status == 201


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        (f"{OTHER}A: {'b' * 1022}\r\n\r\nv\r\n--x--", MULTIPART),
        (OTHER + "A: b\r\n" * 8 + "\r\nv\r\n--x--", MULTIPART),
        (f"{OTHER}\r\nv\r\n" * 99 + "--x--", MULTIPART),
        (f"{OTHER}\r\nv", MULTIPART),
        (f"{OTHER}\r\nv\r\n--y--", MULTIPART),
        ("--x\r\nContent-Disposition: form-data\r\n\r\nv\r\n--x--", MULTIPART),
        ("--x\r\nContent-Type: text/plain\r\n\r\nv\r\n--x--", MULTIPART),
        (f"--x\r\n{OTHER}\r\nv\r\n--x--", MULTIPART),
        (f"{OTHER}A: b\r\n c\r\n\r\nv\r\n--x--", MULTIPART),
        ("--x--", "multipart/form-data"),
        ("--x--", "multipart/form-data; boundary="),
        ("--x--", "multipart/form-data; boundary=y"),
        ("--x--", f"{MULTIPART}; boundary={'x' * 71}"),
    ],
)
def test_part_beyond_the_limits_is_refused(people: People, more: str, kind: str) -> None:
    person = people.new(email=ANN, signed_in=False)
    raw = as_multipart({"email": ANN, "password": PASSWORD})[0].removesuffix(b"--x--\r\n") + more.encode()

    answer = send(person.api, "POST", "/account/sessions/email", raw, kind)

    assert_unreadable(answer)
    assert answer.json["message"] == "The request body is not a valid form."
    assert answer.all("Set-Cookie") == []


# What is looked at before the body


class Unread(str):
    """A body that fails when it is looked into."""

    def encode(self, *_: str) -> bytes:
        raise AssertionError("the body was read")


HEADERS = {"content-type": "application/json", "x-appwrite-project": "demo"}


@pytest.mark.parametrize(
    ("headers", "query", "expected"),
    [
        ({"origin": "https://evil.test"}, "", 403),
        ({"x-appwrite-project": "other"}, "", 404),
        ({"x-appwrite-project": "console"}, "", 404),
        ({}, "?project=other", 404),
        ({"x-appwrite-project": ""}, "?project=other", 404),
        ({"x-appwrite-mode": "admin"}, "", 401),
    ],
)
@pytest.mark.parametrize("resource", ["/account/sessions/email", "/account/recovery", "/account"])
def test_stranger_is_refused_before_the_body_is_read(
    api: Api, resource: str, headers: dict[str, str], query: str, expected: int
) -> None:
    assert invoke("POST", resource + query, Unread("{}"), **{**HEADERS, **headers})["statusCode"] == expected
    assert invoke("POST", resource, Unread("{}"), **HEADERS)["statusCode"] == 500  # so that reading it would be seen


@pytest.mark.parametrize(
    ("header", "query", "body", "status"),
    [
        ("demo", "", None, 201),
        (None, "demo", None, 201),
        (None, "", "demo", 201),
        ("other", "demo", None, 201),
        ("other", "demo", "other", 201),
        ("demo", "demo", "other", 201),
        ("demo", "", "demo", 201),
        ("demo", "", "other", 404),
        ("demo", "other", "demo", 404),
        (None, "other", "demo", 404),
        ("other", "", "demo", 404),
        ("other", "", None, 404),
        (None, "", None, 404),
    ],
)
def test_project_of_the_query_wins_then_that_of_the_body(
    people: People, header: str | None, query: str, body: str | None, status: int
) -> None:
    """But a header with another project is refused before the body is read."""
    person = people.new(signed_in=False)
    path = "/account/sessions/email" + (f"?project={query}" if query else "")
    fields = {"email": person.email, "password": PASSWORD, **({"project": body} if body else {})}

    assert person.api.post(path, fields, project=header).status == status


# Sizes


def test_json_of_32_levels_is_read(person: Person) -> None:
    levels = 31  # and the body itself is one
    raw = b'{"prefs": ' + b'{"a":' * levels + b"1" + b"}" * (levels + 1)

    assert send(person.api, "PATCH", "/account/prefs", raw, session=person.session).status == 200


@pytest.mark.parametrize(("size", "status"), [(64 * 1024, 200), (64 * 1024 + 1, 400)])
def test_body_has_at_most_64_kilobytes(person: Person, size: int, status: int) -> None:
    raw = b'{"mfa": true}'.ljust(size)

    assert send(person.api, "PATCH", "/account/mfa", raw, session=person.session).status == status


@pytest.mark.parametrize(("size", "status"), [(128 * 1024, 200), (128 * 1024 + 1, 400)])
def test_preferences_may_take_twice_as_much_on_their_way(person: Person, size: int, status: int) -> None:
    raw = b'{"prefs": {"a": 1}}'.ljust(size)

    assert send(person.api, "PATCH", "/account/prefs", raw, session=person.session).status == status
