"""MFA that could not be passed is not switched on, and goes off when what it could be passed with goes away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from infra.local.inbox import Inbox
from tests.support.api import Answer, Api, TeamApi, assert_refused, session_value
from tests.support.clock import Clock
from tests.support.person import NUMBER, PASSWORD, People, Person
from tests.support.tables import Tables
from tests.support.tables import switch_project as switch

MISSING = (409, "user_mfa_factor_missing")


@pytest.fixture
def by_sms(api: Api, inbox: Inbox, clock: Clock) -> Person:
    """Somebody who signed up and signs in by SMS alone."""
    asked = api.post("/account/tokens/phone", {"userId": "ann", "phone": NUMBER}).json["userId"]
    answer = api.post("/account/sessions/token", {"userId": asked, "secret": inbox.messages(NUMBER)[0].code})
    return Person(api, inbox, clock, "ann", "", phone=NUMBER, session=session_value(answer))


def with_address(person: Person) -> None:
    person.email = "ann@example.test"
    assert person.patch("/account/email", {"email": person.email, "password": PASSWORD}).status == 200


def verified_address(person: Person) -> None:
    with_address(person)
    person.verify_email()


WHAT_HELPS: dict[str, Callable[[Person], Any]] = {
    "an authenticator": Person.enrol_authenticator,
    "a password": with_address,
    "a verified mailbox": verified_address,
}


def test_sms_alone_is_refused_and_says_what_is_missing(by_sms: Person, tables: Tables) -> None:
    before = tables.items("users")

    answer = by_sms.switch_mfa(True)

    assert_refused(answer, *MISSING)
    assert "authenticator app" in answer.json["message"]
    assert tables.items("users") == before
    assert by_sms.get("/account").json["mfa"] is False


def test_recovery_codes_do_not_make_up_for_it(by_sms: Person) -> None:
    """They run out; and a thief could have made them."""
    by_sms.create_recovery_codes()

    assert_refused(by_sms.switch_mfa(True), *MISSING)


def test_team_is_refused_too(by_sms: Person, team: TeamApi) -> None:
    assert_refused(team.patch("/users/ann/mfa", {"mfa": True}), *MISSING)


@pytest.mark.parametrize("what", WHAT_HELPS)
def test_with_another_factor_or_way_in_it_is_switched_on(by_sms: Person, what: str) -> None:
    WHAT_HELPS[what](by_sms)
    if what == "a password":
        assert_refused(by_sms.switch_mfa(True), *MISSING)  # the session itself would be out
        by_sms.sign_in()

    assert by_sms.switch_mfa(True).status == 200
    assert by_sms.get("/account").status == 200


def test_without_any_factor_it_may_be_on_as_the_guide_has_it(person: Person) -> None:
    assert person.switch_mfa(True).status == 200


def test_factor_that_the_project_does_not_allow_is_none(people: People, tables: Tables, clock: Clock) -> None:
    person = people.new(authenticator=True)
    switch(tables, clock, factors={"totp": False})

    assert_refused(person.switch_mfa(True), *MISSING)
    switch(tables, clock, factors={"totp": False, "custom": True})
    assert person.switch_mfa(True).status == 200, "the team's server delivers a code"


def test_way_in_that_the_project_does_not_allow_is_none(people: People, tables: Tables, clock: Clock) -> None:
    person = people.new(phone_verified=True)
    switch(tables, clock, methods={"email-password": False})

    assert_refused(person.switch_mfa(True), *MISSING)


def test_mailbox_alone_is_refused_where_it_signs_in(team: TeamApi, tables: Tables, clock: Clock) -> None:
    """Whether or not the project has these ways switched on today."""
    team.post("/users", {"userId": "ann", "email": "ann@example.test"})
    team.patch("/users/ann/verification", {"emailVerification": True})

    assert_refused(team.patch("/users/ann/mfa", {"mfa": True}), *MISSING)
    switch(tables, clock, methods={"email-otp": False, "magic-url": False})
    assert_refused(team.patch("/users/ann/mfa", {"mfa": True}), *MISSING)


def delete_authenticator(person: Person) -> Answer:
    return person.delete("/account/mfa/authenticators/totp")


def change_email(person: Person) -> Answer:
    answer = person.patch("/account/email", {"email": "other@example.test", "password": PASSWORD})
    person.email = "other@example.test"
    return answer


def change_phone(person: Person) -> Answer:
    return person.patch("/account/phone", {"phone": "+4915187654321", "password": PASSWORD})


LAST: dict[str, tuple[dict[str, Any], str, Callable[[Person], Answer]]] = {
    "authenticator": ({"authenticator": True}, "totp", delete_authenticator),
    "mailbox": ({"email_verified": True}, "email", change_email),
    "number": ({"phone_verified": True}, "phone", change_phone),
}


@pytest.mark.parametrize("last", LAST)
def test_last_factor_goes_after_a_recent_challenge_and_mfa_with_it_in_clear(
    people: People, run_jobs: Callable[[], int], tables: Tables, last: str
) -> None:
    has, factor, take_away = LAST[last]
    person = people.new(mfa=True, **has)
    stale = take_away(person)
    assert_refused(stale, 401, "user_challenge_required")
    person.email = person.get("/account").json["email"]
    run_jobs()
    person.clock.advance(days=1)  # an unverified mailbox hears of one act a day
    person.pass_challenge(factor)
    run_jobs()
    person.inbox.clear()
    told = [person.email, person.phone]

    assert take_away(person).status < 300

    assert person.get("/account").json["mfa"] is False
    run_jobs()
    texts = " ".join(message.text for to in told for message in person.inbox.messages(to)).replace("\n", " ")
    assert "switched off" in texts or "OFF" in texts
    assert "user.update.mfa.off" in [event["name"] for event in tables.items("events")]
    person.sign_in()
    assert person.get("/account").status == 200


def test_mfa_stays_while_another_factor_is_left(people: People) -> None:
    person = people.new(email_verified=True, authenticator=True, mfa=True)
    person.pass_challenge("totp")

    assert delete_authenticator(person).status == 204

    assert person.get("/account").json["mfa"] is True


def test_number_that_is_the_way_in_does_not_keep_mfa_on(by_sms: Person) -> None:
    by_sms.enrol_authenticator()
    assert by_sms.switch_mfa(True).status == 200
    by_sms.pass_challenge("totp")

    assert delete_authenticator(by_sms).status == 204

    assert by_sms.get("/account").json["mfa"] is False


def test_mfa_that_waits_for_a_factor_does_not_come_into_force_by_the_number_that_signs_in(
    api: Api, team: TeamApi, inbox: Inbox
) -> None:
    """The team made the user, with a number alone, and switched MFA on before there was any factor."""
    team.post("/users", {"userId": "ann", "phone": NUMBER})
    assert team.patch("/users/ann/mfa", {"mfa": True}).json["mfa"] is True
    asked = api.post("/account/tokens/phone", {"userId": "x", "phone": NUMBER}).json["userId"]

    answer = api.post("/account/sessions/token", {"userId": asked, "secret": inbox.messages(NUMBER)[0].code})

    account = api.get("/account", session=session_value(answer))
    assert (account.status, account.json["mfa"], account.json["phoneVerification"]) == (200, False, True)


def test_number_that_is_proven_anew_by_a_session_of_its_own_completes_the_password_only(
    people: People, api: Api, team: TeamApi, clock: Clock
) -> None:
    """MFA is in force, and this session half: it must not switch off what holds for the password."""
    person = people.new(phone_verified=True)
    clock.advance(minutes=1)
    asked = api.post("/account/tokens/phone", {"userId": "x", "phone": person.phone}).json["userId"]
    person.session = session_value(
        api.post("/account/sessions/token", {"userId": asked, "secret": person.texted_code()})
    )
    team.patch(f"/users/{person.id}/verification/phone", {"phoneVerification": False})
    assert person.switch_mfa(True).json["mfa"] is True
    clock.advance(minutes=1)
    assert person.post("/account/verifications/phone").status == 201

    proof = {"userId": person.id, "secret": person.texted_code()}
    assert person.put("/account/verifications/phone", proof).status == 200

    assert_refused(person.get("/account"), 401, "user_more_factors_required")
    clock.advance(minutes=1)
    person.sign_in()
    person.pass_challenge("phone")
    assert person.get("/account").json["mfa"] is True


@pytest.mark.parametrize("last", LAST)
def test_team_that_takes_it_away_switches_mfa_off_too(people: People, team: TeamApi, last: str) -> None:
    person = people.new(mfa=True, **LAST[last][0])
    place = f"/users/{person.id}"
    answers = {
        "authenticator": lambda: team.delete(f"{place}/mfa/authenticators/totp"),
        "mailbox": lambda: team.patch(f"{place}/verification", {"emailVerification": False}),
        "number": lambda: team.patch(f"{place}/verification/phone", {"phoneVerification": False}),
    }

    assert answers[last]().status < 300

    assert team.get(place).json["mfa"] is False


@pytest.mark.parametrize("by", ["the user", "the team"])
def test_way_in_that_is_off_for_a_while_is_judged_as_if_it_were_on(
    by_sms: Person, team: TeamApi, tables: Tables, clock: Clock, by: str
) -> None:
    switch(tables, clock, methods={"phone": False})

    answer = by_sms.switch_mfa(True) if by == "the user" else team.patch(f"/users/{by_sms.id}/mfa", {"mfa": True})

    assert_refused(answer, *MISSING)


POLICIES: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "factor": ({"email_verified": True}, {"factors": {"email": False}}, {"emailVerification": True}),
    "way in": ({"phone_verified": True}, {"methods": {"email-password": False}}, {"emailVerification": False}),
}


@pytest.mark.parametrize("policy", POLICIES)
def test_policy_of_today_does_not_switch_mfa_off_for_good(
    people: People, team: TeamApi, tables: Tables, clock: Clock, policy: str
) -> None:
    """What the team says changes nothing; the policy comes back, and the password alone must not sign in."""
    has, off, said = POLICIES[policy]
    person = people.new(mfa=True, **has)
    switch(tables, clock, **off)

    assert team.patch(f"/users/{person.id}/verification", said).json["mfa"] is True

    switch(tables, clock, factors={}, methods={})
    person.sign_in()
    assert_refused(person.get("/account"), 401, "user_more_factors_required")
