"""MFA switched on and off, and the list of factors."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.factors.registry import FACTORS
from tests.support.api import TeamApi, assert_refused
from tests.support.person import People, Person
from tests.support.tables import Tables, switch_project

NONE = {factor.name: False for factor in FACTORS}


def test_switching_on_answers_with_the_account(person: Person) -> None:
    answer = person.switch_mfa(True)

    assert (answer.status, answer.json["mfa"], answer.json["$id"]) == (200, True, person.id)
    assert person.get("/account").json["mfa"] is True


def test_whoever_switches_it_on_stays_signed_in_with_all_factors(people: People) -> None:
    person = people.new(email_verified=True, phone_verified=True, authenticator=True)
    person.sign_in()

    assert person.switch_mfa(True).status == 200

    assert set(person.get("/account/sessions/current").json["factors"]) == {"password", "totp", "phone", "email"}
    assert person.get("/account").status == 200


def test_switching_on_makes_the_other_sessions_half_where_the_project_keeps_them(people: People, team: TeamApi) -> None:
    team.patch("/project/policies/session-invalidation", {"enabled": False})
    person = people.new(email_verified=True)
    other = person.session
    person.sign_in()

    person.switch_mfa(True)

    assert_refused(person.get("/account", session=other), 401, "user_more_factors_required")
    assert person.get("/account/mfa/factors", session=other).status == 200


def test_switching_on_is_no_recent_challenge(people: People) -> None:
    person = people.new(authenticator=True, recovery_codes=True)

    person.switch_mfa(True)

    assert_refused(person.get("/account/mfa/recovery-codes"), 401, "user_challenge_required")


def test_mfa_without_a_verified_factor_demands_nothing(people: People) -> None:
    person = people.new(recovery_codes=True)
    person.begin_authenticator()
    person.switch_mfa(True)

    person.sign_in()

    assert person.get("/account").status == 200
    assert person.switch_mfa(False).status == 200


def test_factor_that_comes_later_is_demanded_at_once(people: People) -> None:
    person = people.new()
    person.switch_mfa(True)
    person.verify_email()

    person.sign_in()

    assert_refused(person.get("/account"), 401, "user_more_factors_required")


def test_switching_off_needs_a_recent_challenge_once_it_is_in_force(people: People) -> None:
    person = people.new(mfa=True)
    assert_refused(person.switch_mfa(False), 401, "user_challenge_required")
    person.pass_challenge("totp")

    answer = person.switch_mfa(False)

    assert (answer.status, answer.json["mfa"]) == (200, False)
    person.sign_in()
    assert person.get("/account").status == 200


def test_switching_off_what_was_never_on_needs_nothing(people: People) -> None:
    person = people.new(authenticator=True)

    assert person.switch_mfa(False).status == 200


@pytest.mark.parametrize(("policy", "status"), [(True, 401), (False, 200)])
def test_switching_off_ends_the_other_sessions_unless_the_project_keeps_them(
    people: People, tables: Tables, policy: bool, status: int
) -> None:
    person = people.new(recovery_codes=True, mfa=True)
    switch_project(tables, person.clock, session_invalidation=policy)
    other = person.session
    person.sign_in()
    person.pass_challenge("recoveryCode")

    assert person.switch_mfa(False).status == 200

    assert person.get("/account").status == 200
    assert person.get("/account", session=other).status == status


@pytest.mark.parametrize("on", [True, False])
def test_what_is_no_boolean_changes_nothing(person: Person, on: bool) -> None:
    person.switch_mfa(on)

    values: tuple[Any, ...] = (None, "false", "true", "", 0, 1, [], [False], {})
    for mfa in values:
        assert_refused(person.patch("/account/mfa", {"mfa": mfa}), 400, "general_argument_invalid")

    assert person.get("/account").json["mfa"] is on


def test_factors_of_somebody_who_has_none(person: Person) -> None:
    answer = person.get("/account/mfa/factors")

    assert (answer.status, answer.json) == (200, NONE)


@pytest.mark.parametrize(
    ("enrolled", "factor"),
    [
        ("authenticator", "totp"),
        ("email_verified", "email"),
        ("phone_verified", "phone"),
        ("recovery_codes", "recoveryCode"),
    ],
)
def test_factor_is_listed_once_it_is_verified_and_while_the_project_has_it(
    people: People, tables: Tables, enrolled: str, factor: str
) -> None:
    person = people.new(**{enrolled: True})  # type: ignore[arg-type]
    assert person.get("/account/mfa/factors").json == {**NONE, factor: True}

    switch_project(tables, person.clock, factors={factor: False})

    assert person.get("/account/mfa/factors").json == NONE


def test_what_is_not_verified_is_not_listed(person: Person) -> None:
    person.begin_authenticator()
    person.set_phone()

    assert person.get("/account/mfa/factors").json == NONE


def test_custom_factor_is_listed_where_the_project_has_it(person: Person, tables: Tables) -> None:
    switch_project(tables, person.clock, factors={"custom": True})

    assert person.get("/account/mfa/factors").json == {**NONE, "custom": True}


def test_half_session_sees_the_factors_but_cannot_switch(people: People) -> None:
    person = people.new(mfa=True)
    person.sign_in()

    assert person.get("/account/mfa/factors").json == {**NONE, "totp": True}
    for on in (True, False):
        assert_refused(person.switch_mfa(on), 401, "user_more_factors_required")
