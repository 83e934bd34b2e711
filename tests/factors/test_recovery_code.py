"""Which recovery code is right, what it spends, and that it costs one Argon2 evaluation whatever is typed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from chalicelib.factors.factor import Proof, Refusal
from chalicelib.factors.recovery_code import RecoveryCode
from chalicelib.models import Challenge, User
from chalicelib.runtime import container, settings
from chalicelib.security import hashing
from chalicelib.storage import keys
from chalicelib.storage.items import Item
from chalicelib.storage.writes import Update
from tests.support.person import People, Person

CODE = "k7qf9m2x4t8whj3d"
ANN = User(id="ann", created=1, updated=1, accessed=1, generation=1, recovery_codes=frozenset({"abc", "k7q"}))
CHALLENGE = Challenge(id="c1", user_id="ann", session_id="s", factor="recoveryCode", created=1, expire=2, ttl=1)


@pytest.fixture
def item(bare: None) -> Item:
    """The item of CODE, unspent."""
    return {"user_id": "ann", "selector": "k7q", "hash": hashing.hash_secret(CODE), "spent": 0}


def judged(typed: str, item: Item | None, user: User = ANN) -> Proof | Refusal:
    return RecoveryCode().check(typed, user, CHALLENGE, item)


@pytest.mark.parametrize("typed", [CODE, "K7QF-9M2X-4T8W-HJ3D"])
def test_right_code_spends_its_item_and_its_selector(item: Item, typed: str) -> None:
    proof = judged(typed, item)

    assert isinstance(proof, Proof)
    [mark] = proof.writes
    assert mark.key == keys.recovery_code("ann", "k7q")
    refusal = mark.why_refused()
    assert (getattr(refusal, "status", 0), getattr(refusal, "type", "")) == (401, "user_invalid_token")
    spend = proof.spend(Update(keys.user("ann"))).request()
    assert spend["UpdateExpression"] == "DELETE #0 :1"
    assert spend["ExpressionAttributeNames"] == {"#0": "recovery_codes"}
    assert spend["ExpressionAttributeValues"] == {":0": {"S": "k7q"}, ":1": {"SS": ["k7q"]}}


@pytest.mark.parametrize("typed", [CODE[:-1] + "0", "k7q" + "0" * 13, CODE[:-1], CODE + "0", "", "123456"])
def test_every_other_code_is_wrong(item: Item, typed: str) -> None:
    assert judged(typed, item) is Refusal.WRONG
    assert judged(typed, None) is Refusal.WRONG


def test_code_that_nobody_has_is_wrong_though_it_is_well_formed(item: Item) -> None:
    assert judged(CODE, None) is Refusal.WRONG
    assert judged(CODE, {**item, "hash": hashing.hash_secret("k7q" + "0" * 13)}) is Refusal.WRONG


def test_code_that_was_used_or_replaced_is_spent(item: Item) -> None:
    assert judged(CODE, {**item, "spent": 1}) is Refusal.SPENT
    assert judged(CODE, item, replace(ANN, recovery_codes=frozenset({"abc"}))) is Refusal.SPENT
    assert judged(CODE, {**item, "spent": 1}, replace(ANN, recovery_codes=frozenset())) is Refusal.SPENT


def test_evidence_is_the_item_that_the_selector_names() -> None:
    assert RecoveryCode().evidence("ann", "K7QF-9M2X-4T8W-HJ3D") == keys.recovery_code("ann", "k7q")
    assert RecoveryCode().evidence("ann", "123456") is None


def test_who_has_codes_left_can_answer() -> None:
    assert RecoveryCode().enrolled(ANN) is True
    assert RecoveryCode().enrolled(replace(ANN, recovery_codes=frozenset())) is False


# What it costs


class Counting:
    """Argon2 that counts what it is asked to compute."""

    def __init__(self) -> None:
        self._hasher = container.get("argon2", hashing._build_hasher)
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
    hashing.matches("", "warm")
    with container.override("argon2", Counting()) as counting:
        yield counting


def holder(people: People, count: int) -> Person:
    with container.override("config", replace(settings.config(), recovery_codes=count)):
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
