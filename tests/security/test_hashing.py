"""Digests and Argon2 hashes of passwords: equal work for nobody and somebody, renewed when the costs change."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Literal

import pytest
from argon2 import PasswordHasher, extract_parameters

from chalicelib.runtime import container
from chalicelib.runtime.settings import Config, load
from chalicelib.security import hashing

CHEAP = Config(stage="test", project="demo", argon2_memory_kib=8, argon2_iterations=1)


@pytest.fixture(autouse=True)
def _cheap() -> Iterator[None]:
    container.reset()
    with container.override("config", CHEAP):
        yield
    container.reset()


class Counting(PasswordHasher):
    """Argon2, and with what it was asked."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.texts: list[str] = []
        self.encoded: list[str] = []

    def hash(self, password: str | bytes, **options: Any) -> str:
        self.texts.append(str(password))
        return super().hash(password, **options)

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002
        self.texts.append(str(password))
        self.encoded.append(str(hash))
        return super().verify(hash, password)


def test_digest_is_sha_256() -> None:
    assert hashing.digest("abc") == hashlib.sha256(b"abc").digest()


@pytest.mark.parametrize(
    ("one", "other", "same"), [(b"ab", b"ab", True), (b"ab", b"aB", False), (b"ab", b"abc", False)]
)
def test_equality_is_of_the_whole(one: bytes, other: bytes, same: bool) -> None:
    assert hashing.same(one, other) is same


@pytest.mark.parametrize("text", ["correct horse", "ü" * 128, "", "x" * 256])
def test_password_matches_its_hash_and_no_other(text: str) -> None:
    encoded = hashing.hash_secret(text)

    assert hashing.matches(encoded, text)
    for other in (text + "x", text + "\0", text[:-1] or "x", text.upper() + " "):
        assert not hashing.matches(encoded, other)


def test_every_hash_has_a_salt_of_its_own() -> None:
    assert hashing.hash_secret("same") != hashing.hash_secret("same")


def test_hash_is_argon2id_at_the_cost_of_the_settings() -> None:
    setting = load({"MFA_STAGE": "local", "MFA_PROJECT": "demo"})
    with container.override("config", setting):
        parameters = extract_parameters(hashing.hash_secret("text"))

    assert parameters.type.name == "ID"
    assert (parameters.memory_cost, parameters.time_cost, parameters.parallelism) == (19_456, 2, 1)
    assert (parameters.salt_len, parameters.hash_len) == (16, 32)


def test_without_a_hash_there_is_one_evaluation_at_the_same_cost_and_no_match() -> None:
    with container.override("argon2", Counting()) as hasher:
        for text in ("first", "second"):
            assert not hashing.matches("", text)

    assert hasher.texts == ["first", "second"]
    known = extract_parameters(hashing.hash_secret("known"))
    assert [extract_parameters(encoded) for encoded in hasher.encoded] == [known, known]


def test_nobody_knows_the_text_of_the_stand_in() -> None:
    with container.override("random", bytes), container.override("argon2", Counting()):
        assert not any(hashing.matches("", text) for text in ("", "0" * 32, "\0"))


@pytest.mark.parametrize(
    "moved", [{"argon2_memory_kib": 16}, {"argon2_iterations": 2}, {"argon2_parallelism": 2, "argon2_memory_kib": 16}]
)
def test_hash_needs_renewal_when_a_cost_setting_has_moved(moved: dict[str, Any]) -> None:
    encoded = hashing.hash_secret("text")
    assert not hashing.needs_rehash(encoded)

    container.reset()
    with container.override("config", replace(CHEAP, **moved)):
        assert hashing.needs_rehash(encoded)
        assert hashing.matches(encoded, "text")


MOVED = replace(CHEAP, argon2_memory_kib=24, argon2_iterations=2, argon2_parallelism=3)
COSTS = {"memory_cost": 24, "time_cost": 2, "threads": 3}


def test_costs_inside_a_hash_are_told_whatever_the_settings_are_now() -> None:
    with container.override("config", MOVED):
        encoded = hashing.hash_secret("text")

    assert hashing.costs(encoded) == COSTS


def test_costs_without_a_hash_are_those_of_the_settings() -> None:
    with container.override("config", MOVED):
        assert hashing.costs("") == COSTS
