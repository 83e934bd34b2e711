"""What the added factor and the added way to sign in do over the API. test_newcomer.py runs it with both in place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from chalicelib.runtime import container, settings
from chalicelib.sign_in.registry import WAYS
from tests.support.api import KEY, Answer, Api, TeamApi, assert_refused, session_value
from tests.support.clock import Clock
from tests.support.person import People, Person
from tests.support.tables import Tables, switch_project


def switch_letter(team: TeamApi, on: bool) -> None:
    assert team.patch("/project/policies/mfa-factors", {"letter": on}).status == 200


def read_code(team: TeamApi, person: Person, challenge: str) -> str:
    """What the team's server reads, to deliver it."""
    answer = team.get(f"/users/{person.id}/mfa/challenges/{challenge}")
    assert answer.status == 200, answer.text
    code = answer.json["code"]
    assert isinstance(code, str)
    return code


def show_badge(person: Person, **options: str) -> Answer:
    body = {"userId": person.id, "badge": f"badge-{person.id}"}
    return person.api.post("/account/sessions/badge", body, **options)


# The factor


def test_factor_is_off_until_the_project_switches_it_on(team: TeamApi, person: Person) -> None:
    assert team.get("/project/policies/mfa-factors").json["letter"] is False
    assert person.get("/account/mfa/factors").json["letter"] is False
    refused = person.post("/account/mfa/challenges", {"factor": "letter"})
    assert_refused(refused, 501, "user_auth_method_unsupported")

    switch_letter(team, True)

    assert team.get("/project/policies/mfa-factors").json["letter"] is True
    assert person.get("/account/mfa/factors").json["letter"] is True


def test_factor_is_theirs_who_have_what_it_takes(team: TeamApi, api: Api, clock: Clock) -> None:
    switch_letter(team, True)
    assert team.post("/users", {"userId": "bob", "phone": "+4915112345678"}).status == 201
    session = team.post("/users/bob/sessions").json["secret"]

    assert api.get("/account/mfa/factors", session=session).json["letter"] is False
    begun = api.post("/account/mfa/challenges", {"factor": "letter"}, session=session)
    assert_refused(begun, 400, "user_email_not_found")

    body = {"email": "bob@example.test", "password": "correct horse battery"}
    assert api.patch("/account/email", body, session=session).status == 200
    assert api.get("/account/mfa/factors", session=session).json["letter"] is True


def test_code_that_the_team_delivers_completes_a_session(team: TeamApi, people: People) -> None:
    switch_letter(team, True)
    person = people.new(authenticator=True, mfa=True)
    person.sign_in()
    assert_refused(person.get("/account"), 401, "user_more_factors_required")

    challenge = person.post("/account/mfa/challenges", {"factor": "LETTER"}).json
    assert challenge["postage"] == 95  # which the document knows: `Api` holds every answer against it
    session = person.answer(challenge["$id"], read_code(team, person, challenge["$id"]))

    assert session.json["factors"] == ["password", "letter"]
    assert person.get("/account").status == 200


def test_factor_that_is_switched_off_is_not_answered(team: TeamApi, person: Person) -> None:
    switch_letter(team, True)
    challenge = person.challenge("letter")
    code = read_code(team, person, challenge)

    switch_letter(team, False)

    assert_refused(person.answer(challenge, code), 501, "user_auth_method_unsupported")


def test_challenges_that_the_team_delivers_are_as_few_as_those_that_are_sent(team: TeamApi, person: Person) -> None:
    switch_letter(team, True)
    for _ in range(10):
        person.challenge("letter")

    refused = person.post("/account/mfa/challenges", {"factor": "letter"})

    assert_refused(refused, 429, "general_rate_limit_exceeded")


# The way in


def test_way_in_gives_the_session_what_it_declares(person: Person) -> None:
    session = show_badge(person).json

    shown = (session["provider"], session["providerUid"], session["factors"])
    assert shown == ("badge", f"badge-{person.id}", ["email"])


def test_project_switches_the_way_in(team: TeamApi, person: Person) -> None:
    answer = team.patch("/project/auth-methods/badge", {"enabled": False})
    assert {each["$id"]: each["enabled"] for each in answer.json["authMethods"]}["badge"] is False

    assert_refused(show_badge(person), 501, "user_auth_method_unsupported")
    assert show_badge(person, key=KEY).status == 201, "a key may all the same"


def test_blocked_user_does_not_come_in(team: TeamApi, person: Person) -> None:
    assert team.patch(f"/users/{person.id}/status", {"status": False}).status == 200

    assert_refused(show_badge(person), 403, "user_blocked")


def test_channel_that_signed_in_is_no_second_factor_beside_itself(team: TeamApi, people: People) -> None:
    switch_letter(team, True)
    person = people.new(email_verified=True, mfa=True)
    person.session = session_value(show_badge(person))
    assert_refused(person.get("/account"), 401, "user_more_factors_required")

    assert person.pass_challenge("email").json["factors"] == ["email"]
    assert_refused(person.get("/account"), 401, "user_more_factors_required")

    challenge = person.challenge("letter")
    assert person.answer(challenge, read_code(team, person, challenge)).json["factors"] == ["email", "letter"]
    assert person.get("/account").status == 200


def test_way_in_counts_for_whether_mfa_can_be_passed(people: People, tables: Tables, clock: Clock) -> None:
    """The mailbox is no second factor where the badge that comes by it is the only way in."""
    person = people.new(email_verified=True)
    switch_project(tables, clock, methods={"email-password": False})

    assert_refused(person.switch_mfa(True), 409, "user_mfa_factor_missing")


def test_sign_ins_of_a_client_have_their_budget(person: Person) -> None:
    with container.override("config", replace(settings.config(), sign_ins_per_client=2)):
        assert show_badge(person).status == 201  # the person has signed in before
        refused = show_badge(person)

    assert_refused(refused, 429, "general_rate_limit_exceeded")


@pytest.mark.parametrize(("channel", "alert", "told"), [("", True, 1), ("", False, 0), ("email", True, 0)])
def test_owner_is_told_of_a_new_device_unless_a_mail_signed_in(
    people: People,
    tables: Tables,
    clock: Clock,
    run_jobs: Callable[[], int],
    monkeypatch: pytest.MonkeyPatch,
    channel: str,
    alert: bool,
    told: int,
) -> None:
    monkeypatch.setattr(type(next(way for way in WAYS if way.provider == "badge")), "channel", channel)
    person = people.new(email_verified=True)
    run_jobs()
    switch_project(tables, clock, session_alert=alert)

    person.api = person.api.at("127.0.0.7", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0")
    for _ in range(2):
        assert show_badge(person).status == 201

    assert run_jobs() == told
