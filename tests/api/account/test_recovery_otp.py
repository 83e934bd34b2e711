"""POST and PUT /account/recovery/otp: six digits from the mailbox give a new password (attacks 121 to 123)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import pytest

from chalicelib.runtime import container, settings
from chalicelib.storage import keys
from tests.api.account.test_recovery_requests import assert_queued_alike, calls_of
from tests.conftest import Jobs
from tests.support.api import KEY, Answer, Api, TeamApi, assert_refused, outcome, session_value
from tests.support.faults import meanwhile
from tests.support.person import PASSWORD, RETURN_URL, People, Person
from tests.support.refusals import LIMITED, TOKEN
from tests.support.sign_in import try_password
from tests.support.tables import Tables

PATH = "/account/recovery/otp"
LINK = "/account/recovery"
Change = Callable[[Person, TeamApi], None]
NEW = "another password"
COMMON = "password1234"
"""That the project's dictionary refuses."""
UNKNOWN = "nobody@example.test"


class Asked(NamedTuple):
    """The id to answer for, and the code that was mailed."""

    id: str
    code: str


def ask(api: Api, email: str, **body: object) -> Answer:
    return api.post(PATH, {"email": email, **body})


def complete(api: Api, shown_id: str, code: str, password: str = NEW, **options: str) -> Answer:
    return api.put(PATH, {"userId": shown_id, "secret": code, "password": password}, **options)


def mailed(person: Person, run_jobs: Jobs) -> Asked:
    answer = ask(person.api, person.email)
    assert answer.status == 201, answer.text
    run_jobs()
    return Asked(answer.json["userId"], person.mailed_code())


def wrong(code: str, number: int = 0) -> str:
    return f"{(int(code) + 1 + number) % 10**6:06d}"


@pytest.fixture
def asked(person: Person, run_jobs: Jobs) -> Asked:
    """What `person` has asked for and got."""
    return mailed(person, run_jobs)


@contextmanager
def plenty_of_mails() -> Iterator[None]:
    """More than the budgets of messages let through, so that the budget of guesses is what refuses."""
    with container.override("config", replace(settings.config(), mails_per_mailbox=1000, mails_per_client=1000)):
        yield


# The request


def test_known_unknown_and_blocked_are_answered_alike_with_the_id_that_a_link_has(
    person: Person, people: People, team: TeamApi
) -> None:
    blocked = people.new()
    team.patch(f"/users/{blocked.id}/status", {"status": False})
    for address in (person.email, UNKNOWN, blocked.email):
        answer = ask(person.api, address)
        assert (answer.status, answer.json["secret"], answer.json["phrase"]) == (201, "", "")
        by_link = person.api.post(LINK, {"email": address, "url": RETURN_URL}).json["userId"]
        assert answer.json["userId"] == by_link
        assert by_link not in (person.id, blocked.id)


def test_known_and_unknown_address_cost_the_same_calls(person: Person) -> None:
    assert_queued_alike(person, ask)


def test_mail_says_what_it_is_for_and_the_phrase(person: Person, run_jobs: Jobs) -> None:
    answer = ask(person.api, person.email, phrase=True)
    unknown = ask(person.api, UNKNOWN, phrase=True)
    run_jobs()

    [mail] = person.mails()
    assert (mail["subject"], mail["to"]) == ("Password Reset for Demo", person.email)
    line = f"Use code {mail['code']} to reset your Demo password. Expires in 10 minutes."
    assert line in mail["text"].splitlines()
    assert f"security phrase is {answer.json['phrase']}." in mail["text"]
    assert len(unknown.json["phrase"].split()) == 2


def test_requests_for_links_and_for_codes_are_counted_together(person: Person) -> None:
    for address in (person.email, UNKNOWN):
        person.clock.advance(minutes=60)
        assert ask(person.api, address).status == 201
        assert person.api.post(LINK, {"email": address, "url": RETURN_URL}).status == 201
        assert ask(person.api, address).status == 201
        assert_refused(ask(person.api, address), 429, "general_rate_limit_exceeded")
        assert_refused(person.api.post(LINK, {"email": address, "url": RETURN_URL}), 429, "general_rate_limit_exceeded")


def test_job_that_comes_late_sends_nothing(person: Person, run_jobs: Jobs) -> None:
    ask(person.api, person.email)
    person.clock.advance(minutes=10)
    run_jobs()

    assert person.mails() == []


def test_parity_tells_who_has_an_account(person: Person) -> None:
    with container.override("config", replace(settings.config(), parity=frozenset({"enumeration"}))):
        assert_refused(ask(person.api, UNKNOWN), 404, "user_not_found")
        assert_refused(complete(person.api, "nobody", "123456"), 404, "user_not_found")
        assert ask(person.api, person.email).status == 201


# Redeeming


