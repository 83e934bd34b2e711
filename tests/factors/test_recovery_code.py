"""A recovery code costs one Argon2 evaluation, whatever is typed and however many codes there are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from chalicelib import services
from chalicelib.security import hashing
from tests.support import People, Person


class Counting:
    """Argon2 that counts what it is asked to compute."""

    def __init__(self) -> None:
        self._hasher = services.get("argon2", hashing._build_hasher)
        self.evaluations = 0

    def verify(self, encoded: str, text: str) -> bool:
        self.evaluations += 1
        return bool(self._hasher.verify(encoded, text))

    def hash(self, text: str) -> str:
        self.evaluations += 1
        return str(self._hasher.hash(text))

    def check_needs_rehash(self, encoded: str) -> bool:
        return bool(self._hasher.check_needs_rehash(encoded))


@pytest.fixture
def argon2(people: People) -> Iterator[Counting]:
    """Argon2, counted from here on; the dummy hash is there already."""
    hashing.password_matches("", "warm")
    with services.override("argon2", Counting()) as counting:
        yield counting


def holder(people: People, count: int) -> Person:
    with services.override("config", replace(services.config(), recovery_codes=count)):
        return people.new(recovery_codes=True, authenticator=True)


@pytest.mark.parametrize("count", [1, 10, 20])
def test_right_code_costs_one_evaluation(people: People, argon2: Counting, count: int) -> None:
    person = holder(people, count)
    challenge, argon2.evaluations = person.challenge("recoveryCode"), 0

    assert person.answer(challenge, person.recovery_codes[-1]).status == 200

    assert argon2.evaluations == 1


def test_wrong_code_costs_one_evaluation_whether_its_selector_is_known_or_not(people: People, argon2: Counting) -> None:
    person = holder(people, 10)
    known = person.recovery_codes[0][:3]
    unknown = next(name for name in ("000", "zzz", "abc") if name not in {c[:3] for c in person.recovery_codes})
    challenge, argon2.evaluations = person.challenge("recoveryCode"), 0

    for selector in (known, unknown):
        assert person.answer(challenge, f"{selector}0-0000-0000-0000").status == 401

    assert argon2.evaluations == 2


def test_spent_code_costs_one_evaluation_too(people: People, argon2: Counting) -> None:
    person = holder(people, 10)
    code = person.recovery_codes[0]
    assert person.answer(person.challenge("recoveryCode"), code).status == 200
    challenge, argon2.evaluations = person.challenge("recoveryCode"), 0

    assert person.answer(challenge, code).status == 401

    assert argon2.evaluations == 1


@pytest.mark.parametrize(("factor", "otp"), [("recoveryCode", "no code"), ("totp", "0000-0000-0000-0000")])
def test_what_cannot_be_a_recovery_code_costs_none(people: People, argon2: Counting, factor: str, otp: str) -> None:
    person = holder(people, 1)
    challenge, argon2.evaluations = person.challenge(factor), 0

    assert person.answer(challenge, otp).status == 401

    assert argon2.evaluations == 0
