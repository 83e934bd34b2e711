"""Parallel creation leaves one owner, one set, one seed (THREATS 21, 22, 23)."""

from __future__ import annotations

import pyotp
import pytest

from chalicelib.security import encryption
from chalicelib.storage import keys
from tests.races.crowd import MANY, Race
from tests.support import KEY, PASSWORD, Answer, Api, People, Person, Tables, outcomes

ONE_OF_MANY = {"success": 1, "user_already_exists": MANY - 1}
SPELLINGS = ("ada@example.test", "Ada@Example.Test", " ada@example.test", "ADA@EXAMPLE.TEST ")
NUMBER = "+491511234567"

pytestmark = pytest.mark.race


def sign_up(api: Api, user_id: str, email: str) -> Answer:
    return api.post("/account", {"userId": user_id, "email": email, "password": PASSWORD})


def winner(answers: list[Answer]) -> str:
    """The id that the one success names."""
    (success,) = (answer for answer in answers if answer.status < 400)
    return str(success.json["$id"])


def places(tables: Tables) -> list[str]:
    """Where something stands in the table of users: accounts and claims."""
    return sorted(item["pk"] for item in tables.items("users"))


def test_one_mailbox_has_one_account_however_it_is_spelled(api: Api, tables: Tables, race: Race) -> None:
    answers = race(MANY, lambda number: sign_up(api, f"user-{number}", SPELLINGS[number % 4]))

    assert outcomes(answers) == ONE_OF_MANY
    assert places(tables) == ["email#ada@example.test", f"user#{winner(answers)}"]


def test_one_id_has_one_account(api: Api, tables: Tables, race: Race) -> None:
    answers = race(MANY, lambda number: sign_up(api, "the-one", f"person{number}@example.test"))

    assert outcomes(answers) == ONE_OF_MANY
    (success,) = (answer for answer in answers if answer.status < 400)
    assert places(tables) == [f"email#{success.json['email']}", "user#the-one"]


def test_one_number_has_one_account(api: Api, tables: Tables, race: Race) -> None:
    answers = race(MANY, lambda number: api.post("/users", {"userId": f"user-{number}", "phone": NUMBER}, key=KEY))

    assert outcomes(answers) == ONE_OF_MANY
    assert places(tables) == [f"phone#{NUMBER}", f"user#{winner(answers)}"]


def test_one_number_that_asks_for_codes_has_one_account(api: Api, tables: Tables, race: Race) -> None:
    body = {"userId": "unique()", "phone": NUMBER}

    answers = race(MANY, lambda _: api.post("/account/tokens/phone", body))

    (claim, account) = places(tables)
    assert claim == f"phone#{NUMBER}"
    assert {answer.json["userId"] for answer in answers if answer.status == 201} == {account.removeprefix("user#")}
    assert list(tables.item(keys.user(account.removeprefix("user#")))["tokens"]) == ["sign-in"]


def test_one_number_moves_to_one_owner(people: People, tables: Tables, race: Race) -> None:
    crowd = [people.new() for _ in range(16)]
    body = {"phone": NUMBER, "password": PASSWORD}

    answers = race(16, lambda number: crowd[number].patch("/account/phone", body))

    assert outcomes(answers) == {"success": 1, "user_target_already_exists": 15}
    owners = [item["id"] for item in tables.items("users") if item.get("phone") == NUMBER]
    assert owners == [winner(answers)]
    assert tables.item(keys.phone(NUMBER))["user_id"] == owners[0]


def live(person: Person, answers: list[Answer]) -> list[bool]:
    """Whether the first code of each set that was handed out works."""
    codes = [answer.json["recoveryCodes"][0] for answer in answers if answer.status < 400]
    return [person.answer(person.challenge("recoveryCode"), code).status == 200 for code in codes]


def assert_one_set(tables: Tables, person: Person) -> None:
    """The user's record and the codes tell of the same ten."""
    selectors = [item["selector"] for item in tables.items("recovery-codes")]
    assert len(selectors) == 10
    assert set(selectors) == set(tables.item(keys.user(person.id))["recovery_codes"])


def test_parallel_creation_leaves_one_set_of_recovery_codes(person: Person, tables: Tables, race: Race) -> None:
    answers = race(MANY, lambda _: person.post("/account/mfa/recovery-codes"))

    assert outcomes(answers) == {"success": 1, "user_recovery_codes_already_exists": MANY - 1}
    assert_one_set(tables, person)
    assert live(person, answers) == [True]


def test_parallel_regeneration_leaves_one_set_of_recovery_codes(people: People, tables: Tables, race: Race) -> None:
    person = people.new(recovery_codes=True)
    person.pass_challenge("recoveryCode")

    answers = race(MANY, lambda _: person.patch("/account/mfa/recovery-codes"))

    assert outcomes(answers)["success"] >= 1
    assert_one_set(tables, person)
    assert live(person, answers).count(True) == 1


def test_parallel_enrolment_leaves_one_seed(person: Person, tables: Tables, race: Race) -> None:
    answers = race(MANY, lambda _: person.post("/account/mfa/authenticators/totp"))

    assert outcomes(answers)["success"] >= 1
    (kept,) = tables.item(keys.user(person.id))["authenticators"].values()
    seed = encryption.decrypt(kept["secret"], person.id).decode()
    assert [answer.json.get("secret") for answer in answers].count(seed) == 1
    assert _confirms(person, seed)


def _confirms(person: Person, seed: str) -> bool:
    code = pyotp.TOTP(seed).at(int(person.clock()))
    return person.put("/account/mfa/authenticators/totp", {"otp": code}).status == 200