def test_code_sets_the_password_and_proves_the_mailbox_once(person: Person, asked: Asked) -> None:
    answer = complete(person.api, asked.id, asked.code)

    assert (answer.status, answer.json["userId"], answer.json["secret"]) == (200, asked.id, "")
    assert answer.all("Set-Cookie") == [], "it signs nobody in"
    assert_refused(person.get("/account"), 401, "general_unauthorized_scope")
    assert try_password(person.api, person.email).status == 401
    session = session_value(try_password(person.api, person.email, NEW))
    assert person.get("/account", session=session).json["emailVerification"] is True
    assert_refused(complete(person.api, asked.id, asked.code, "a third password"), 401, "user_invalid_token")


def test_real_id_does_not_do(person: Person, asked: Asked) -> None:
    assert_refused(complete(person.api, person.id, asked.code), 401, "user_invalid_token")


def test_code_of_another_mailbox_is_wrong(person: Person, asked: Asked, people: People, run_jobs: Jobs) -> None:
    theirs = mailed(people.new(), run_jobs)

    assert theirs.id != asked.id
    if theirs.code != asked.code:
        assert_refused(complete(person.api, asked.id, theirs.code), 401, "user_invalid_token")


def test_password_that_is_refused_leaves_the_code_good(person: Person, asked: Asked) -> None:
    for password in ("short", "a" * 257, COMMON):
        assert_refused(complete(person.api, asked.id, asked.code, password), 400, "general_argument_invalid")

    assert complete(person.api, asked.id, asked.code).status == 200


@pytest.mark.parametrize("how", ["guessed at", "superseded"])
def test_refused_password_tells_of_no_code_that_has_died_meanwhile(
    person: Person, asked: Asked, run_jobs: Jobs, how: str
) -> None:
    """The policy's answer says that the code is right: what came since the code was judged holds for it, too."""
    person.clock.advance(seconds=31)

    def kill() -> None:
        if how == "superseded":
            assert mailed(person, run_jobs).id == asked.id
        else:
            assert {complete(person.api, asked.id, wrong(asked.code, number)).status for number in range(5)} == {401}

    with meanwhile(kill):
        assert_refused(complete(person.api, asked.id, asked.code, COMMON), 401, "user_invalid_token")


def test_fifth_wrong_code_kills_the_right_one(person: Person, asked: Asked, tables: Tables) -> None:
    for number in range(5):
        assert_refused(complete(person.api, asked.id, wrong(asked.code, number)), 401, "user_invalid_token")

    assert_refused(complete(person.api, asked.id, asked.code), 401, "user_invalid_token")
    assert tables.item(keys.user(person.id))["tokens"]["recovery"]["attempts"] == 5
    assert try_password(person.api, person.email).status == 201


def test_ten_wrong_codes_an_hour_for_a_mailbox_whoever_asks_and_the_right_one_is_refused_beyond(
    person: Person, run_jobs: Jobs
) -> None:
    with plenty_of_mails():
        for number in range(10):
            if number % 4 == 0:
                person.clock.advance(seconds=31)
                asked = mailed(person, run_jobs)
            somewhere = person.api.at(f"127.0.4.{number + 1}")
            assert complete(somewhere, asked.id, wrong(asked.code)).status == 401
        person.clock.advance(seconds=31)
        asked = mailed(person, run_jobs)

        for options in ({}, {"key": KEY}):
            refused = complete(person.api.at("127.0.4.99"), asked.id, asked.code, **options)
            assert_refused(refused, 429, "general_rate_limit_exceeded")
        assert try_password(person.api, person.email).status == 201
        person.clock.advance(minutes=60)
        asked = mailed(person, run_jobs)
        assert complete(person.api, asked.id, asked.code).status == 200


def test_fifty_wrong_codes_a_day_for_a_mailbox(person: Person, run_jobs: Jobs) -> None:
    told = []
    with plenty_of_mails():
        for number in range(60):
            if number % 5 == 0:
                person.clock.advance(minutes=31)
                asked = mailed(person, run_jobs)
            told.append(outcome(complete(person.api.at(f"127.0.4.{number + 1}"), asked.id, wrong(asked.code))))

    assert told == 50 * [TOKEN] + 10 * [LIMITED]


def test_account_under_the_id_that_is_shown_refreshes_no_budget_when_it_is_deleted(
    person: Person, asked: Asked, people: People
) -> None:
    """Anybody is told the id, and may sign up with it."""
    with plenty_of_mails():
        for number in range(10):
            complete(person.api.at(f"127.0.4.{number + 1}"), asked.id, wrong(asked.code))
        mallory = people.new(user_id=asked.id)
        assert mallory.delete("/account").status == 204

        refused = complete(person.api.at("127.0.4.99"), asked.id, asked.code)

    assert_refused(refused, 429, "general_rate_limit_exceeded")


def test_code_is_wrong_for_the_id_of_an_address_of_before(person: Person, asked: Asked, run_jobs: Jobs) -> None:
    """Else whoever moves an account from address to address has a budget for each, at the code of the last one."""
    person.email = "next@example.test"
    assert person.patch("/account/email", {"email": person.email, "password": PASSWORD}).status == 200
    person.clock.advance(seconds=31)
    newest = mailed(person, run_jobs)

    assert_refused(complete(person.api, asked.id, newest.code), 401, "user_invalid_token")
    assert complete(person.api, newest.id, newest.code).status == 200


