"""The list of common passwords: what `infra/common_passwords.py` makes of its sources, and nothing else."""

from __future__ import annotations

import gzip
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

from chalicelib.security.common_passwords import FILE, is_common, unpack
from chalicelib.security.passwords import LEAST, compared
from infra import common_passwords

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
    sources = {
        common_passwords.DJANGO: gzip.compress(b"short\npassword\nPASSWORD\npassw\xc3\xb6rter\nzebra stripes\n"),
        common_passwords.ZXCVBN: b'FREQUENCY_LISTS = {\n "names": "nobody at all".split(","),\n'
        b' "passwords": "trustno1,password,letmein!!,lastword".split(","),\n}\n',
    }
    for name, content in sources.items():
        with zipfile.ZipFile(tmp_path / f"{name}.whl", "w") as archive:
            archive.writestr(common_passwords.LISTS[name], content)
    wheels = {name: tmp_path / f"{name}.whl" for name in sources}
    monkeypatch.setattr(common_passwords, "fetch", lambda folder: wheels)
    monkeypatch.setattr(common_passwords, "FILE", tmp_path / "made")
    monkeypatch.setattr(common_passwords, "MOST", 4)

    common_passwords.main()

    assert list(unpack((tmp_path / "made").read_bytes())) == ["letmein!!", "password", "trustno1", "zebra stripes"]
    assert capsys.readouterr().out.startswith("4 passwords in ")


def test_sources_are_taken_with_their_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[list[str]] = []

    def run(command: list[str], **how: object) -> None:
        called.append(command)
        for name in common_passwords.SOURCES:
            (tmp_path / f"{name}-0-py3-none-any.whl").touch()

    monkeypatch.setattr("subprocess.run", run)

    assert set(common_passwords.fetch(tmp_path)) == set(common_passwords.SOURCES)

    assert {"--require-hashes", "--no-deps", "--only-binary=:all:"} <= set(called[0])
    lines = (tmp_path / "requirements.txt").read_text().splitlines()
    assert len(lines) == 2
    assert all("==" in line and " --hash=sha256:" in line for line in lines)
