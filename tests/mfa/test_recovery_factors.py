"""A mailbox that gave the password is no second factor beside itself: attacks 52 and 85 of SECURITY.md."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Jobs
from tests.support.api import assert_refused
from tests.support.person import RETURN_URL, People, Person
from tests.support.tables import Tables, switch_project

NEW = "another password"
OTHERS: list[dict[str, Any]] = [{"authenticator": True}, {"phone_verified": True}, {"recovery_codes": True}]


def reset(person: Person, run_jobs: Jobs) -> None:
    """As whoever holds the mailbox can: a new password, and a half session with it."""
    person.api.post("/account/recovery", {"email": person.email, "url": RETURN_URL})
    run_jobs()
    [link] = [mail for mail in person.mails() if "Password Reset" in mail["subject"]]
    secret = link["text"].split("secret=")[1].split("&")[0]
    assert person.api.put("/account/recovery", {"userId": person.id, "secret": secret, "password": NEW}).status == 200
    person.password = NEW
    person.sign_in()


@pytest.mark.parametrize("other", OTHERS, ids=str)
def test_mailbox_alone_does_not_get_past_mfa(people: People, run_jobs: Jobs, other: dict[str, Any]) -> None:
    person = people.new(email_verified=True, mfa=True, **other)
    reset(person, run_jobs)

    refused = person.post("/account/mfa/challenges", {"factor": "email"})

    assert_refused(refused, 501, "user_auth_method_unsupported")
    assert refused.json["message"] == "The password was reset by e-mail. Use another factor this time."
    assert person.get("/account/mfa/factors").json["email"] is False
    assert_refused(person.get("/account"), 401, "user_more_factors_required")


def test_after_another_factor_the_mailbox_is_one_again(people: People, run_jobs: Jobs) -> None:
    person = people.new(email_verified=True, authenticator=True, mfa=True)
    reset(person, run_jobs)

    person.pass_challenge("totp")

    assert person.get("/account/mfa/factors").json["email"] is True
    person.sign_in()
    person.pass_challenge("email")
    assert person.get("/account").status == 200


def test_change_of_the_password_gives_it_back_too(people: People, run_jobs: Jobs) -> None:
    person = people.new(email_verified=True, recovery_codes=True, mfa=True)
    reset(person, run_jobs)
    person.pass_challenge("recoveryCode")
    assert person.patch("/account/password", {"password": "a third one", "oldPassword": NEW}).status == 200
    person.password = "a third one"
    person.sign_in()

    person.pass_challenge("email")


def test_whoever_has_no_other_factor_is_not_locked_out(people: People, run_jobs: Jobs) -> None:
    person = people.new(email_verified=True, mfa=True)
    reset(person, run_jobs)

    person.pass_challenge("email")

    assert person.get("/account").status == 200


def test_removing_the_other_factor_from_a_half_session_is_no_way_round(people: People, run_jobs: Jobs) -> None:
    person = people.new(email_verified=True, authenticator=True, mfa=True)
    reset(person, run_jobs)

    assert_refused(person.delete("/account/mfa/authenticators/totp"), 401, "user_more_factors_required")
    assert_refused(
        person.patch("/account/password", {"password": NEW, "oldPassword": NEW}), 401, "user_more_factors_required"
    )
    assert_refused(person.post("/account/mfa/challenges", {"factor": "email"}), 501, "user_auth_method_unsupported")


def test_mailbox_is_a_factor_where_the_project_allows_no_other(people: People, run_jobs: Jobs, tables: Tables) -> None:
    person = people.new(email_verified=True, authenticator=True, mfa=True)
    switch_project(tables, person.clock, factors={"totp": False})
    reset(person, run_jobs)

    person.pass_challenge("email")

    assert person.get("/account").status == 200


def test_code_that_was_mailed_before_the_reset_is_worth_nothing_after_it(
    people: People, run_jobs: Jobs, tables: Tables
) -> None:
    person = people.new(email_verified=True, authenticator=True, mfa=True)
    switch_project(tables, person.clock, session_invalidation=False)
    half = person.sign_in()
    challenge, code = person.challenge("email"), person.mailed_code()
    reset(person, run_jobs)
    person.session = half

    assert_refused(person.answer(challenge, code), 401, "user_invalid_token")
