"""The list of passwords that the dictionary policy refuses: `make data ONLY=common-passwords`.

Django's list has those that breaches show most often (20,000, by Royce Williams from Pwned Passwords; BSD-3-Clause);
zxcvbn's has the most frequent ones of other leaks, in order (30,000, by Dan Wheeler; MIT). Shorter ones than may be set
are left out.
"""

from __future__ import annotations

import ast
import gzip
import zlib
from collections.abc import Iterable

from chalicelib.security.common_passwords import FILE, SHARED
from chalicelib.security.passwords import LEAST, compared
from infra.data.wheels import fetched

SOURCES = (
    "django==5.2.19 --hash=sha256:5965d974a5218a2b68a11dd1276434707f23886525c23f0598eccedaf4f4ca00",
    "zxcvbn==4.5.0 --hash=sha256:2b6eed621612ce6d65e6e4c7455b966acee87d0280e257956b1f06ccc66bd5ff",
)
LISTS = ("django/contrib/auth/common-passwords.txt.gz", "zxcvbn/frequency_lists.py")
MOST = 15_000
"""As many as fit into 45 KB."""
LONGEST = 64


def main() -> None:
    with fetched(*SOURCES) as wheels:
        django, zxcvbn = (wheel.read(name) for wheel, name in zip(wheels, LISTS, strict=True))
    words = choose([*gzip.decompress(django).decode().splitlines(), *ranked(zxcvbn.decode())])
    FILE.write_bytes(pack(words))
    print(f"{FILE.name}: {len(words)} passwords")


def ranked(source: str) -> list[str]:
    """zxcvbn's passwords, the most frequent first, out of its module, which is not run."""
    table = next(node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Dict))
    lists = {ast.literal_eval(key): value for key, value in zip(table.keys, table.values, strict=True) if key}
    texts = (str(each.value) for each in ast.walk(lists["passwords"]) if isinstance(each, ast.Constant))
    return max(texts, key=len).split(",")


def choose(candidates: Iterable[str]) -> list[str]:
    """The first ones that could be set, as they are compared, in the order of the alphabet."""
    forms = dict.fromkeys(map(compared, candidates))
    fit = [form for form in forms if form.isascii() and form.isprintable() and LEAST <= len(form) <= LONGEST]
    return sorted(fit[:MOST])


def pack(words: Iterable[str]) -> bytes:
    """Each word as how much of the one before it repeats, one character, and the rest."""
    lines, before = [], ""
    for word in words:
        shared = next(size for size in range(len(before), -1, -1) if word.startswith(before[:size]))
        lines.append(chr(SHARED + shared) + word[shared:])
        before = word
    return zlib.compress("\n".join(lines).encode(), 9)
