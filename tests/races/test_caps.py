"""Parallel sign-ins stay within the caps, and parallel wishes send one mail."""

from __future__ import annotations

import pytest

from chalicelib.storage import keys
from tests.races.crowd import Configure, Race
from tests.support import People, Tables, outcomes

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


def test_one_mail_goes_out_however_many_ask(people: People, tables: Tables, race: Race, configure: Configure) -> None:
    person = people.new(email_verified=True)
    person.inbox.clear()
    configure(rate_limits=True)

    answers = race(10, lambda _: person.post("/account/mfa/challenges", {"factor": "email"}))

    assert outcomes(answers) == {"success": 1, "general_rate_limit_exceeded": 9}
    assert len(person.mails()) == 1
    assert len(tables.items("challenges")) == 1
