"""The rules for what names somebody: ids, e-mail addresses, phone numbers (attack 50 of SECURITY.md)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.web import parameters
from tests.support.api import Api, TeamApi, assert_refused
from tests.support.inputs import refuses
from tests.support.person import RETURN_URL, Person

# Ids


@pytest.mark.parametrize("value", ["a", "A1._-", "0", "a" * 36, "current"])
def test_ids(value: str) -> None:
    assert parameters.identifier(value) == value
    assert parameters.custom_id(value) == value


@pytest.mark.parametrize(
    "value",
    ["", "a" * 37, ".a", "-a", "_a", "a#b", "a b", "a/b", "..", "a\n", "a:b", "\u00e4", "\uff41", "a%23", "a\0"],
)
def test_what_is_no_id(value: str) -> None:
    assert refuses(parameters.identifier, value)
    assert refuses(parameters.custom_id, value)


def test_only_a_new_id_may_be_left_to_the_server() -> None:
    assert parameters.custom_id("unique()") == "unique()"
    assert refuses(parameters.identifier, "unique()")


@given(st.text())
def test_accepted_id_has_no_separator_of_a_key(value: str) -> None:
    if not refuses(parameters.custom_id, value):
        assert value == "unique()" or (value.isascii() and not set(value) & set("#:|/ \0\n"))


# Addresses


@pytest.mark.parametrize(
    ("given_", "canonical"),
    [
        ("ann@example.test", "ann@example.test"),
        ("  Ann@Example.TEST ", "ann@example.test"),
        ("o'hara+mfa=1@mail.example.co.uk", "o'hara+mfa=1@mail.example.co.uk"),
        ("user@localhost.test", "user@localhost.test"),
        ("1@1.a", "1@1.a"),
        ("ann@example.xn--p1ai", "ann@example.xn--p1ai"),
        ("\tann@example.test\r\n", "ann@example.test"),
        ("\u00a0\u2003\u3000ann@example.test\u202f", "ann@example.test"),
        ("a" * 64 + "@b.test", "a" * 64 + "@b.test"),
    ],
)
def test_email_comes_out_in_canonical_form(given_: str, canonical: str) -> None:
    assert parameters.email(given_) == canonical


@pytest.mark.parametrize(
    "value",
    [
        "",
        "ann",
        "@example.test",
        "ann@",
        "ann@localhost",
        "ann@@example.test",
        "ann@example..test",
        "ann@.example.test",
        "ann@-example.test",
        "ann@example-.test",
        ".ann@example.test",
        "ann.@example.test",
        "a..b@example.test",
        "a b@example.test",
        '"a b"@example.test',
        "ann@[127.0.0.1]",
        "ann@example.test,bob@example.test",
        "ann@example.test;bob@example.test",
        "<ann@example.test>",
        "Ann <ann@example.test>",
        "ann@example.test\r\nBcc: bob@example.test",
        "ann%00@example.test\0",
        "\uff41nn@example.test",
        "ann@\uff45xample.test",
        "\u212aen@example.test",
        "ann\u200b@example.test",
        "\u200bann@example.test",
        "ann@ex\u00e4mple.test",
        "\u0430nn@example.test",
        "a" * 65 + "@b.test",
        "a@" + "b." * 160 + "test",
        "1@1.1",
        "ann@example.1st",
        "ann@127.0.0.1",
        "ann @example.test",
        "ann@ example.test",
    ],
)
def test_what_is_no_email(value: str) -> None:
    assert refuses(parameters.email, value)


def of_octets(count: int, label: str = "b" * 63) -> str:
    """An address of so many, with labels as long as they may be."""
    rest = count - len("a@") - 3 * (len(label) + 1)
    return f"a@{label}.{label}.{label}.{'c' * (rest - len('.de'))}.de"


PUNYCODE = "xn--" + "b" * 59
LENGTHS = [
    (of_octets(254), True),
    (of_octets(255), False),  # its domain has 253, as many as DNS allows
    (of_octets(254, PUNYCODE), True),
    (of_octets(255, PUNYCODE), False),
    (f"{'a' * 64}@{'b' * 63}.{'b' * 63}.{'c' * 58}.de", True),
    (f"{'a' * 64}@{'b' * 63}.{'b' * 63}.{'c' * 59}.de", False),
    ("a" * 65 + "@example.test", False),
    ("a@" + "b" * 63 + ".test", True),
    ("a@" + "b" * 64 + ".test", False),
    ("a@" + "xn--" + "b" * 60 + ".test", False),
]


@pytest.mark.parametrize(("address", "fits"), LENGTHS)
def test_address_is_no_longer_than_mail_can_be_sent_to(api: Api, team: TeamApi, address: str, fits: bool) -> None:
    """It would be a job of the queue that nobody can do. RFC 5321 4.5.3.1, RFC 1035 2.3.4."""
    person = {"userId": "unique()", "email": address, "password": "correct horse"}
    answers = [
        api.post("/account", person),
        api.post("/account/recovery", {"email": address, "url": RETURN_URL}),
        team.post("/users", {**person, "email": f" b{address[1:].upper()} "}),
    ]

    if fits:
        assert [answer.status for answer in answers] == [201] * 3
    else:
        for answer in answers:
            assert_refused(answer, 400, "general_argument_invalid")


def test_account_does_not_change_to_a_longer_address(person: Person) -> None:
    for address, status in ((of_octets(255), 400), (of_octets(254), 200)):
        assert person.patch("/account/email", {"email": address, "password": person.password}).status == status


@given(st.emails() | st.text(max_size=30).map(lambda text: f"{text}@example.test"))
def test_email_has_one_canonical_form(value: str) -> None:
    if not refuses(parameters.email, value):
        canonical = parameters.email(value)
        assert parameters.email(canonical) == parameters.email(f"\u00a0 {value.upper()}\r\n") == canonical
        assert canonical.isascii()
        assert canonical == canonical.lower().strip()


@pytest.mark.parametrize("value", ["+4915112345678", "+12025550123", "+3581234567", "+999", "+492011234567890"])
def test_phone_is_e164_with_an_assigned_country(value: str) -> None:
    assert refuses(parameters.phone, value) is (value == "+999")
    assert value == "+999" or parameters.phone(value) == value


@pytest.mark.parametrize(
    ("value", "canonical"),
    [
        *((value, "+4915112345678") for value in (" +49 151 12345678\n", "+49-151-1234-5678", "+49.151.1234.5678")),
        *((value, "+4915112345678") for value in ("(+49) 151 12345678", "+49\u00a0151\u202f12345678")),
        ("\u202a+49\u2009151\u20111234\u22125678\u202c", "+4915112345678"),  # as address books copy it
        ("+49 (0) 151 12345678", "+4915112345678"),
        ("+4407400123456", "+447400123456"),
        ("+7 8 912 345-67-89", "+79123456789"),
        ("+1 1 202 555 0123", "+12025550123"),
        ("+36 (06) 20 123 4567", "+36201234567"),
        ("+54 11 15 2345 6789", "+5491123456789"),
        ("+55 0 15 11 96123 4567", "+5511961234567"),  # with a carrier's code
        ("+39 02 3661 8300", "+390236618300"),  # the zero is Italy's own
    ],
)
def test_phone_comes_out_in_the_one_form_that_it_has(value: str, canonical: str) -> None:
    assert parameters.phone(value) == canonical
    assert parameters.phone(canonical) == canonical


@pytest.mark.parametrize(
    "value",
    [
        "",
        "+",
        "4915112345678",
        "004915112345678",
        "+0915112345678",
        "+491511",
        "+3838123",
        "+22990011234",
        "+44740012345",
        "+22507012345",
        "+4474001234567",
        "+5213312345678",
        "+123456789012345",
        "+1234567890123456",
        "+2101234567",
        "+49+15112345678",
        "++4915112345678",
        "+4400 7400 123456",
        *("+1 11 268 460 1234", "+375 88 152450911", "+993 88 12 345678"),  # two trunk prefixes
        "+34 0 612 345 678",
        "+49 151 12345678, +49 151 12345679",
        "+49 151/12345678",
        "+49151*12345678",
        "\uff0b4915112345678",
        "+\uff14\uff1915112345678",
        "+49151123456\u0667\u0668",
        "+49151123456x",
        "+49 151 12345678;ext=5",
        "tel:+4915112345678",
        "+49" + " " * 60_000 + "1x",
        "+49" + "1" * 60_000,
    ],
)
def test_what_is_no_phone_number(value: str) -> None:
    assert refuses(parameters.phone, value)


spellings = st.sampled_from(
    [
        *(str.upper, str.title, str.swapcase, lambda text: f" {text}  ", lambda text: f"{text}\n"),
        *(lambda text: text.replace("a", "\u0430"), lambda text: text.replace("s", "\u017f")),
        *(lambda text: text.replace("k", "\u212a"), lambda text: text.replace("@", "\uff20")),
        *(lambda text: text.replace(".", "\u3002"), lambda text: text.replace("i", "\u0131")),
        *(lambda text: f"{text}\u200b", lambda text: f"\ufeff{text}", lambda text: unicodedata.normalize("NFD", text)),
    ]
)


@given(
    st.from_regex(r"[a-z.+_]{1,12}@[a-z-]{1,8}\.(sk|is|com)", fullmatch=True, alphabet=st.characters(codec="ascii")),
    spellings,
)
def test_other_spelling_of_an_address_is_the_same_or_none(address: str, spell: Callable[[str], str]) -> None:
    """So no two accounts have one mailbox, and none has one that only looks like another's."""
    if not refuses(parameters.email, address):
        spelled = spell(address)
        assert refuses(parameters.email, spelled) or parameters.email(spelled) == parameters.email(address)


@given(st.text() | st.from_regex(r"\+[0-9 ().-]{6,20}", fullmatch=True) | st.from_regex(r"\+\d{6,16}", fullmatch=True))
def test_accepted_number_comes_out_as_its_own_canonical_form(value: str) -> None:
    if not refuses(parameters.phone, value):
        canonical = parameters.phone(value)
        assert parameters.phone(canonical) == canonical
        assert re.fullmatch("[+][1-9][0-9]{6,14}", canonical, re.ASCII)


@given(
    st.integers(1_000_000, 9_999_999_999),
    st.sampled_from(["49", "1", "358", "44", "7", "39"]),
    st.integers(0, 20),
    st.text(min_size=1, max_size=2),
)
def test_number_has_no_second_spelling(number: int, country: str, place: int, more: str) -> None:
    """Whatever is put into a number makes it another one, or none, or is left out."""
    value = f"+{country}{number}"
    spelled = value[: place % len(value)] + more + value[place % len(value) :]

    if not refuses(parameters.phone, spelled):
        digits = [each for each in more if each.isnumeric()]
        assert "".join(digits).isascii()
        assert digits or parameters.phone(spelled) == parameters.phone(value)
