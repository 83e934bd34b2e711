"""Hashes of other systems: published vectors, what is malformed, and what would cost too much to judge."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from chalicelib.errors import Unfit
from chalicelib.security import imported
from chalicelib.security.imported import FILES, argon2_strings, bcrypt_strings, phpass, scrypt
from tests.support.foreign_hashes import LONG, PUBLISHED, Published

BY_KIND = {each.scheme["hash"]: each for each in reversed(PUBLISHED)}
"""The first of each kind."""


@pytest.mark.parametrize("hash_", PUBLISHED, ids=lambda each: each.encoded[:24])
def test_published_hash_is_of_its_text_and_of_no_other(hash_: Published) -> None:
    imported.check(hash_.encoded, hash_.scheme)

    assert imported.matches(hash_.encoded, hash_.scheme, hash_.text)
    for other in ("x" + hash_.text, "\x01" + hash_.text[1:], hash_.text.upper() + "A"):
        assert not imported.matches(hash_.encoded, hash_.scheme, other)


def test_every_kind_has_a_published_hash() -> None:
    assert set(BY_KIND) == set(FILES)


def test_bcrypt_reads_72_bytes() -> None:
    (hash_,) = (each for each in PUBLISHED if each.text == LONG)

    assert imported.matches(hash_.encoded, hash_.scheme, LONG[:72] + "another end")
    assert not imported.matches(hash_.encoded, hash_.scheme, LONG[:71])


def test_longer_text_than_people_type_is_not_judged() -> None:
    text = "a" * imported.MOST_BYTES
    scheme = {"hash": "md5"}

    for typed, right in ((text, True), (text + "a", False)):
        encoded = hashlib.md5(typed.encode(), usedforsecurity=False).hexdigest()
        assert imported.matches(encoded, scheme, typed) is right


@pytest.mark.parametrize("kind", FILES)
def test_hash_that_is_cut_or_misspelled_is_refused(kind: str) -> None:
    encoded, scheme = BY_KIND[kind].encoded, BY_KIND[kind].scheme
    spoilt = {encoded[:-1], encoded[1:], encoded + "$", encoded + "\n", " " + encoded, "é" + encoded[1:], "!" * 60, ""}
    for bad in spoilt:
        with pytest.raises(Unfit):
            imported.check(bad, scheme)


ARGON2 = "$argon2id$v=19$m={m},t={t},p={p}$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
COSTS = {"costCpu": 16384, "costMemory": 8, "costParallel": 1, "length": 64, "salt": "salt"}


def argon2(**costs: int) -> tuple[str, dict[str, Any]]:
    return ARGON2.format(**{"m": 256, "t": 2, "p": 1, **costs}), {"hash": "argon2"}


def of_scrypt(**costs: int) -> tuple[str, dict[str, Any]]:
    return BY_KIND["scrypt"].encoded, {"hash": "scrypt", **COSTS, **costs}


def of_scrypt_bytes(length: int) -> tuple[str, dict[str, Any]]:
    return "00" * length, {"hash": "scrypt", **COSTS, "length": length}


def phpass_of(rounds: int) -> tuple[str, dict[str, Any]]:
    return f"$P${phpass.ALPHABET[rounds]}IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0", {"hash": "phpass"}


def bcrypt_of(cost: int) -> tuple[str, dict[str, Any]]:
    return f"$2b${cost:02d}$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", {"hash": "bcrypt"}


JUST = {
    "argon2 memory": argon2(m=argon2_strings.MOST_KIB, t=10),
    "argon2 passes": argon2(t=argon2_strings.MOST_PASSES),
    "argon2 lanes": argon2(p=argon2_strings.MOST_LANES),
    "bcrypt": bcrypt_of(bcrypt_strings.MOST),
    "bcrypt of the fewest rounds": bcrypt_of(bcrypt_strings.LEAST),
    "phpass": phpass_of(phpass.MOST),
    "phpass of the fewest rounds": phpass_of(phpass.LEAST),
    "scrypt memory": of_scrypt(costCpu=scrypt.MOST_BLOCKS // 8),
    "scrypt work": of_scrypt(costCpu=16384, costParallel=scrypt.MOST_PARALLEL),
    "scrypt blocks": of_scrypt(costCpu=2, costMemory=scrypt.MOST_R, costParallel=scrypt.MOST_PARALLEL),
    "scrypt, all the N of an r of 1": of_scrypt(costCpu=32768, costMemory=1),
    "scrypt of 16 bytes": of_scrypt_bytes(16),
    "scrypt of 128 bytes": of_scrypt_bytes(128),
}
DEAR = {
    "argon2 memory": argon2(m=argon2_strings.MOST_KIB + 1, t=1),
    "argon2 work": argon2(m=argon2_strings.MOST_KIB, t=11),
    "argon2 passes": argon2(t=argon2_strings.MOST_PASSES + 1),
    "argon2 lanes": argon2(p=argon2_strings.MOST_LANES + 1),
    "argon2 of a billion": argon2(t=10**9, m=10**9),
    "bcrypt": bcrypt_of(bcrypt_strings.MOST + 1),
    "bcrypt of 31": bcrypt_of(31),
    "bcrypt of 3": bcrypt_of(3),
    "phpass": phpass_of(phpass.MOST + 1),
    "phpass of 30": phpass_of(30),
    "phpass of 6": phpass_of(6),
    "scrypt memory": of_scrypt(costCpu=scrypt.MOST_BLOCKS // 4),
    "scrypt work": of_scrypt(costCpu=32768, costParallel=16),
    "scrypt lanes": of_scrypt(costCpu=2, costParallel=scrypt.MOST_PARALLEL + 1),
    "scrypt blocks": of_scrypt(costCpu=2, costMemory=scrypt.MOST_R + 1),
    "scrypt of 2^30": of_scrypt(costCpu=2**30),
    "scrypt, r of a billion": of_scrypt(costMemory=2**30),
}
ODD = {
    "argon2, less than a block a lane": argon2(m=8, p=2),
    "argon2, bits to spare": (argon2()[0][:-1] + "5", {"hash": "argon2"}),
    "argon2 with a key's id": (argon2()[0].replace("p=1", "p=1,keyid=AA"), {"hash": "argon2"}),
    "bcrypt of the version with a bug": (bcrypt_of(5)[0].replace("$2b", "$2x"), {"hash": "bcrypt"}),
    "scrypt, N no power of two": of_scrypt(costCpu=16383),
    "scrypt, N of 1": of_scrypt(costCpu=1),
    "scrypt, N too large for r": of_scrypt(costCpu=65536, costMemory=1),
    "scrypt, r of 0": of_scrypt(costMemory=0),
    "scrypt, p of 0": of_scrypt(costParallel=0),
    "scrypt of another length": of_scrypt(length=32),
    "scrypt of a few bytes": of_scrypt_bytes(15),
    "scrypt of too many bytes": of_scrypt_bytes(129),
    "sha of another version": ("00" * 20, {"hash": "sha", "version": "sha256"}),
    "Firebase, another signer key": (
        BY_KIND["scryptMod"].encoded,
        {**BY_KIND["scryptMod"].scheme, "signerKey": "AAAA"},
    ),
    "Firebase, no salt": (BY_KIND["scryptMod"].encoded, {**BY_KIND["scryptMod"].scheme, "salt": "?"}),
}


@pytest.mark.parametrize("case", JUST)
def test_costs_within_the_bounds_are_let_in_and_judged(case: str) -> None:
    imported.check(*JUST[case])

    assert not imported.matches(*JUST[case], "wrong password")


@pytest.mark.parametrize("case", [*DEAR, *ODD])
def test_what_is_out_of_bounds_or_malformed_is_refused(case: str) -> None:
    with pytest.raises(Unfit):
        imported.check(*{**DEAR, **ODD}[case])


@pytest.mark.parametrize("case", [*DEAR, *ODD])
def test_what_got_in_all_the_same_matches_nothing_and_is_not_computed(
    case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An older release, or a restored table, may have let in what this one does not."""
    for kind in set(FILES.values()):
        monkeypatch.setattr(f"chalicelib.security.imported.{kind}.matches", None)

    assert not imported.matches(*{**DEAR, **ODD}[case], "password")


@pytest.mark.parametrize("spelling", [str.strip, lambda text: text.rstrip("="), lambda text: text.replace("/", "_")])
def test_firebase_is_taken_in_either_base64(spelling: Any) -> None:
    hash_ = BY_KIND["scryptMod"]
    scheme = {name: value if name == "hash" else spelling(value) for name, value in hash_.scheme.items()}

    assert imported.matches(spelling(hash_.encoded), scheme, hash_.text)


def test_digits_in_any_case_are_one_digest() -> None:
    hash_ = BY_KIND["md5"]

    assert imported.matches(hash_.encoded.upper(), hash_.scheme, hash_.text)
