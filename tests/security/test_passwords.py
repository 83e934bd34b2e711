"""How long a password is, and which spellings are the same one. SP 800-63B-4 3.1.1.2."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, Literal
from unicodedata import normalize

import pytest
from argon2 import PasswordHasher
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.runtime import container
from chalicelib.runtime.settings import Config
from chalicelib.security import passwords
from chalicelib.security.passwords import Verdict
from tests.support.inputs import refuses

Form = Literal["NFC", "NFD", "NFKC", "NFKD"]
FORMS: list[Form] = ["NFC", "NFD", "NFKC", "NFKD"]
NOT_TEXT: list[Any] = [None, 12345678, True, ["a" * 8], {"a" * 8: 1}, b"a" * 8]
RIGHT, STALE, WRONG = Verdict(True, False), Verdict(True, True), Verdict(False, False)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@pytest.fixture(autouse=True, scope="module")
def _cheap() -> Iterator[None]:
    container.reset()
    with container.override("config", Config(stage="test", project="demo", argon2_memory_kib=8, argon2_iterations=1)):
        yield
    container.reset()


def around(character: str) -> list[tuple[str, bool]]:
    """The bounds, of one character, and whether a password may be set that is as long."""
    return [(character * count, 8 <= count <= 256) for count in (0, 1, 7, 8, 9, 255, 256, 257)]


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        *(
            pair
            for character in "a \u00e4\u20ac\u0416\u65e5\ua9c5\U0001f370\ufb01\uff41\ufdfa"
            for pair in around(character)
        ),
        # taken apart: two, three and four code points are one character
        *(pair for character in ("e\u0301", "u\u0308\u0304", "\u03b1\u0313\u0300\u0345") for pair in around(character)),
        # half width with a mark of its own, and letters of a syllable: one character of the other width
        *(pair for character in ("\uff76\uff9e", "\u1112\u1161\u11ab") for pair in around(character)),
        # as many as there are, since they make one
        (f"e{chr(0x301) * 8}", True),
        (f"e{chr(0x301) * 7}", False),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466x", True),
        (chr(0x301) * 1025, False),
        ("\u0301\u0316" * 30_000, False),
        *((value, False) for value in NOT_TEXT),
    ],
)
def test_new_password_has_8_to_256_characters(value: Any, fits: bool) -> None:
    assert refuses(passwords.new_password, value) is not fits
    assert not fits or passwords.new_password(value) == value


@given(TEXTS, st.sampled_from(FORMS[:2]))
def test_length_is_the_same_taken_apart(text: str, form: Form) -> None:
    assert refuses(passwords.new_password, text) is refuses(passwords.new_password, normalize(form, text))


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        *(
            (text * count, 1 <= count <= 256)
            for text in ("a", "\U0001f370", "e\u0301")
            for count in (0, 1, 7, 256, 257)
        ),
        *((value, False) for value in NOT_TEXT),
    ],
)
def test_known_password_has_1_to_256_characters(value: Any, fits: bool) -> None:
    assert refuses(passwords.known_password, value) is not fits
    assert not fits or passwords.known_password(value) == value


SAME = [
    ("caf\u00e9 cr\u00e8me", "cafe\u0301 cre\u0300me"),
    ("\u00c5ngstr\u00f6m", "\u212bngstro\u0308m"),
    ("q\u0307\u0323 marks", "q\u0323\u0307 marks"),
    (
        "\ud55c\uad6d\uc5b4 \ube44\ubc00",
        "\u1112\u1161\u11ab\u1100\u116e\u11a8\u110b\u1165 \u1107\u1175\u1106\u1175\u11af",
    ),
    ("passw0rd", "\uff50\uff41\uff53\uff53\uff57\uff10\uff52\uff44"),
    ("\u30ac\u30ae\u30b0", "\uff76\uff9e\uff77\uff9e\uff78\uff9e"),
    ("a b", "a\u00a0b"),
    ("a b", "a\u3000b"),
    ("fish 2", "\ufb01sh \u00b2"),
]
OTHERS = [
    ("password", "Password"),
    ("password", "password "),
    ("password", " password"),
    ("stra\u00dfe", "strasse"),
    ("\u0430\u0431\u0432", "abv"),
    ("caf\u00e9", "cafe"),
    ("a\u200db", "ab"),
    ("\u0131", "i"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_spellings_of_a_password_are_one(one: str, other: str) -> None:
    for first in (one, other):
        encoded = passwords.hash_password(first)
        assert [passwords.judge(encoded, typed) for typed in (one, other)] == [RIGHT, RIGHT]


@pytest.mark.parametrize(("one", "other"), OTHERS)
def test_another_text_is_another_password(one: str, other: str) -> None:
    assert passwords.judge(passwords.hash_password(one), other) == WRONG
    assert passwords.judge(passwords.hash_password(other), one) == WRONG


@settings(max_examples=50)
@given(TEXTS, st.sampled_from(FORMS), st.sampled_from(FORMS))
def test_password_is_the_same_in_every_form(text: str, kept: Form, typed: Form) -> None:
    assert passwords.judge(passwords.hash_password(normalize(kept, text)), normalize(typed, text)) == RIGHT


class Counting(PasswordHasher):
    """Argon2, and of how many texts."""

    evaluations = 0

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        self.evaluations += 1
        return super().hash(password, salt=salt)

    def verify(self, hash: str | bytes, password: str | bytes) -> Any:  # noqa: A002  # the base class's name for it
        self.evaluations += 1
        return super().verify(hash, password)


PLAIN, TYPED = "caf\u00e9 cr\u00e8me", "cafe\u0301 cre\u0300me"


@pytest.mark.parametrize(
    ("kept", "typed", "verdict", "evaluations"),
    [
        (PLAIN, PLAIN, RIGHT, 1),
        (PLAIN, TYPED, RIGHT, 1),
        (PLAIN, "other text", WRONG, 1),
        (PLAIN, "other te\u0301xt", WRONG, 2),
        (TYPED, TYPED, STALE, 2),
        (TYPED, PLAIN, WRONG, 1),
        (TYPED, "other te\u0301xt", WRONG, 2),
        ("", PLAIN, WRONG, 1),
        ("", TYPED, WRONG, 2),
    ],
)
def test_hash_of_what_was_typed_is_tried_too_and_nobody_costs_as_much(
    kept: str, typed: str, verdict: Verdict, evaluations: int
) -> None:
    hasher = Counting(time_cost=1, memory_cost=8, parallelism=1)
    encoded = hasher.hash(kept) if kept else ""
    with container.override("argon2", hasher):
        hasher.evaluations = 0
        assert passwords.judge(encoded, typed) == verdict

    assert hasher.evaluations == evaluations


def test_hash_is_renewed_when_the_cost_setting_has_moved() -> None:
    encoded = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1).hash(PLAIN)

    assert passwords.judge(encoded, TYPED) == STALE
    assert passwords.judge(encoded, "other text") == WRONG


@pytest.mark.parametrize(
    ("kept", "typed", "verdict", "evaluations"),
    [
        (PLAIN, PLAIN, STALE, 1),
        (PLAIN, TYPED, STALE, 1),
        (PLAIN, "other text", WRONG, 1),
        (TYPED, TYPED, STALE, 2),
        (TYPED, "other te\u0301xt", WRONG, 2),
    ],
)
def test_hash_of_another_system_costs_what_ours_does_and_is_made_anew(
    kept: str, typed: str, verdict: Verdict, evaluations: int
) -> None:
    encoded = hashlib.md5(kept.encode(), usedforsecurity=False).hexdigest()
    with container.override("argon2", Counting(time_cost=1, memory_cost=8, parallelism=1)) as hasher:
        assert passwords.judge(encoded, typed, {"hash": "md5"}) == verdict

    assert hasher.evaluations == evaluations
