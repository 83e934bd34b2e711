"""Parallel sign-ins stay within the caps, and parallel wishes send one mail."""

from __future__ import annotations

import pytest

from chalicelib.storage import keys
from tests.races.crowd import MANY, Configure, Race
from tests.support.api import Answer, Api, TeamApi, outcomes, session_value
from tests.support.person import PASSWORD, People
from tests.support.tables import Tables

pytestmark = pytest.mark.race


@pytest.mark.parametrize("mfa", [False, True])
def test_parallel_sign_ins_stay_within_the_caps(people: People, tables: Tables, race: Race, mfa: bool) -> None:
    person = people.new(mfa=mfa)
    credentials = {"email": person.email, "password": person.password}

    answers = race(32, lambda _: person.api.post("/account/sessions/email", credentials))

    assert set(outcomes(answers)) <= {"success", "general_service_unavailable"}
    roster = tables.item(keys.user(person.id))["sessions"]
    assert len(roster) <= 15
    assert {item["id"] for item in tables.items("sessions")} == set(roster)
    person.sign_in()
    assert len(tables.item(keys.user(person.id))["sessions"]) <= (6 if mfa else 10)


def test_parallel_sign_ins_never_end_a_complete_session(people: People, race: Race) -> None:
    person = people.new(mfa=True)
    complete = person.session
    credentials = {"email": person.email, "password": person.password}

    race(32, lambda _: person.api.post("/account/sessions/email", credentials))

    assert person.get("/account", session=complete).status == 200


def test_parallel_sign_ins_never_end_a_half_session_in_the_midst_of_a_challenge(people: People, race: Race) -> None:
    person = people.new(mfa=True)
    body = {"email": person.email, "password": person.password}
    person.clock.advance(seconds=60)
    owners = session_value(person.api.at("127.0.4.1").post("/account/sessions/email", body))
    person.session = owners
    challenge = person.challenge("totp")

    race(MANY, lambda _: person.api.post("/account/sessions/email", body))

    assert person.answer(challenge, person.totp_code()).status == 200
    assert person.get("/account").status == 200


def test_whoever_begins_a_challenge_while_others_sign_in_keeps_the_session(people: People, race: Race) -> None:
    person = people.new(mfa=True)
    body = {"email": person.email, "password": person.password}
    sign_ins = [person.api.at(f"127.0.4.{number + 1}") for number in range(MANY)]
    halves = [session_value(client.post("/account/sessions/email", body)) for client in sign_ins[:5]]

    def ask(number: int) -> Answer:
        if number < 5:
            return person.post("/account/mfa/challenges", {"factor": "totp"}, session=halves[number])
        return sign_ins[number].post("/account/sessions/email", body)

    answers = race(MANY, ask)

    refusals = {"general_unauthorized_scope", "general_service_unavailable"}
    assert set(outcomes(answers)) <= {"success", *refusals}
    for answer, half in zip(answers[:5], halves, strict=True):
        alive = person.get("/account/mfa/factors", session=half).status == 200
        assert alive or answer.status != 201


def test_one_mail_goes_out_however_many_ask(people: People, tables: Tables, race: Race, configure: Configure) -> None:
    person = people.new(email_verified=True)
    person.inbox.clear()
    configure(rate_limits=True)

    answers = race(10, lambda _: person.post("/account/mfa/challenges", {"factor": "email"}))

    assert outcomes(answers) == {"success": 1, "general_rate_limit_exceeded": 9}
    assert len(person.mails()) == 1
    assert len(tables.items("challenges")) == 1


def test_parallel_sign_ups_stay_within_the_limit_of_users(api: Api, team: TeamApi, tables: Tables, race: Race) -> None:
    assert team.patch("/project/policies/user-limit", {"total": 5}).status == 200

    answers = race(MANY, lambda number: sign_up(api, f"user-{number}"))

    found = outcomes(answers)
    assert set(found) <= {"success", "user_count_exceeded", "general_service_unavailable"}
    users = [item for item in tables.items("users") if item["pk"].startswith("user#")]
    assert len(users) == found["success"] == tables.item(keys.USER_COUNT)["users"] <= 5


def sign_up(api: Api, name: str) -> Answer:
    return api.post("/account", {"userId": name, "email": f"{name}@example.test", "password": PASSWORD})
