"""Many requests at once that redeem the same link or code of an address: exactly one does (attack 20)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chalicelib.storage import keys
from infra.local.inbox import Inbox
from tests.races.crowd import MANY, Race
from tests.support.api import Api, outcomes
from tests.support.person import NUMBER, RETURN_URL, People, Person
from tests.support.tables import Tables

ONE_OF_MANY = {"success": 1, "user_invalid_token": MANY - 1}

pytestmark = pytest.mark.race


@pytest.mark.parametrize("path", ["/account/verifications/email", "/account/verification"])
def test_verification_link_is_redeemed_once(people: People, tables: Tables, race: Race, path: str) -> None:
    person = people.new()
    assert person.post("/account/verifications/email", {"url": RETURN_URL}).status == 201
    proof = {"userId": person.id, "secret": person.mailed_secret()}

    answers = race(MANY, lambda _: person.api.put(path, proof))

    assert outcomes(answers) == ONE_OF_MANY
    user = tables.item(keys.user(person.id))
    assert (user["email_verified"], user["tokens"]) == (True, {})


def test_phone_code_is_redeemed_once(people: People, tables: Tables, race: Race) -> None:
    person = people.new()
    person.set_phone()
    assert person.post("/account/verifications/phone").status == 201
    proof = {"userId": person.id, "secret": person.texted_code()}

    answers = race(MANY, lambda _: person.api.put("/account/verifications/phone", proof))

    assert outcomes(answers) == ONE_OF_MANY
    user = tables.item(keys.user(person.id))
    assert (user["phone_verified"], user["tokens"]) == (True, {})


def test_recovery_link_gives_one_of_many_passwords(
    person: Person, tables: Tables, race: Race, run_jobs: Callable[[], int]
) -> None:
    assert person.api.post("/account/recovery", {"email": person.email, "url": RETURN_URL}).status == 201
    run_jobs()
    proof = {"userId": person.id, "secret": person.mailed_secret()}

    answers = race(
        MANY, lambda number: person.api.put("/account/recovery", {**proof, "password": f"new word {number}"})
    )

    assert outcomes(answers) == ONE_OF_MANY
    (winner,) = (number for number, answer in enumerate(answers) if answer.status == 200)
    before = tables.item(keys.user(person.id))
    assert (before["tokens"], before["sessions"]) == ({}, {})
    credentials = [{"email": person.email, "password": f"new word {number}"} for number in range(MANY)]
    welcome = [person.api.post("/account/sessions/email", each).status for each in credentials]
    assert [number for number, status in enumerate(welcome) if status == 201] == [winner]


def test_mailed_code_proves_the_mailbox_once(people: People, tables: Tables, race: Race) -> None:
    person = people.new()
    assert person.post("/account/verifications/email/otp").status == 201
    proof = {"userId": person.id, "secret": person.mailed_code()}

    answers = race(MANY, lambda _: person.api.put("/account/verifications/email/otp", proof))

    assert outcomes(answers) == ONE_OF_MANY
    user = tables.item(keys.user(person.id))
    assert (user["email_verified"], user["tokens"]) == (True, {})


def test_recovery_code_gives_one_of_many_passwords(
    person: Person, tables: Tables, race: Race, run_jobs: Callable[[], int]
) -> None:
    shown = person.api.post("/account/recovery/otp", {"email": person.email}).json["userId"]
    run_jobs()
    proof = {"userId": shown, "secret": person.mailed_code()}

    answers = race(
        MANY, lambda number: person.api.put("/account/recovery/otp", {**proof, "password": f"new word {number}"})
    )

    assert outcomes(answers) == ONE_OF_MANY
    (winner,) = (number for number, answer in enumerate(answers) if answer.status == 200)
    assert tables.item(keys.user(person.id))["tokens"] == {}
    credentials = {"email": person.email, "password": f"new word {winner}"}
    assert person.api.post("/account/sessions/email", credentials).status == 201


@pytest.mark.parametrize("endpoint", [("POST", "/account/sessions/token"), ("PUT", "/account/sessions/phone")])
def test_texted_code_opens_one_session(
    api: Api, inbox: Inbox, tables: Tables, race: Race, endpoint: tuple[str, str]
) -> None:
    assert api.post("/account/tokens/phone", {"userId": "ada", "phone": NUMBER}).status == 201
    proof = {"userId": "ada", "secret": inbox.messages(NUMBER)[0].code}

    answers = race(MANY, lambda _: api.call(*endpoint, proof))

    assert outcomes(answers) == ONE_OF_MANY
    (session,) = tables.items("sessions")
    user = tables.item(keys.user("ada"))
    assert (list(user["sessions"]), user["tokens"]) == ([session["id"]], {})


def test_only_the_newest_of_many_links_is_good(person: Person, tables: Tables, race: Race) -> None:
    answers = race(16, lambda _: person.post("/account/verifications/email", {"url": RETURN_URL}))

    assert outcomes(answers)["success"] >= 1
    kept = tables.item(keys.user(person.id))["tokens"]["email"]["id"]
    assert kept in {answer.json["$id"] for answer in answers if answer.status == 201}
