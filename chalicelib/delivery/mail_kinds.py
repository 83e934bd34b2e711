"""What kind of e-mail address one is: an alias of another, or of a provider who gives mailboxes to anybody.

Who somebody is goes by the address as it is; a canonical one is for the team's eyes and policies alone.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

DIGEST = 5
"""Bytes. One in 70 million other domains would be taken for one of the lists'."""
BUCKETS = 256
OFFSET = 2
LISTS = ("disposable", "free")
DEEPEST = 4
"""Labels of the longest domain on a list."""


class Provider(NamedTuple):
    """A provider's own domains, all of which lead to the same mailbox; the first is the canonical one.

    What stands after the `mark` in front of the @ leads there too, and so do dots, unless they tell mailboxes apart.
    """

    domains: tuple[str, ...]
    mark: str = ""
    dots: bool = True


def _of_countries(name: str, countries: str) -> list[str]:
    return [f"{name}.{country}" for country in countries.split()]


_MICROSOFT = (
    "at be cl co.il co.nz co.th co.uk com.ar com.au com.br com.gr com.pe com.tr com.vn cz de dk es fr hu id ie in it "
    "jp kr lv my ph pt sa sg sk"
)
GOOGLE = Provider(("gmail.com", "googlemail.com"), "+", dots=False)
PROVIDERS = (
    GOOGLE,
    Provider(
        (
            *("outlook.com", "hotmail.com", "live.com", "msn.com", "passport.com"),
            *_of_countries("outlook", _MICROSOFT),
            *_of_countries("hotmail", f"ca com.mx {_MICROSOFT}"),
            *_of_countries("live", "be co.uk com.ar com.mx de es eu fr it nl"),
        ),
        "+",
    ),
    Provider(("icloud.com", "me.com", "mac.com"), "+"),
    Provider(("yahoo.com", *_of_countries("yahoo", "ca co.uk de fr in it"), "ymail.com", "rocketmail.com"), "-"),
    Provider(("protonmail.com", "proton.me", "pm.me")),
    Provider(("fastmail.com", "fastmail.fm")),
    Provider(("walla.co.il", "walla.com")),
    Provider(("yandex.ru", "yandex.com", "yandex.by", "yandex.kz", "yandex.ua", "ya.ru")),
)
BY_DOMAIN = {domain: provider for provider in PROVIDERS for domain in provider.domains}


class Kind(NamedTuple):
    """What is to be said of an address."""

    canonical: str
    is_canonical: bool
    is_free: bool
    is_disposable: bool

    @property
    def is_corporate(self) -> bool:
        return not (self.is_free or self.is_disposable)


def kind_of(address: str) -> Kind:
    """The kind of an address in its one form. One that is both free and disposable counts as disposable."""
    form, domain = canonical(address), address.partition("@")[2]
    disposable = is_listed("disposable", domain)
    return Kind(form, form == address, not disposable and is_listed("free", domain), disposable)


def canonical(address: str) -> str:
    """The address of the mailbox behind one in its one form, as far as the provider's rules are known."""
    local, _, domain = address.partition("@")
    provider = BY_DOMAIN.get(domain)
    if provider is None:
        return address
    if provider.mark:
        local = local.partition(provider.mark)[0]
    if not provider.dots:
        local = local.replace(".", "")
    return f"{local}@{provider.domains[0]}" if local else address


def is_listed(kind: str, domain: str) -> bool:
    """Whether the list of that kind has the domain or one above it."""
    labels = domain.split(".")[-DEEPEST:]
    return any(_has(_tables()[kind], ".".join(labels[start:])) for start in range(len(labels) - 1))


class Table(NamedTuple):
    """The digests of a list's domains, in order, without their first byte; `starts` has where each of these begins."""

    starts: list[int]
    rests: bytes


def digest_of(domain: str) -> bytes:
    return blake2b(domain.encode(), digest_size=DIGEST).digest()


def _has(table: Table, domain: str) -> bool:
    digest, width = digest_of(domain), DIGEST - 1
    start, end = (table.starts[digest[0] + more] * width for more in (0, 1))
    place = table.rests.find(digest[1:], start, end)
    while place % width and place > 0:  # across two of them
        place = table.rests.find(digest[1:], place + 1, end)
    return place >= 0


@lru_cache(maxsize=1)
def _tables() -> dict[str, Table]:
    """Both lists, which `make data` has packed: 58 KB, read when the first address is looked up."""
    packed, tables = Path(__file__).with_name("mail_domains.bin").read_bytes(), {}
    for kind in LISTS:
        index, packed = packed[: (BUCKETS + 1) * OFFSET], packed[(BUCKETS + 1) * OFFSET :]
        starts = [int.from_bytes(index[at : at + OFFSET], "big") for at in range(0, len(index), OFFSET)]
        size = starts[-1] * (DIGEST - 1)
        tables[kind], packed = Table(starts, packed[:size]), packed[size:]
    return tables