def test_unknown_id_is_answered_like_a_wrong_code_after_the_same_calls(person: Person, asked: Asked) -> None:
    complete(person.api, asked.id, "12345")  # whatever a process does once is done

    known, unknown = (calls_of(partial(complete, person.api, each, "12345")) for each in (asked.id, "nobody"))

    assert known == unknown
    with container.override("config", replace(settings.config(), rate_limits=True)):
        told = [outcome(complete(person.api.at(f"127.0.5.{number}"), "no-one", "12345")) for number in range(1, 12)]
    assert told == 10 * [TOKEN] + [LIMITED]


def test_code_lives_ten_minutes_from_the_request_on(person: Person, run_jobs: Jobs) -> None:
    answer = ask(person.api, person.email)
    person.clock.advance(minutes=5)
    run_jobs()
    person.clock.advance(minutes=5)

    assert_refused(complete(person.api, answer.json["userId"], person.mailed_code()), 401, "user_invalid_token")


def test_link_and_code_void_one_another(person: Person, asked: Asked, run_jobs: Jobs) -> None:
    person.clock.advance(minutes=1)
    person.api.post(LINK, {"email": person.email, "url": RETURN_URL})
    run_jobs()
    link = {"userId": person.id, "secret": person.mailed_secret(), "password": NEW}
    assert_refused(complete(person.api, asked.id, asked.code), 401, "user_invalid_token")
    assert_refused(complete(person.api, asked.id, link["secret"]), 401, "user_invalid_token")
    person.clock.advance(minutes=1)
    newest = mailed(person, run_jobs)

    assert_refused(person.api.put(LINK, link), 401, "user_invalid_token")
    assert_refused(person.api.put(LINK, {**link, "secret": newest.code}), 401, "user_invalid_token")
    assert complete(person.api, newest.id, newest.code).status == 200


def change_password(person: Person, team: TeamApi) -> None:
    person.patch("/account/password", {"password": "a third password", "oldPassword": PASSWORD})


def change_address(person: Person, team: TeamApi) -> None:
    for address in ("other@example.test", person.email):
        assert person.patch("/account/email", {"email": address, "password": PASSWORD}).status == 200


def block(person: Person, team: TeamApi) -> None:
    for status in (False, True):
        team.patch(f"/users/{person.id}/status", {"status": status})


def delete(person: Person, team: TeamApi) -> None:
    team.delete(f"/users/{person.id}")
    team.post("/users", {"userId": person.id, "email": person.email, "password": PASSWORD})


@pytest.mark.parametrize("change", [change_password, change_address, block, delete])
def test_code_of_before_a_change_is_void(person: Person, asked: Asked, team: TeamApi, change: Change) -> None:
    change(person, team)

    assert_refused(complete(person.api, asked.id, asked.code), 401, "user_invalid_token")


# Whose account it is then


def test_mailbox_that_was_never_proven_inherits_nothing(person: Person, run_jobs: Jobs) -> None:
    person.set_phone()
    person.enrol_authenticator()
    asked = mailed(person, run_jobs)

    assert complete(person.api, asked.id, asked.code).status == 200

    session = session_value(try_password(person.api, person.email, NEW))
    assert person.get("/account", session=session).json["phone"] == ""
    assert person.get("/account/mfa/factors", session=session).json["totp"] is False


def test_account_with_mfa_that_never_proved_the_mailbox_loses_it(people: People, run_jobs: Jobs) -> None:
    person = people.new(authenticator=True, mfa=True)
    asked = mailed(person, run_jobs)

    assert_refused(complete(person.api, asked.id, asked.code), 400, "user_email_not_verified")

    assert person.get("/account").json["email"] == ""
    sign_up = {"userId": "unique()", "email": person.email, "password": NEW}
    assert person.api.post("/account", sign_up).status == 201


def test_mailbox_alone_does_not_get_past_mfa(people: People, run_jobs: Jobs) -> None:
    person = people.new(email_verified=True, authenticator=True, mfa=True)
    asked = mailed(person, run_jobs)
    assert complete(person.api, asked.id, asked.code).status == 200

    person.password = NEW
    person.sign_in()
    assert_refused(person.get("/account"), 401, "user_more_factors_required")
    by_mail = person.post("/account/mfa/challenges", {"factor": "email"})
    assert_refused(by_mail, 501, "user_auth_method_unsupported")
    person.pass_challenge("totp")
    assert person.get("/account").status == 200


def test_budget_of_passwords_is_fresh_and_the_owner_hears_of_it(people: People, run_jobs: Jobs) -> None:
    person = people.new(email_verified=True)
    for number in range(100):
        try_password(person.api.at(f"127.0.6.{number + 1}"), person.email, "wrong password")
    assert try_password(person.api, person.email).status == 429
    asked = mailed(person, run_jobs)
    assert complete(person.api, asked.id, asked.code).status == 200

    assert try_password(person.api, person.email, NEW).status == 201
    run_jobs()
    assert "password was reset by a link or a code" in person.mails()[0]["text"]
