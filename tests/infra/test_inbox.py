"""Messages are sent as on AWS, through SES and SNS, and read over HTTP."""

import json
import re
from email.message import EmailMessage
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from infra.local import inbox as inbox_http
from infra.local.aws import SENDER, LocalAws
from infra.local.gateway import Gateway
from tests.infra.conftest import toy_app


def send_mail(aws: LocalAws, to: str, text: str, name: str = "", html: str = "<p>Hi</p>") -> None:
    mail = EmailMessage()
    mail["From"] = SENDER
    mail["To"] = f"{name} <{to}>" if name else to
    mail["Subject"] = "Grüße"
    mail.set_content(text)
    mail.add_alternative(html, subtype="html")
    aws.client("sesv2").send_email(
        FromEmailAddress=SENDER,
        Destination={"ToAddresses": [to]},
        Content={"Raw": {"Data": mail.as_bytes()}},
    )


def send_sms(aws: LocalAws, number: str, text: str) -> None:
    aws.client("sns").publish(PhoneNumber=number, Message=text)


def read(gateway: Gateway, query: str = "", method: str = "GET", origin: str = "") -> Any:
    base = gateway.endpoint.removesuffix("/v1")
    return urlopen(Request(f"{base}/_local/inbox{query}", method=method, headers={"Origin": origin}))


def entries(gateway: Gateway, query: str = "") -> Any:
    with read(gateway, query) as response:
        return json.load(response)


def test_mail_entry(aws: LocalAws, gateway: Gateway) -> None:
    send_mail(aws, "Zoe@x.test", "Ä: use code 123456. Not 1234567.\n", name="Zoë", html="<p>Ä 123456</p>")
    [entry] = entries(gateway)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", entry.pop("sentAt"))
    assert entry.pop("id")
    assert entry == {
        "channel": "email",
        "to": "Zoe@x.test",
        "toName": "Zoë",
        "subject": "Grüße",
        "text": "Ä: use code 123456. Not 1234567.\n",
        "html": "<p>Ä 123456</p>\n",
        "code": "123456",
    }


E_ACUTE = "=?utf-8?q?=C3=A9?="


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        # the examples of RFC 2047, section 8
        ("=?ISO-8859-1?Q?a?=", "a"),
        ("=?ISO-8859-1?Q?a?= b", "a b"),
        ("=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab"),
        ("=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=", "ab"),
        ("=?ISO-8859-1?Q?a?=\r\n    =?ISO-8859-1?Q?b?=", "ab"),
        ("=?ISO-8859-1?Q?a_b?=", "a b"),
        ("=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=", "a b"),
        # their neighbours
        (f"{E_ACUTE} {E_ACUTE}\r\n\t{E_ACUTE}", "\u00e9\u00e9\u00e9"),
        ("=?UTF-8?B?w6k=?= =?utf-8?q?_=C3=A9?= x", "\u00e9 \u00e9 x"),
        ("=?utf-8?b?ww==?= =?utf-8?b?qQ==?=", "\u00e9"),
        ("=?utf-8?q?a__b?=", "a  b"),
        ("=?utf-8?q?Doe=2C_Jan=C3=A9_=3Ca=40x=3E?=", "Doe, Jan\u00e9 <a@x>"),
        ("=?utf-8?b?PT91dGYtOD9xP3g/PQ==?=", "=?utf-8?q?x?="),
        ('"Doe, Jane"', "Doe, Jane"),
        (r'"a \"b\" \\ c"', r'a "b" \ c'),
        (f'"{E_ACUTE}"', E_ACUTE),
        (f'"a, b" {E_ACUTE}', "a, b \u00e9"),
        (r'"a \" =?" =?utf-8?q?b?=', 'a " =? b'),
        ("Zo\u00eb", "Zo\u00eb"),
        ("J. R. Doe", "J. R. Doe"),
        ("", ""),
        # what cannot be decoded stays
        ("=?x-unknown?q?a?=", "=?x-unknown?q?a?="),
        ("=?utf-8?q?=FF?=", "=?utf-8?q?=FF?="),
        ("=?utf-8?b?a?=", "=?utf-8?b?a?="),
    ],
)
@pytest.mark.parametrize("envelope", [["A@x.test"], []])
def test_name_is_what_the_mail_says(name: str, shown: str, envelope: list[str]) -> None:
    inbox = inbox_http.Inbox()
    inbox.add_mail(envelope, f"From: {SENDER}\r\nTo: {name} <a@x.test>\r\nSubject: Hi\r\n\r\nHi\r\n")

    [entry] = inbox.messages("a@x.test")
    assert entry.toName == shown


def test_every_recipient_has_a_name_of_its_own() -> None:
    inbox = inbox_http.Inbox()
    for envelope in ([], ["b@x.test", f"{E_ACUTE} <c@x.test>", "a@x.test"]):
        inbox.add_mail(envelope, f'To: "Doe, A" <a@x.test>,\r\n {E_ACUTE} B <b@x.test>\r\n\r\nHi\r\n')

    names = [(entry.to, entry.toName) for entry in inbox.messages()]
    first, second = ("a@x.test", "Doe, A"), ("b@x.test", "\u00e9 B")
    assert names == [first, ("c@x.test", "\u00e9"), second, second, first]


