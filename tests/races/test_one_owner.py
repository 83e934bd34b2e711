"""Parallel creation leaves one owner, one set, one seed."""

from __future__ import annotations

import pyotp
import pytest

from chalicelib.security import encryption
from chalicelib.storage import keys
from infra.local.inbox import Inbox
from tests.races.crowd import MANY, Race
from tests.support.api import KEY, Answer, Api, assert_refused, outcomes
from tests.support.person import PASSWORD, People, Person
from tests.support.tables import Tables

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


def test_one_number_that_asks_for_codes_is_sent_one(api: Api, tables: Tables, inbox: Inbox, race: Race) -> None:
    body = {"userId": "unique()", "phone": NUMBER}

    answers = race(MANY, lambda _: api.post("/account/tokens/phone", body))

    assert outcomes(answers)["success"] == len(inbox.messages(NUMBER)) == 1
    assert (places(tables), len(tables.items("challenges"))) == ([], 1)


def codes_of_a_crowd(people: People, size: int) -> list[tuple[Person, str]]:
    """Many who typed the same number, each with an open code that proves it."""
    crowd = [people.new() for _ in range(size)]
    for person in crowd:
        person.set_phone(NUMBER)
        assert person.post("/account/verifications/phone").status == 201
    texts = [message.code for message in crowd[0].inbox.messages(NUMBER)]
    return list(zip(crowd, reversed(texts), strict=True))


def owners(tables: Tables) -> list[str]:
    return [item["id"] for item in tables.items("users") if item.get("phone") == NUMBER]


def test_one_number_that_many_prove_has_one_owner(people: People, tables: Tables, race: Race) -> None:
    crowd = codes_of_a_crowd(people, 8)

    def prove(number: int) -> Answer:
        person, code = crowd[number]
        return person.api.put("/account/verifications/phone", {"userId": person.id, "secret": code})

    told = outcomes(race(8, prove))

    assert told["success"] == 1
    assert set(told) <= {"success", "user_target_already_exists", "user_invalid_token"}
    [owner] = owners(tables)
    assert tables.item(keys.phone(NUMBER))["user_id"] == owner
    assert tables.item(keys.user(owner))["phone_verified"] is True


def test_one_number_that_is_proven_by_code_and_by_sign_in_has_one_owner(
    people: People, tables: Tables, race: Race
) -> None:
    crowd = codes_of_a_crowd(people, 4)
    api, inbox = crowd[0][0].api, crowd[0][0].inbox
    for number in range(4):
        assert api.post("/account/tokens/phone", {"userId": f"new-{number}", "phone": NUMBER}).status == 201
    signs = [message.code for message in inbox.messages(NUMBER)][3::-1]

    def prove(number: int) -> Answer:
        if number < 4:
            person, code = crowd[number]
            return api.put("/account/verifications/phone", {"userId": person.id, "secret": code})
        body = {"userId": f"new-{number - 4}", "secret": signs[number - 4]}
        return api.post("/account/sessions/token", body)

    answers = race(8, prove)

    [owner] = owners(tables)
    assert tables.item(keys.phone(NUMBER))["user_id"] == owner
    assert sum(answer.status == 200 for answer in answers) <= 1
    assert {answer.json["userId"] for answer in answers[4:] if answer.status == 201} <= {owner}
    assert len(tables.items("users")) <= 4 * 2 + 2  # the crowd with its mailboxes, the number, one account of its own


def test_number_that_is_proven_while_others_type_it_is_on_one_account(
    people: People, tables: Tables, race: Race
) -> None:
    [(person, code)] = codes_of_a_crowd(people, 1)
    crowd = [people.new() for _ in range(7)]
    body = {"phone": NUMBER, "password": PASSWORD}

    def act(number: int) -> Answer:
        if number == 7:
            return person.api.put("/account/verifications/phone", {"userId": person.id, "secret": code})
        return crowd[number].patch("/account/phone", body)

    answers = race(8, act)

    assert answers[7].status == 200
    assert tables.item(keys.phone(NUMBER))["user_id"] == person.id
    assert [item["id"] for item in tables.items("users") if item.get("phone_verified")] == [person.id]
    for stranger in crowd:
        assert_refused(stranger.patch("/account/phone", body), 409, "user_target_already_exists")


@pytest.mark.parametrize(
    ("field", "name", "address", "claim"),
    [
        ("email", "email", SPELLINGS[0], keys.email(SPELLINGS[0])),
        ("phone", "number", NUMBER, keys.phone(NUMBER)),
    ],
)
def test_one_address_that_the_team_gives_to_many_has_one_owner(
    people: People, tables: Tables, race: Race, field: str, name: str, address: str, claim: keys.Key
) -> None:
    crowd = [people.new(signed_in=False) for _ in range(8)]

    def give(number: int) -> Answer:
        return crowd[number].api.patch(f"/users/{crowd[number].id}/{field}", {name: address}, key=KEY)

    answers = race(8, give)

    assert outcomes(answers) == {"success": 1, "user_target_already_exists": 7}
    assert [item["id"] for item in tables.items("users") if item.get(field) == address] == [winner(answers)]
    assert tables.item(claim)["user_id"] == winner(answers)


def test_user_to_whom_many_addresses_are_given_has_the_claim_of_one(person: Person, tables: Tables, race: Race) -> None:
    def give(number: int) -> Answer:
        return person.api.patch(f"/users/{person.id}/email", {"email": f"{number}@example.test"}, key=KEY)

    answers = race(8, give)

    assert outcomes(answers)["success"] >= 1
    email = tables.item(keys.user(person.id))["email"]
    assert places(tables) == [f"email#{email}", f"user#{person.id}"]


def test_one_identifier_is_the_target_or_address_of_one(people: People, tables: Tables, race: Race) -> None:
    crowd = [people.new(signed_in=False) for _ in range(8)]

    def take(number: int) -> Answer:
        person = crowd[number]
        if number % 2:
            return person.api.patch(f"/users/{person.id}/email", {"email": SPELLINGS[0]}, key=KEY)
        body = {"targetId": "unique()", "providerType": "email", "identifier": SPELLINGS[0]}
        return person.api.post(f"/users/{person.id}/targets", body, key=KEY)

    answers = race(8, take)

    assert outcomes(answers) == {"success": 1, "user_target_already_exists": 7}
    items = tables.items("users")
    having = [item for item in items if item.get("email") == SPELLINGS[0] or item.get("targets", {}).keys() - {"email"}]
    assert len(having) == 1


def test_targets_of_one_user_have_a_claim_each(person: Person, tables: Tables, race: Race) -> None:
    def take(number: int) -> Answer:
        body = {"targetId": f"t{number}", "providerType": "email", "identifier": f"{number}@example.test"}
        return person.api.post(f"/users/{person.id}/targets", body, key=KEY)

    answers = race(8, take)

    assert outcomes(answers)["success"] >= 1
    kept = tables.item(keys.preferences(person.id))["targets"].values()
    claims = [item["pk"] for item in tables.items("users") if "target_of" in item]
    assert sorted(claims) == sorted(f"email#{target['identifier']}" for target in kept)
    assert len(claims) == outcomes(answers)["success"]


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
