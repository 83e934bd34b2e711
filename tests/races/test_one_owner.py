"""Parallel creation leaves one owner, one set, one seed; parallel sign-ins stay within bounds (THREATS 21, 22, 23)."""

from __future__ import annotations

from dataclasses import replace

import pyotp
import pytest

from chalicelib import services
from chalicelib.security import encryption
from chalicelib.storage import keys
from tests.races.crowd import race
from tests.support import PASSWORD, Answer, Api, People, Person, Tables, outcomes

pytestmark = pytest.mark.race

SPELLINGS = ("ada@example.test", "Ada@Example.Test", " ada@example.test", "ADA@EXAMPLE.TEST ")


def sign_up(api: Api, user_id: str, email: str) -> Answer:
    return api.post("/account", {"userId": user_id, "email": email, "password": PASSWORD})


def test_one_mailbox_has_one_account_however_it_is_spelled(api: Api, tables: Tables) -> None:
    answers = race(64, lambda number: sign_up(api, f"user-{number}", SPELLINGS[number % 4]))

    assert outcomes(answers) == {"success": 1, "user_already_exists": 63}
    assert [item["pk"].split("#")[0] for item in tables.items("users")].count("user") == 1


def test_one_id_has_one_account(api: Api) -> None:
    answers = race(64, lambda number: sign_up(api, "the-one", f"person{number}@example.test"))

    assert outcomes(answers) == {"success": 1, "user_already_exists": 63}


def test_one_number_has_one_owner(people: People) -> None:
    crowd = [people.new() for _ in range(8)]
    body = {"phone": "+491511234567", "password": PASSWORD}

    answers = race(8, lambda number: crowd[number].patch("/account/phone", body))

    assert outcomes(answers) == {"success": 1, "user_target_already_exists": 7}
    assert [person.get("/account").json["phone"] for person in crowd].count("+491511234567") == 1


def live(person: Person, answers: list[Answer]) -> list[bool]:
    """Whether the first code of each set that was handed out works."""
    codes = [answer.json["recoveryCodes"][0] for answer in answers if answer.status < 400]
    return [person.answer(person.challenge("recoveryCode"), code).status == 200 for code in codes]


def test_parallel_creation_leaves_one_set_of_recovery_codes(person: Person, tables: Tables) -> None:
    answers = race(16, lambda _: person.post("/account/mfa/recovery-codes"))

    assert outcomes(answers) == {"success": 1, "user_recovery_codes_already_exists": 15}
    assert len(tables.items("recovery-codes")) == 10
    assert live(person, answers) == [True]


def test_parallel_regeneration_leaves_one_set_of_recovery_codes(people: People, tables: Tables) -> None:
    person = people.new(recovery_codes=True)
    person.pass_challenge("recoveryCode")

    answers = race(16, lambda _: person.patch("/account/mfa/recovery-codes"))

    selectors = {item["selector"] for item in tables.items("recovery-codes")}
    assert selectors == set(tables.item(keys.user(person.id))["recovery_codes"])
    assert live(person, answers).count(True) == 1


def test_parallel_enrolment_leaves_one_seed(person: Person, tables: Tables) -> None:
    answers = race(16, lambda _: person.post("/account/mfa/authenticators/totp"))

    assert outcomes(answers) == {"success": 16}
    kept = encryption.decrypt(tables.item(keys.user(person.id))["authenticators"]["totp"]["secret"], person.id)
    [secret] = [answer.json["secret"] for answer in answers if answer.json["secret"] == kept.decode()]
    code = pyotp.TOTP(secret).at(int(person.clock()))
    assert person.put("/account/mfa/authenticators/totp", {"otp": code}).status == 200


@pytest.mark.parametrize("mfa", [False, True])
def test_parallel_sign_ins_stay_within_the_caps(people: People, tables: Tables, mfa: bool) -> None:
    person = people.new(mfa=mfa)
    credentials = {"email": person.email, "password": person.password}

    answers = race(32, lambda _: person.api.post("/account/sessions/email", credentials))

    assert set(outcomes(answers)) <= {"success", "general_service_unavailable"}
    roster = tables.item(keys.user(person.id))["sessions"]
    assert len(roster) <= 15
    assert {item["id"] for item in tables.items("sessions")} == set(roster)
    person.sign_in()
    assert len(tables.item(keys.user(person.id))["sessions"]) <= (6 if mfa else 10)


def test_parallel_sign_ins_never_end_a_complete_session(people: People) -> None:
    person = people.new(mfa=True)
    complete = person.session
    credentials = {"email": person.email, "password": person.password}

    race(32, lambda _: person.api.post("/account/sessions/email", credentials))

    assert person.get("/account", session=complete).status == 200


def test_one_mail_goes_out_however_many_ask(people: People) -> None:
    person = people.new(email_verified=True)
    person.inbox.clear()

    with services.override("config", replace(services.config(), rate_limits=True)):
        answers = race(10, lambda _: person.post("/account/mfa/challenges", {"factor": "email"}))

    assert outcomes(answers) == {"success": 1, "general_rate_limit_exceeded": 9}
    assert len(person.mails()) == 1
