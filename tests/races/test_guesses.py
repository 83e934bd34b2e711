"""However many guesses run at once, the budget of wrong ones is judged and no more (attack 3 of SECURITY.md)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chalicelib.storage import keys
from tests.races.crowd import Configure, Race
from tests.support.api import Answer, assert_refused, outcomes
from tests.support.person import People, Person
from tests.support.tables import Tables

SESSIONS = 16
GUESSES = 100
PER_HOUR = 10

pytestmark = pytest.mark.race


def wrong(code: str, number: int) -> str:
    return f"{(int(code) + 1 + number) % 10**6:06d}"


def test_five_of_many_wrong_guesses_end_the_challenge(people: People, tables: Tables, race: Race) -> None:
    person = people.new(email_verified=True)
    challenge = person.challenge("email")
    code = person.mailed_code()

    answers = race(64, lambda number: person.answer(challenge, wrong(code, number)))

    assert {answer.status for answer in answers} == {401}
    assert tables.item(keys.challenge(challenge))["attempts"] == 5
    assert_refused(person.answer(challenge, code), 401, "user_invalid_token")


def test_five_of_many_wrong_guesses_end_a_texted_code(person: Person, tables: Tables, race: Race) -> None:
    person.set_phone()
    assert person.post("/account/verifications/phone").status == 201
    code = person.texted_code()

    answers = race(64, lambda number: _confirm(person, wrong(code, number)))

    assert outcomes(answers) == {"user_invalid_token": 64}
    assert tables.item(keys.user(person.id))["tokens"]["phone"]["attempts"] == 5
    assert_refused(_confirm(person, code), 401, "user_invalid_token")


def _confirm(person: Person, code: str) -> Answer:
    return person.api.put("/account/verifications/phone", {"userId": person.id, "secret": code})


def test_five_of_many_wrong_guesses_end_a_recovery_code(
    person: Person, tables: Tables, race: Race, run_jobs: Callable[[], int]
) -> None:
    shown = person.api.post("/account/recovery/otp", {"email": person.email}).json["userId"]
    run_jobs()
    code = person.mailed_code()

    answers = race(64, lambda number: _reset(person, shown, wrong(code, number)))

    assert outcomes(answers) == {"user_invalid_token": 64}
    assert tables.item(keys.user(person.id))["tokens"]["recovery"]["attempts"] == 5
    assert_refused(_reset(person, shown, code), 401, "user_invalid_token")


def _reset(person: Person, shown_id: str, code: str) -> Answer:
    body = {"userId": shown_id, "secret": code, "password": "another password"}
    return person.api.put("/account/recovery/otp", body)


def test_ten_of_a_hundred_guesses_over_many_sessions_are_judged(
    people: People, tables: Tables, race: Race, configure: Configure
) -> None:
    owner = people.new(authenticator=True, recovery_codes=True, mfa=True)
    complete = owner.session
    configure(half_session_limit=SESSIONS)
    halves = [owner.sign_in() for _ in range(SESSIONS)]
    asked = [(half, _challenge(owner, half)) for half in halves for _ in range(2)]
    owner.clock.advance(seconds=60)
    code = owner.totp_code()
    configure(rate_limits=True)

    answers = race(GUESSES, lambda number: _answer(owner, *asked[number % len(asked)], wrong(code, number)))

    assert set(outcomes(answers)) <= {"user_invalid_token", "general_rate_limit_exceeded"}
    assert len(tables.item(keys.user(owner.id))["guesses"]) == PER_HOUR
    assert sum(item.get("attempts", 0) for item in tables.items("challenges")) == PER_HOUR
    refused = [answer for answer in answers if answer.status == 429]
    assert len(refused) >= GUESSES - PER_HOUR - 2 * 5  # a challenge that dies of its own five refuses as a wrong code
    assert all(0 < int(answer.header("Retry-After") or 0) <= 3600 for answer in refused)
    assert_refused(_answer(owner, halves[0], _challenge(owner, halves[0]), code), 429, "general_rate_limit_exceeded")
    assert owner.get("/account", session=complete).status == 200


def _challenge(owner: Person, session: str) -> str:
    return str(owner.post("/account/mfa/challenges", {"factor": "totp"}, session=session).json["$id"])


def _answer(owner: Person, session: str, challenge: str, code: str) -> Answer:
    return owner.put("/account/mfa/challenges", {"challengeId": challenge, "otp": code}, session=session)
