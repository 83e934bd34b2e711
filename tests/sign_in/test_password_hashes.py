"""What a sign-in costs in Argon2 and round trips, whoever asks, and how the stored hash is renewed."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from argon2 import PasswordHasher

from chalicelib.runtime import aws, container, settings
from chalicelib.security import hashing
from chalicelib.storage import keys
from tests.support.api import assert_refused
from tests.support.person import PASSWORD, People, Person
from tests.support.sign_in import sign_in_anew
from tests.support.tables import Tables


def password_hash(tables: Tables, person: Person) -> str:
    value = tables.item(keys.user(person.id))["password"]
    assert isinstance(value, str)
    return value


class Counting:
    """The deployment's hasher, and how often it has evaluated Argon2."""

    def __init__(self, hasher: PasswordHasher) -> None:
        self._hasher = hasher
        self.evaluations = 0

    def hash(self, text: str) -> str:
        self.evaluations += 1
        return self._hasher.hash(text)

    def verify(self, encoded: str, text: str) -> bool:
        self.evaluations += 1
        return self._hasher.verify(encoded, text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._hasher, name)


@contextmanager
def counted() -> Iterator[Counting]:
    config = settings.config()
    hasher = PasswordHasher(config.argon2_iterations, config.argon2_memory_kib, config.argon2_parallelism)
    with container.override("argon2", Counting(hasher)) as counting:
        yield counting


class Watched:
    """DynamoDB, and which operations were called."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.operations: list[str] = []

    def __getattr__(self, name: str) -> Any:
        self.operations.append(name)
        return getattr(self._client, name)


def test_each_costs_one_argon2_evaluation_in_a_fresh_process_and_a_warm_one(people: People, tables: Tables) -> None:
    person, bare = people.new(), people.new()
    tables.remove(keys.user(bare.id), "password")
    with counted() as hasher:
        for address in ("nobody@example.test", "nobody@example.test", bare.email, person.email):
            for password in ("wrong password", PASSWORD):
                before = hasher.evaluations
                sign_in_anew(person, email=address, password=password)
                assert hasher.evaluations == before + 1, (address, password)


@pytest.mark.parametrize("password", ["e\u0301" * 8, "\uff41\uff42\uff43\uff44\uff45\uff46\uff47\uff48"])
def test_one_that_can_be_typed_in_two_ways_costs_two_for_nobody_as_for_somebody(
    people: People, tables: Tables, password: str
) -> None:
    """Else the time would tell who has an account, since hashes of what was typed are tried too."""
    person, bare = people.new(), people.new()
    tables.remove(keys.user(bare.id), "password")
    with counted() as hasher:
        for address in ("nobody@example.test", bare.email, person.email):
            before = hasher.evaluations
            assert_refused(sign_in_anew(person, email=address, password=password), 401, "user_invalid_credentials")
            assert hasher.evaluations == before + 2, address


def test_refusals_take_the_same_round_trips(people: People) -> None:
    person = people.new()
    with container.override("dynamodb", Watched(aws.client("dynamodb"))) as dynamodb:
        sign_in_anew(person, email="nobody@example.test")
        unknown = dynamodb.operations[:]
        dynamodb.operations.clear()
        sign_in_anew(person, password="wrong password")

    assert dynamodb.operations == unknown


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("email", [None, "", "ada", "a b@example.test", "\uff41da@example.test", 7, ["ada@example.test"], {}]),
        ("password", [None, "", "x" * 257, "x" * 60_000, 12345678, [PASSWORD], True]),
    ],
)
def test_bad_parameter_is_refused_before_any_argon2(
    person: Person, tables: Tables, name: str, values: list[Any]
) -> None:
    before = tables.items("sessions")

    with counted() as hasher:
        for value in values:
            answer = sign_in_anew(person, **{name: value})
            assert_refused(answer, 400, "general_argument_invalid")
            assert name in answer.json["message"]

    assert hasher.evaluations == 0
    assert tables.items("sessions") == before


def test_hash_is_renewed_at_sign_in_when_the_cost_setting_has_moved(person: Person, tables: Tables) -> None:
    before, updated = password_hash(tables, person), person.get("/account").json["passwordUpdate"]
    stronger = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)

    with container.override("argon2", stronger):
        sign_in_anew(person, password="wrong password")
        assert password_hash(tables, person) == before
        assert sign_in_anew(person).status == 201
        renewed = password_hash(tables, person)
        assert "m=16,t=2,p=1" in renewed
        assert sign_in_anew(person).status == 201

    assert password_hash(tables, person) == renewed
    assert person.get("/account").json["passwordUpdate"] == updated


def hash_as_typed(tables: Tables, person: Person, password: str) -> str:
    """As hashes were made before passwords were normalized."""
    encoded = container.get("argon2", hashing._build_hasher).hash(password)
    tables.change(keys.user(person.id), password=encoded)
    return str(encoded)


@pytest.mark.parametrize(
    "password",
    ["cafe\u0301 cre\u0300me", "\uff54\uff52\uff45\uff45 \uff54\uff52\uff55\uff4e\uff4b", "\ufb01sh & chips\u00b2"],
)
def test_hash_of_what_was_typed_is_good_once_and_then_renewed(person: Person, tables: Tables, password: str) -> None:
    updated, normal = person.get("/account").json["passwordUpdate"], unicodedata.normalize("NFKC", password)
    before = hash_as_typed(tables, person, password)

    assert sign_in_anew(person, password=normal).status == 401
    assert sign_in_anew(person, password="wrong password").status == 401
    assert password_hash(tables, person) == before
    with counted() as hasher:
        assert sign_in_anew(person, password=password).status == 201
    assert hasher.evaluations == 3
    renewed = password_hash(tables, person)
    assert renewed != before
    with counted() as hasher:
        assert sign_in_anew(person, password=normal).status == 201
        assert sign_in_anew(person, password=password).status == 201

    assert hasher.evaluations == 2
    assert password_hash(tables, person) == renewed
    assert person.get("/account").json["passwordUpdate"] == updated


@pytest.mark.parametrize("password", ["a", "123456", "\u00e4" * 4, "\u20ac" * 85])
def test_password_of_other_rules_is_good_wherever_it_is_asked(person: Person, tables: Tables, password: str) -> None:
    hash_as_typed(tables, person, password)

    assert sign_in_anew(person, password=password).status == 201
    body = {"email": "next@example.test", "password": password}
    assert person.patch("/account/email", body).status == 200
    assert person.patch("/account/phone", {"phone": "+491511234567", "password": password}).status == 200
    assert person.patch("/account/password", {"password": PASSWORD, "oldPassword": password}).status == 200


def test_hash_stays_while_the_setting_stays(person: Person, tables: Tables) -> None:
    before = password_hash(tables, person)

    sign_in_anew(person)

    assert password_hash(tables, person) == before
