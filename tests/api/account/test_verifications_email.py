"""The mail that verifies an address. What it shares with the text message is in test_verifications.py."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from botocore.exceptions import ClientError

from chalicelib.runtime import container, settings
from chalicelib.storage import keys
from tests.support.api import Answer, assert_refused
from tests.support.faults import Faulty, refusal_of_aws
from tests.support.person import RETURN_URL, People, Person
from tests.support.tables import Tables

PATH = "/account/verifications/email"


class RefusingSes:
    def send_email(self, **_: Any) -> None:
        raise ClientError({"Error": {"Code": "MessageRejected"}, "ResponseMetadata": {"HTTPStatusCode": 400}}, "Send")  # type: ignore[typeddict-item]


def send(person: Person, url: Any = RETURN_URL, **options: Any) -> Answer:
    return person.post(PATH, {"url": url}, **options)


def link_parts(person: Person) -> tuple[str, list[tuple[str, str]], str]:
    """Of the newest link: what precedes the query, the query, the fragment."""
    link = person.mailed_link()
    parts = urlsplit(link)
    return link.partition("?")[0], parse_qsl(parts.query, keep_blank_values=True), parts.fragment


def test_mail_says_what_it_is_for_and_has_the_link_in_both_parts(people: People) -> None:
    person = people.new(name="Ada Löwe")

    answer = send(person)

    (mail,) = person.mails()
    assert mail["subject"] == "Account Verification for Demo"
    assert "Verify the email address of your Demo account." in mail["text"].splitlines()
    assert (mail["to"], mail["toName"], mail["code"]) == (person.email, "Ada Löwe", "")
    assert f'href="{person.mailed_link()}"' in unescape(mail["html"])
    start, query, _ = link_parts(person)
    assert start == RETURN_URL
    assert [name for name, _ in query] == ["userId", "secret", "expire"]
    values = dict(query)
    assert (values["userId"], values["expire"]) == (person.id, answer.json["expire"])
    assert len(values["secret"]) == 256
    assert set(values["secret"]) <= set("0123456789abcdef")


def test_expiry_in_the_link_is_percent_encoded(person: Person) -> None:
    send(person)

    assert person.mailed_link().rpartition("expire=")[2].count("%3A") == 3
    assert "+" not in person.mailed_link()


def test_mail_is_in_the_readers_language(person: Person) -> None:
    send(person, headers={"X-Appwrite-Locale": "de"})

    assert person.mails()[0]["subject"] == "Kontobestätigung für Demo"


@pytest.mark.parametrize(
    "name",
    [
        "\u00c5sa \u0141uczak-\u00d6zt\u00fcrk, of a house with a very long name  and \u00fcmlauts all over it",
        "\u0416" * 128,
        "=?utf-8?q?Ada?=",
        '"Ada" <ada@x.test>',
    ],
)
def test_name_in_the_inbox_is_the_person_s(people: People, name: str) -> None:
    person = people.new(name=name)
    send(person)

    assert person.mails()[0]["toName"] == name


def test_mail_goes_to_the_stored_address_whatever_the_request_says(person: Person) -> None:
    person.post(PATH, {"url": RETURN_URL, "email": "eve@example.test", "userId": "eve"})

    assert [entry.to for entry in person.inbox.messages()] == [person.email]


def test_every_link_has_a_secret_of_its_own(person: Person) -> None:
    secrets = set()
    for _ in range(3):
        send(person)
        secrets.add(person.mailed_secret())
        person.clock.advance(seconds=30)

    assert len(secrets) == 3


@pytest.mark.parametrize(
    ("url", "start", "kept", "fragment"),
    [
        (
            f"{RETURN_URL}?page=1&page=2&empty=&q=a%26b+c",
            RETURN_URL,
            [("page", "1"), ("page", "2"), ("empty", ""), ("q", "a&b c")],
            "",
        ),
        (f"{RETURN_URL}?userId=eve&secret=known&expire=never&x=1", RETURN_URL, [("x", "1")], ""),
        (f"{RETURN_URL}?%75serId=eve&s%65cret=known&secret&userId", RETURN_URL, [], ""),
        (f"{RETURN_URL}#/verify?page=1", RETURN_URL, [], "/verify?page=1"),
        ("http://localhost:3000?x=1", "http://localhost:3000", [("x", "1")], ""),
    ],
)
def test_query_of_the_url_is_kept_except_for_our_own_names(
    person: Person, url: str, start: str, kept: list[tuple[str, str]], fragment: str
) -> None:
    assert send(person, url).status == 201

    found, query, rest = link_parts(person)
    assert (found, query[:-3], rest) == (start, kept, fragment)
    assert [name for name, _ in query[-3:]] == ["userId", "secret", "expire"]
    assert query[-3][1] == person.id


@pytest.mark.parametrize("path", [PATH, "/account/recovery"])
def test_query_of_the_url_reaches_the_mail_byte_for_byte(
    person: Person, run_jobs: Callable[[], int], path: str
) -> None:
    query = "a=%E4%F6&b=%20+&c&d=&&a=2&next=%2F%3FuserId%3D1"
    asked = {"url": f"{RETURN_URL}?secret=known&{query}#/top", "email": person.email}

    assert person.post(path, asked, session=person.session if path == PATH else "").status == 201
    run_jobs()

    text = person.mails()[0]["text"]
    assert f"{RETURN_URL}?{query}&userId={person.id}&secret=" in text
    assert "known" not in text


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost",
        "https://localhost:3000/a",
        "http://127.0.0.1",
        "http://127.0.0.1:5173/x",
        "http://[::1]",
        "http://[::1]:3000/",
        "HTTP://LOCALHOST:3000",
    ],
)
def test_hosts_of_the_project_are_allowed(person: Person, url: str) -> None:
    assert send(person, url).status == 201


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        7,
        [RETURN_URL],
        {"url": RETURN_URL},
        "localhost/x",
        "//localhost/x",
        "/verify",
        "http:///x",
        "http://",
        "http://remotehost/x",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "http://example.com/localhost",
        "http://128.0.0.1",
        "http://127.0.0.2",
        "http://[2001:db8::1]",
        "http://[0:0:0:0:0:0:0:1]",
        "http://[::1",
        "http://localhost:port/",
        "http://localhost:99999/",
        "http://localhost@example.com/",
        "http://user:pass@localhost/",
        "http://example.com\\@localhost/",
        "http://example.com\\.localhost/",
        "http://localhost\\.example.com/",
        "http://localhost%2eexample.com/",
        "http://localhost\uff0eexample.com/",
        "http://\uff4cocalhost/",
        "http://localhost。/",
        "http://local\thost/",
        "http://localhost/a b",
        "http://localhost/\r\nBcc: eve@example.test",
        "http://localhost/\u202e",
        "http://localhost/\x00",
        " http://localhost/",
        "javascript:alert(1)//localhost",
        "ftp://localhost/",
        "data:text/html,localhost",
        f"{RETURN_URL}#/verify?userId=eve",
        f"{RETURN_URL}#secret=known",
        f"{RETURN_URL}?a=b#/verify?x=1&%73ecret%3Dknown",
        "http://localhost/" + "x" * 2048,
    ],
    ids=lambda url: str(url)[:24].encode("unicode_escape").decode(),
)
def test_any_other_url_is_refused_and_nothing_is_sent(person: Person, tables: Tables, url: Any) -> None:
    before = tables.item(keys.user(person.id))

    assert_refused(send(person, url), 400, "general_argument_invalid")

    assert person.mails() == []
    assert tables.item(keys.user(person.id)) == before


@pytest.mark.parametrize("host", ["app.example.com", "a.preview.test:8080", "192.168.1.5"])
def test_links_go_over_https_except_to_loopback(person: Person, host: str) -> None:
    hosts = ("app.example.com", "*.preview.test", "192.168.1.5", "localhost")
    with container.override("config", replace(settings.config(), origins=hosts)):
        assert_refused(send(person, f"http://{host}/verify"), 400, "general_argument_invalid")
        assert person.mails() == []
        assert send(person, f"https://{host}/verify").status == 201


@pytest.mark.parametrize("rest", ["", "?from=mail"])
def test_link_opens_an_app_that_is_listed(person: Person, rest: str) -> None:
    with container.override("config", replace(settings.config(), origins=("com.example.app:/verify",))):
        assert_refused(send(person, "com.example.app:/other"), 400, "general_argument_invalid")
        assert send(person, f"com.example.app:/verify{rest}").status == 201
    link = re.search(r"com\.example\.app:/verify\?\S+", person.mails()[0]["text"])

    assert link
    assert link.group() in person.mails()[0]["html"].replace("&amp;", "&")
    query = parse_qs(link.group().partition("?")[2])
    assert query.get("from", []) == ["mail"] * bool(rest)
    proof = {"userId": query["userId"][0], "secret": query["secret"][0]}
    assert person.api.put("/account/verifications/email", proof).status == 200


def test_host_headers_do_not_reach_the_link(person: Person) -> None:
    send(person, headers={"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"})

    assert "evil" not in person.mails()[0]["text"]


def test_verified_address_is_not_verified_again(people: People) -> None:
    person = people.new(email_verified=True)
    before = len(person.mails())

    assert_refused(send(person), 409, "user_email_already_verified")
    assert len(person.mails()) == before


def test_without_an_address_there_is_nothing_to_verify(person: Person, tables: Tables) -> None:
    tables.remove(keys.user(person.id), "email")

    assert_refused(send(person), 400, "user_email_not_found")


def test_failed_mail_leaves_nothing_and_another_may_go_at_once(person: Person, tables: Tables) -> None:
    with container.override("sesv2", RefusingSes()):
        assert_refused(send(person), 503, "general_smtp_disabled")

    assert tables.item(keys.user(person.id))["tokens"] == {}
    assert send(person).status == 201


def test_address_that_ses_takes_for_none_is_told_and_holds_up_nothing(person: Person, tables: Tables) -> None:
    before = tables.everything()
    with container.override("sesv2", Faulty(refusal_of_aws("BadRequestException"))):
        refused = send(person)

    assert_refused(refused, 400, "general_argument_invalid")
    assert refused.header("Retry-After") is None
    assert person.email not in refused.text
    assert {**tables.everything(), "limits": before["limits"]} == before
    assert send(person).status == 201


def test_failed_mail_leaves_the_link_before_it_good(person: Person) -> None:
    send(person)
    person.clock.advance(seconds=30)
    with container.override("sesv2", RefusingSes()):
        assert_refused(send(person), 503, "general_smtp_disabled")

    assert person.api.put(PATH, {"userId": person.id, "secret": person.mailed_secret()}).status == 200


def test_guessing_elsewhere_does_not_keep_the_owner_out(person: Person) -> None:
    send(person)
    for _ in range(11):
        person.api.at("127.0.0.2").put(PATH, {"userId": person.id, "secret": "0" * 256})

    assert person.api.put(PATH, {"userId": person.id, "secret": person.mailed_secret()}).status == 200
