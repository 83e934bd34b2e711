"""One-time codes, secrets and recovery codes: how random they are, and which ways of typing them are forgiven."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as some

from chalicelib.runtime import container
from chalicelib.security import codes

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
canonical = some.text(ALPHABET, min_size=16, max_size=16)
spelling = some.sampled_from([str.upper, str.lower, str.title, str.swapcase])
SPACES = "\t\n\r\x0b\x0c\x85 \u00a0\u1680\u2000\u2003\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
gaps = some.lists(some.text(SPACES + DASHES, max_size=3), min_size=17, max_size=17)

NO_CODES = [
    "",
    "12345",
    "1234567",
    "12 456",
    "12-3456",
    "1-2-3456",
    "123--456",
    "123456-",
    "123\u2016456",
    "123\u00ad456",
    "123.456",
    "1_2345",
    "+12345",
    "-12345",
    "0x1234",
    "12345a",
    "\uff11\uff12\uff13\uff14\uff15\uff16",
    "١٢٣٤٥٦",
    "12345\u0665",
    "²²²²²²",
    "123\u200b456",
]


def test_one_time_codes_have_six_digits_and_keep_leading_zeros() -> None:
    made = [codes.one_time_code() for _ in range(5_000)]

    assert all(codes.canonical_one_time_code(code) == code for code in made)
    assert any(code.startswith("0") for code in made)


def test_every_digit_is_as_likely_at_every_place() -> None:
    """20,000 draws of ten digits at six places: each within six standard deviations (42) of 2,000."""
    made = [codes.one_time_code() for _ in range(20_000)]

    for place in range(6):
        counts = Counter(code[place] for code in made)
        assert all(abs(counts[digit] - 2_000) < 6 * 42.5 for digit in "0123456789")


def test_smallest_number_is_a_code_too() -> None:
    with container.override("random", bytes):
        assert codes.one_time_code() == "000000"


@pytest.mark.parametrize("dash", ["", *DASHES])
@pytest.mark.parametrize("space", ["", *SPACES, " \r\n "])
def test_white_space_and_a_dash_in_the_middle_are_forgiven(space: str, dash: str) -> None:
    for typed in (
        f"012{space}{dash}{space}345",
        f"{space}012{dash}345{space}",
        f"0{space}1{space}2{dash}3{space}4{space}5",
    ):
        assert codes.canonical_one_time_code(typed) == "012345"


@given(some.text(some.sampled_from("0123456789" + SPACES + DASHES) | some.characters(), max_size=9))
def test_what_is_taken_for_a_code_is_six_digits(typed: str) -> None:
    code = codes.canonical_one_time_code(typed)

    assert code is None or (re.fullmatch("[0-9]{6}", code) and code == re.sub("[^0-9]", "", typed))


@pytest.mark.parametrize("text", NO_CODES)
def test_what_only_looks_like_a_code_is_none(text: str) -> None:
    assert codes.canonical_one_time_code(text) is None


@given(some.text(some.characters(categories=["Nd"]), min_size=6, max_size=6))
def test_digits_of_other_scripts_are_no_code(text: str) -> None:
    assert codes.canonical_one_time_code(text) == (text if text.isascii() else None)


@pytest.mark.parametrize("length", [64, 256])
def test_secrets_are_hex_of_that_length_with_four_random_bits_each(length: int) -> None:
    asked: list[int] = []

    def random(count: int) -> bytes:
        asked.append(count)
        return bytes(range(count))

    with container.override("random", random):
        secret = codes.hex_secret(length)

    assert re.fullmatch(f"[0-9a-f]{{{length}}}", secret)
    assert asked == [length // 2]


def test_recovery_code_has_sixteen_characters_of_the_alphabet() -> None:
    made = [codes.recovery_code() for _ in range(1_000)]

    assert len(set(made)) == 1_000
    assert all(len(code) == 16 and set(code) <= set(ALPHABET) for code in made)


def test_every_character_is_as_likely_at_every_place() -> None:
    """6,400 draws of 32 characters: each within six standard deviations (14) of 200, at each of 16 places."""
    made = [codes.recovery_code() for _ in range(6_400)]

    for place in range(16):
        counts = Counter(code[place] for code in made)
        assert all(abs(counts[character] - 200) < 6 * 14 for character in ALPHABET)


def test_secret_part_carries_65_bits() -> None:
    assert 2 ** ((codes.RECOVERY_LENGTH - codes.SELECTOR_LENGTH) * 5) == 2**65
    assert len(set(codes.CROCKFORD)) == 32


@given(canonical)
def test_code_that_is_shown_is_the_code(code: str) -> None:
    shown = codes.shown(code)

    assert re.fullmatch("([0-9a-z]{4}-){3}[0-9a-z]{4}", shown)
    assert codes.canonical_recovery_code(shown) == code


@given(canonical, spelling, gaps)
def test_case_hyphens_and_blanks_are_forgiven(code: str, spell: object, fill: list[str]) -> None:
    typed = "".join(gap + character for gap, character in zip(fill, code, strict=False)) + fill[-1]

    assert callable(spell)
    assert codes.canonical_recovery_code(spell(typed)) == code


@given(canonical, some.randoms(use_true_random=False))
def test_look_alikes_are_forgiven(code: str, random: object) -> None:
    alike = {"0": "0oO", "1": "1iIlL"}

    typed = "".join(random.choice(alike.get(character, character)) for character in code)  # type: ignore[attr-defined]

    assert codes.canonical_recovery_code(typed) == code


@given(some.text(max_size=40))
def test_what_comes_out_is_canonical_or_nothing(typed: str) -> None:
    code = codes.canonical_recovery_code(typed)

    assert code is None or (len(code) == 16 and set(code) <= set(ALPHABET))
    assert code is None or codes.canonical_recovery_code(code) == code


@given(
    some.text(
        some.sampled_from(ALPHABET + ALPHABET.upper() + "iIlLoOuU" + DASHES + SPACES) | some.characters(), max_size=22
    )
)
def test_nothing_but_the_documented_is_forgiven(typed: str) -> None:
    """Judged character by character: a blank or dash is nothing, a look-alike its digit, anything else no code."""
    meant = {character: character.lower() for character in ALPHABET + ALPHABET.upper()}
    meant |= {**dict.fromkeys(DASHES, ""), **{each: "" for each in typed if each.isspace()}}
    meant |= {**dict.fromkeys("iIlL", "1"), **dict.fromkeys("oO", "0")}

    read = [meant.get(character) for character in typed]

    whole = "".join(part for part in read if part)
    assert codes.canonical_recovery_code(typed) == (whole if None not in read and len(whole) == 16 else None)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "-",
        "k7qf",
        "k7qf-9m2x-4t8w-hj3",
        "k7qf-9m2x-4t8w-hj3d0",
        "k7qf-9m2x-4t8w-hj3u",
        "k7qf-9m2x-4t8w-hj3*",
        "k7qf_9m2x_4t8w_hj3d",
        "k7qf\u200b9m2x4t8whj3d",
        "k7qf\u20169m2x4t8whj3d",
        "k7q•-••••-••••-••••",
        "\uff4b7qf-9m2x-4t8w-hj3d",
        "\u212a7qf-9m2x-4t8w-hj3d",
        "k7qf-9m2x-4t8w-hj3d k7qf-9m2x-4t8w-hj3d",
    ],
)
def test_what_cannot_be_a_recovery_code_is_none(typed: str) -> None:
    assert codes.canonical_recovery_code(typed) is None


def test_mask_shows_the_selector_and_nothing_else() -> None:
    assert codes.masked("k7q") == "k7q•-••••-••••-••••"
