"""Which addresses are aliases, free, disposable, an organization's."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chalicelib.delivery import mail_kinds
from chalicelib.delivery.mail_kinds import PROVIDERS, Table, canonical, digest_of, is_listed, kind_of
from infra.data.mail_domains import TARGET, packed

PACKED = "5d284e238351c680546b0ef17f6b69fd91ea6bdfb238889a244b0d9a2db84215"
"""The SHA-256 of what `make data` makes of the lists that it pins."""


@pytest.mark.parametrize(
    ("address", "form"),
    [
        ("a.d.a+shop@gmail.com", "ada@gmail.com"),
        ("ada@googlemail.com", "ada@gmail.com"),
        ("a.da+shop@hotmail.co.uk", "a.da@outlook.com"),
        ("ada+a+b@live.de", "ada@outlook.com"),
        ("ada+shop@me.com", "ada@icloud.com"),
        ("ada-shop@ymail.com", "ada@yahoo.com"),
        ("ada-shop-2@yahoo.de", "ada@yahoo.com"),
        ("ada+shop@yahoo.com", "ada+shop@yahoo.com"),
        ("ada+shop@pm.me", "ada+shop@protonmail.com"),
        ("ada@fastmail.fm", "ada@fastmail.com"),
        ("ada@walla.com", "ada@walla.co.il"),
        ("ada@ya.ru", "ada@yandex.ru"),
        ("ada.b+shop@manchester-united.co.uk", "ada.b+shop@manchester-united.co.uk"),
        ("ada@localhost.test", "ada@localhost.test"),
        ("ada@mail.gmail.com", "ada@mail.gmail.com"),
        ("+shop@gmail.com", "+shop@gmail.com"),
        ("-@yahoo.com", "-@yahoo.com"),
    ],
)
def test_canonical_address_is_the_mailbox_behind_an_alias(address: str, form: str) -> None:
    assert canonical(address) == form
    assert canonical(form) == form
    assert kind_of(address).is_canonical is (address == form)


def test_no_two_providers_have_a_domain() -> None:
    domains = [domain for provider in PROVIDERS for domain in provider.domains]
    assert len(domains) == len(set(domains))


@pytest.mark.parametrize(
    ("domain", "kind"),
    [
        *((name, "free") for name in ("gmail.com", "gmx.de", "outlook.com", "proton.me", "walla.co.il", "hey.com")),
        *((name, "disposable") for name in ("mailinator.com", "a.b.mailinator.com", "yopmail.com", "x.yopmail.com")),
        *((name, "corporate") for name in ("manchester-united.co.uk", "appwrite.io", "localhost.test", "example.com")),
        *((name, "corporate") for name in ("no-mailinator.test", "mailinator.com.example.org", "com", "za.com")),
        ("x." * 120 + "mailinator.com", "disposable"),
    ],
)
def test_domain_is_of_one_kind(domain: str, kind: str) -> None:
    found = kind_of(f"ada@{domain}")

    assert [found.is_free, found.is_disposable, found.is_corporate] == [
        kind == each for each in ("free", "disposable", "corporate")
    ]


def test_own_addresses_of_providers_are_free() -> None:
    assert [name for provider in PROVIDERS for name in provider.domains[:1] if not kind_of(f"ada@{name}").is_free] == []


def test_lists_are_as_the_command_makes_them() -> None:
    content = TARGET.read_bytes()

    assert hashlib.sha256(content).hexdigest() == PACKED
    assert len(content) < 60_000


@pytest.fixture
def pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[list[str], list[str]], None]]:
    """Puts lists of disposable and of free domains in the place of those that are kept."""

    def pack(disposable: list[str], free: list[str]) -> None:
        (tmp_path / "mail_domains.bin").write_bytes(packed(disposable) + packed(free))
        monkeypatch.setattr(mail_kinds, "__file__", str(tmp_path / "mail_kinds.py"))
        mail_kinds._tables.cache_clear()

    yield pack
    mail_kinds._tables.cache_clear()


def test_what_is_on_both_lists_is_disposable(pack: Callable[[list[str], list[str]], None]) -> None:
    pack(["moment.example"], ["free.moment.example"])

    found = kind_of("ada@free.moment.example")

    assert (found.is_disposable, found.is_free, found.is_corporate) == (True, False, False)


def test_bytes_across_two_digests_are_none() -> None:
    first, *rest = digest_of("some.example")
    starts, across = [0] * (first + 1) + [2] * (256 - first), b"\0\0" + bytes(rest) + b"\0\0"

    assert not mail_kinds._has(Table(starts, across), "some.example")
    starts[first + 1 :] = [3] * (256 - first)
    assert mail_kinds._has(Table(starts, across + bytes(rest)), "some.example")


def test_what_is_packed_is_found_and_nothing_else(pack: Callable[[list[str], list[str]], None]) -> None:
    some = [f"some{number}.example" for number in range(3000)]
    others = [f"other{number}.example" for number in range(3000)]
    pack(some, others)

    found = {kind: [is_listed(kind, domain) for domain in some + others] for kind in mail_kinds.LISTS}

    assert found == {"disposable": 3000 * [True] + 3000 * [False], "free": 3000 * [False] + 3000 * [True]}
