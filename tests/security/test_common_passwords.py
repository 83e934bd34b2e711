"""The list of common passwords: what `infra/data/common_passwords.py` makes of its sources, and nothing else."""

from __future__ import annotations

import gzip
from contextlib import nullcontext
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest

from chalicelib.security.common_passwords import FILE, is_common, unpack
from chalicelib.security.passwords import LEAST, compared
from infra.data import common_passwords

MADE = "a2a9a62229fca9fcce2019683f59001d2217669f83911c1a50bcb69d450cdf54"
"""SHA-256 of the words, a line each: what the command made of the versions that it names."""


@pytest.fixture(scope="module")
def words() -> list[str]:
    return list(unpack(FILE.read_bytes()))


def test_list_is_what_the_command_made(words: list[str]) -> None:
    assert sha256("\n".join(words).encode()).hexdigest() == MADE
    assert list(unpack(common_passwords.pack(words))) == words


def test_list_has_what_people_choose_and_could_set(words: list[str]) -> None:
    assert len(words) == common_passwords.MOST >= 10_000
    assert words == sorted(set(words))
    assert all(len(word) >= LEAST and word == compared(word) for word in words)
    assert {"password", "password1", "12345678", "qwertyuiop", "iloveyou", "1q2w3e4r", "sunshine"} <= set(words)


def test_list_is_small() -> None:
    assert FILE.stat().st_size <= 45_000


def test_every_word_is_common_and_their_like_is_not(words: list[str]) -> None:
    assert all(map(is_common, words))
    assert not any(is_common(f"{word}\N{BULLET}") for word in words)
    assert not is_common("")


def test_both_sources_are_read_and_the_first_ones_are_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sources = (
        gzip.compress(b"short\npassword\nPASSWORD\npassw\xc3\xb6rter\nzebra stripes\n"),
        b'FREQUENCY_LISTS = {\n "names": "nobody at all".split(","),\n'
        b' "passwords": "trustno1,password,letmein!!,lastword".split(","),\n}\n',
    )
    wheels = [ZipFile(BytesIO(), "w") for _ in sources]
    for wheel, name, content in zip(wheels, common_passwords.LISTS, sources, strict=True):
        wheel.writestr(name, content)
    monkeypatch.setattr(common_passwords, "fetched", lambda *pinned: nullcontext(wheels))
    monkeypatch.setattr(common_passwords, "FILE", tmp_path / "made")
    monkeypatch.setattr(common_passwords, "MOST", 4)

    common_passwords.main()

    assert list(unpack((tmp_path / "made").read_bytes())) == ["letmein!!", "password", "trustno1", "zebra stripes"]
    assert capsys.readouterr().out == "made: 4 passwords\n"
