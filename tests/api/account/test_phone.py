"""PATCH /account/phone. What it has in common with the other changes is in test_changes.py."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.runtime import container, settings
from chalicelib.storage import keys
from tests.support.api import Answer, assert_refused
from tests.support.person import NUMBER, PASSWORD, People, Person
from tests.support.tables import Tables

OTHER = "+4915187654321"


def change_phone(person: Person, number: Any = NUMBER, password: Any = PASSWORD) -> Answer:
    return person.patch("/account/phone", {"phone": number, "password": password})


@contextmanager
def parity(name: str) -> Iterator[None]:
    with container.override("config", replace(settings.config(), parity=frozenset({name}))):
        yield


def test_number_is_set_unproven(person: Person) -> None:
    before = person.get("/account").json

    answer = change_phone(person)

    assert answer.status == 200
    account = answer.json
    assert (account["phone"], account["phoneVerification"]) == (NUMBER, False)
    assert account["$updatedAt"] > before["$updatedAt"]
    email, phone = account["targets"]
    assert email == before["targets"][0]
    assert (phone["providerType"], phone["identifier"], phone["userId"]) == ("sms", NUMBER, person.id)
    assert person.get("/account").json == account


def test_change_clears_the_proof_and_keeps_the_target(people: People) -> None:
    person = people.new(phone_verified=True)
    before = person.get("/account").json["targets"][1]

    account = change_phone(person).json

    assert (account["phone"], account["phoneVerification"]) == (NUMBER, False)
    assert account["targets"][1] == {
        **before,
        "identifier": NUMBER,
        "$updatedAt": account["targets"][1]["$updatedAt"],
    }
    assert person.get("/account/mfa/factors").json["phone"] is False


def test_unproven_number_gets_no_challenge(people: People) -> None:
    person = people.new(phone_verified=True)
    change_phone(person)

    answer = person.post("/account/mfa/challenges", {"factor": "phone"})

    assert_refused(answer, 400, "user_phone_not_verified")
    assert person.inbox.messages(NUMBER) == []


def test_old_number_is_free_again(people: People) -> None:
    one, other = people.new(), people.new()
    change_phone(one)
    one.phone = NUMBER
    one.verify_phone()
    assert_refused(change_phone(other), 409, "user_target_already_exists")

    change_phone(one, OTHER)

    assert change_phone(other).status == 200


@pytest.mark.parametrize("whose", ["own", "another's"])
def test_number_in_use_is_refused_and_changes_nothing(people: People, tables: Tables, whose: str) -> None:
    person, neighbour = people.new(), people.new()
    change_phone(person)
    change_phone(neighbour, OTHER)
    neighbour.phone = OTHER
    neighbour.verify_phone()
    before = tables.items("users")

    taken = NUMBER if whose == "own" else OTHER
    assert_refused(change_phone(person, taken), 409, "user_target_already_exists")

    assert tables.items("users") == before
    assert person.get("/account").status == 200


@pytest.mark.parametrize("password", ["wrong password", PASSWORD.upper(), PASSWORD + " "])
def test_wrong_password_is_refused_and_changes_nothing(person: Person, tables: Tables, password: str) -> None:
    before = tables.items("users")

    assert_refused(change_phone(person, password=password), 401, "user_invalid_credentials")

    assert tables.items("users") == before


@pytest.mark.parametrize(
    ("name", "values"),
    [
        (
            "phone",
            [None, "", "4915112345678", "004915112345678", "+04915112345678", "+49 151/12345678", "+49_15112345"],
        ),
        (
            "phone",
            [
                "+491511",
                "+4915112345678901",
                "+9991234567",
                "+\uff11\uff14\uff19\uff11\uff15\uff11\uff11\uff12\uff13\uff14",
                "+4915112345678\n+4915112345679",
                "+49 00 15112345",
            ],
        ),
        ("phone", [4915112345678, ["+4915112345678"], {}, True, "+4915112345678,+4915112345679"]),
        ("password", [None, "", "x" * 257, 12345678, [PASSWORD]]),
    ],
)
def test_bad_parameter_is_refused_and_changes_nothing(
    person: Person, tables: Tables, name: str, values: list[Any]
) -> None:
    before = tables.items("users")

    for value in values:
        answer = person.patch("/account/phone", {"phone": NUMBER, "password": PASSWORD, name: value})
        assert_refused(answer, 400, "general_argument_invalid")
        assert name in answer.json["message"], value

    assert tables.items("users") == before


def test_change_ends_the_other_sessions(person: Person) -> None:
    other = person.session
    person.sign_in()

    change_phone(person)

    assert_refused(person.get("/account", session=other), 401, "general_unauthorized_scope")
    assert person.get("/account").status == 200
    assert person.get("/account/sessions").json["total"] == 1


def test_other_sessions_live_on_when_the_project_says_so(person: Person, tables: Tables) -> None:
    other = person.session
    person.sign_in()
    tables.change(keys.PROJECT, session_invalidation=False)
    person.clock.advance(seconds=6)

    change_phone(person)

    assert person.get("/account", session=other).status == 200
    assert person.get("/account").status == 200


def test_account_without_password_gets_this_one(person: Person, tables: Tables) -> None:
    tables.remove(keys.user(person.id), "password")

    account = change_phone(person, password="a new password").json

    assert account["passwordUpdate"] > account["registration"]
    person.password = "a new password"
    assert person.sign_in()


def test_change_needs_a_recent_challenge_once_mfa_is_in_force(people: People) -> None:
    person = people.new(mfa=True)

    assert_refused(change_phone(person), 401, "user_challenge_required")
    assert person.get("/account").json["phone"] == ""
    person.pass_challenge()

    assert change_phone(person).status == 200
    person.clock.advance(minutes=6)
    assert_refused(change_phone(person, OTHER), 401, "user_challenge_required")


def test_mfa_without_a_verified_factor_asks_for_no_challenge(person: Person) -> None:
    assert person.switch_mfa(True).status == 200

    assert change_phone(person).status == 200


def test_parity_lifts_the_challenge(people: People) -> None:
    person = people.new(mfa=True)

    with parity("factor-changes"):
        assert change_phone(person).status == 200
