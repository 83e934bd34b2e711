"""Passkeys at the same time: one owner of a credential, ten of a user, one use of a counter, one RP ID."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.passkeys.enrol import MOST
from chalicelib.storage import keys
from tests.races.crowd import MANY, Race
from tests.support.api import KEY, Answer, Api, at_once, outcomes
from tests.support.authenticator import Authenticator, Bent, base64url
from tests.support.clock import Clock
from tests.support.person import ORIGIN, People, Person
from tests.support.tables import Tables, allow_passkeys

ALREADY = "user_passkey_already_exists"

pytestmark = pytest.mark.race


@pytest.fixture(autouse=True)
def _with_passkeys(api: Api, tables: Tables, clock: Clock) -> None:
    allow_passkeys(tables, clock)


def verify(person: Person, begun: dict[str, Any], credential: dict[str, Any]) -> Answer:
    return person.put(f"/account/passkeys/{begun['passkeyId']}/verification", {"credential": credential})


def kept(tables: Tables) -> list[dict[str, Any]]:
    return [item for item in tables.items("users") if item["pk"].startswith("passkey#")]


def assert_told_alike(tables: Tables, person: Person) -> int:
    """The user's record and the passkeys tell of the same ones; how many."""
    user, found = tables.item(keys.user(person.id)), kept(tables)
    assert user["passkeys"] == {item["id"]: item["pk"].removeprefix("passkey#") for item in found}
    assert user.get("has_passkey", False) is bool(found)
    return len(found)


def test_one_sign_in_is_answered_once(person: Person, tables: Tables, race: Race) -> None:
    person.enrol_passkey()
    begun = person.api.post("/account/tokens/passkey").json
    body = {"challengeId": begun["$id"], "credential": person.authenticator.get(begun["publicKey"])}

    answers = race(MANY, lambda _: person.api.put("/account/tokens/passkey", body))

    assert outcomes(answers) == {"success": 1, "user_invalid_token": MANY - 1}


def test_one_counter_answers_one_of_many_challenges(person: Person, tables: Tables, race: Race) -> None:
    """As the original and a copy of a key that stays on its device would."""
    person.authenticator = Authenticator(ORIGIN, synced=False)
    person.enrol_passkey()
    begun = [person.api.post("/account/tokens/passkey").json for _ in range(8)]
    same = Bent(counter=7)
    bodies = [
        {"challengeId": each["$id"], "credential": person.authenticator.get(each["publicKey"], same)} for each in begun
    ]

    answers = race(8, lambda number: person.api.put("/account/tokens/passkey", bodies[number]))

    assert outcomes(answers) == {"success": 1, "user_invalid_token": 7}
    assert [item["counter"] for item in kept(tables)] == [7]


def test_one_credential_that_many_enrol_has_one_owner(people: People, tables: Tables, race: Race) -> None:
    crowd = [people.new() for _ in range(8)]
    begun = [person.begin_passkey(passkeyId="same") for person in crowd]
    id_ = base64url(bytes(32))
    same = Bent(attested_id=bytes(32), envelope={"id": id_, "rawId": id_})
    made = [person.authenticator.create(each["publicKey"], same) for person, each in zip(crowd, begun, strict=True)]

    answers = race(8, lambda number: verify(crowd[number], begun[number], made[number]))

    assert outcomes(answers) == {"success": 1, ALREADY: 7}
    [winner] = [person for person, answer in zip(crowd, answers, strict=True) if answer.status == 200]
    assert [(item["user_id"]) for item in kept(tables)] == [winner.id]
    assert [item["id"] for item in tables.items("users") if item.get("passkeys")] == [winner.id]


def test_one_challenge_makes_one_passkey(person: Person, tables: Tables, race: Race) -> None:
    begun = person.begin_passkey()
    made = [Authenticator(ORIGIN).create(begun["publicKey"]) for _ in range(8)]

    answers = race(8, lambda number: verify(person, begun, made[number]))

    assert outcomes(answers) == {"success": 1, "user_invalid_token": 7}
    assert assert_told_alike(tables, person) == 1


def test_ten_are_begun_however_many_ask(person: Person, tables: Tables, race: Race) -> None:
    for _ in range(MOST - 1):
        person.begin_passkey()

    answers = race(8, lambda _: person.post("/account/passkeys"))

    assert outcomes(answers)["success"] == 1
    assert len(tables.item(keys.user(person.id))["pending_passkeys"]) == MOST


def test_user_has_one_handle_whatever_begins_first(person: Person, tables: Tables, race: Race) -> None:
    answers = race(8, lambda _: person.post("/account/passkeys"))

    handles = {each.json["publicKey"]["user"]["id"] for each in answers if each.status == 201}
    assert handles == {base64url(tables.item(keys.user(person.id))["passkey_handle"])}


def test_passkeys_that_are_made_and_removed_at_once_leave_no_trace_of_half(
    person: Person, tables: Tables, race: Race
) -> None:
    made = []
    for _ in range(4):
        person.authenticator = Authenticator(ORIGIN)
        made.append(person.enrol_passkey())
    begun = [person.begin_passkey() for _ in range(4)]
    credentials = [Authenticator(ORIGIN).create(each["publicKey"]) for each in begun]

    def act(number: int) -> Answer:
        if number < 4:
            return verify(person, begun[number], credentials[number])
        return person.api.delete(f"/users/{person.id}/passkeys/{made[number - 4]}", key=KEY)

    answers = race(8, act)

    assert outcomes(answers)["success"] >= 1
    added, removed = (sum(each.status < 400 for each in part) for part in (answers[:4], answers[4:]))
    assert assert_told_alike(tables, person) == 4 + added - removed


def test_rp_id_changes_or_passkeys_are_begun(people: People, tables: Tables) -> None:
    crowd = [people.new() for _ in range(7)]

    def act(number: int) -> Answer:
        if number < 7:
            return crowd[number].post("/account/passkeys")
        return crowd[0].api.patch("/project/policies/passkey", {"rpId": "example.com"}, key=KEY)

    *begun, changed = at_once(8, act)

    named = {answer.json["publicKey"]["rp"]["id"] for answer in begun if answer.status == 201}
    assert named <= {tables.item(keys.PROJECT)["passkey_rp_id"]}, "passkeys for an RP ID that is none any more"
    assert (changed.status == 200) is (tables.item(keys.PROJECT)["passkey_rp_id"] == "example.com")
    if changed.status == 200:
        assert named <= {"example.com"}