def test_sms_entry(aws: LocalAws, gateway: Gateway) -> None:
    send_sms(aws, "+491701234567", "654321 is your code")
    [entry] = entries(gateway)
    assert entry.pop("sentAt")
    assert entry.pop("id")
    assert entry == {
        "channel": "sms",
        "to": "+491701234567",
        "toName": "",
        "subject": "",
        "text": "654321 is your code",
        "html": "",
        "code": "654321",
    }


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("no digits", ""),
        ("https://x.test/?userId=123456&secret=654321abc&n=222222", ""),
        ("1234567 then 111111", "111111"),
        ("Code:\n999999\n", "999999"),
        ("٣٣٣٣٣٣", ""),
    ],
)
def test_code_is_the_first_six_digit_word(aws: LocalAws, text: str, code: str) -> None:
    send_mail(aws, "a@x.test", text)
    assert aws.inbox.messages()[0].code == code


def test_newest_first_filtered_by_recipient_and_emptied(aws: LocalAws, gateway: Gateway) -> None:
    send_mail(aws, "a@x.test", "one")
    send_sms(aws, "+4917", "two")
    send_mail(aws, "A@x.test", "three")
    assert [entry["text"].strip() for entry in entries(gateway)] == ["three", "two", "one"]
    assert [entry["text"].strip() for entry in entries(gateway, "?to=a%40X.test")] == ["three", "one"]
    assert [entry["text"] for entry in entries(gateway, "?to=%2B4917")] == ["two"]
    assert [entry["text"].strip() for entry in entries(gateway, "?limit=2")] == ["three", "two"]
    with read(gateway, method="DELETE") as response:
        assert response.status == 204
    assert entries(gateway) == []


def test_mail_is_shown_as_its_reader_would_and_can_do_nothing(aws: LocalAws, gateway: Gateway) -> None:
    send_mail(aws, "a@x.test", "Hi", html="<html><head></head><body><script>alert(1)</script><p>Hi</p></body></html>")
    send_sms(aws, "+4917", "two")
    of_sms, of_mail = (entry["id"] for entry in entries(gateway))

    with Gateway(toy_app(), inbox=inbox_http.forward(aws.endpoint)) as other:
        for each in (gateway, other):
            with read(each, f"/{of_mail}") as response:
                assert response.headers["Content-Type"] == "text/html; charset=utf-8"
                policy = response.headers["Content-Security-Policy"].split("; ")
                assert "<p>Hi</p>" in response.read().decode()
            assert {"default-src 'none'", "frame-ancestors 'self'"} <= set(policy)
            assert policy[-1] == "sandbox allow-popups allow-popups-to-escape-sandbox"
    for unknown in (of_sms, of_mail + 2, "x", ""):
        with pytest.raises(HTTPError) as refused, read(gateway, f"/{unknown}"):
            pass
        with refused.value:
            assert refused.value.code == 404
    with pytest.raises(HTTPError) as refused, read(gateway, f"/{of_mail}", method="DELETE"):
        pass
    with refused.value:
        assert refused.value.code == 405
    assert len(entries(gateway)) == 2


def test_mail_without_a_verified_sender_is_refused_and_not_recorded(aws: LocalAws) -> None:
    with pytest.raises(aws.client("sesv2").exceptions.ClientError, match="authority"):
        aws.client("sesv2").send_email(
            FromEmailAddress="stranger@x.test",
            Destination={"ToAddresses": ["a@x.test"]},
            Content={"Raw": {"Data": b"To: a@x.test\r\n\r\nHi"}},
        )
    assert aws.inbox.messages() == []


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("http://localhost:5173", True),
        ("http://127.0.0.1", True),
        ("http://[::1]:3000", True),
        ("https://evil.example", False),
        ("http://localhost.evil.example", False),
        ("null", False),
        ("http://[", False),
    ],
)
def test_only_pages_of_this_machine_may_read_it(gateway: Gateway, origin: str, allowed: bool) -> None:
    for method in ("GET", "OPTIONS"):
        with read(gateway, method=method, origin=origin) as response:
            assert response.headers["Access-Control-Allow-Origin"] == (origin if allowed else None)


def test_another_process_reads_it_over_http(aws: LocalAws) -> None:
    send_sms(aws, "+4917", "111111")
    with Gateway(toy_app(), inbox=inbox_http.forward(aws.endpoint)) as gateway:
        [entry] = entries(gateway, "?to=%2B4917")
        assert entry["code"] == "111111"
        with pytest.raises(HTTPError) as refused, read(gateway, method="PUT"):
            pass
        with refused.value:
            assert refused.value.code == 405
        with read(gateway, method="DELETE", origin="http://localhost") as response:
            assert (response.status, response.headers["Access-Control-Allow-Origin"]) == (204, "http://localhost")
    assert aws.inbox.messages() == []
