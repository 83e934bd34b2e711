"""Beginning a challenge, and what a right answer gives. Wrong answers: test_challenge_answers.py."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from chalicelib.runtime import container, settings
from chalicelib.storage import keys
from chalicelib.timestamps import iso
from tests.support.api import assert_refused
from tests.support.person import People, Person
from tests.support.tables import Tables, custom_code, switch_project

SPELLINGS = {
    "recoverycode": "recoveryCode",
    "RecoveryCode": "recoveryCode",
    "RECOVERYCODE": "recoveryCode",
    "TOTP": "totp",
    "Email": "email",
    "PHONE": "phone",
}
PATHS = ["/account/mfa/challenges", "/account/mfa/challenge"]


EVERYTHING: dict[str, Any] = {
    "email_verified": True,
    "phone_verified": True,
    "authenticator": True,
    "recovery_codes": True,
}


@pytest.fixture
def enrolled(people: People) -> Person:
    """Somebody with recovery codes and an authenticator, signed in with the password only."""
    person = people.new(authenticator=True, recovery_codes=True, mfa=True)
    person.sign_in()
    return person


@pytest.mark.parametrize("factor", ["totp", "email", "phone", "recoveryCode"])
def test_right_answer_completes_the_session(people: People, factor: str) -> None:
    person = people.new(**EVERYTHING, mfa=True, signed_in=False)
    person.sign_in()
    assert_refused(person.get("/account"), 401, "user_more_factors_required")

    session = person.pass_challenge(factor).json

    assert session["factors"] == ["password", factor]
    assert person.get("/account").status == 200


def test_right_answer_gives_the_session_without_its_secret(enrolled: Person) -> None:
    before = enrolled.clock()

    session = enrolled.pass_challenge("totp").json

    assert session["$id"] == enrolled.session_id()
    assert (session["current"], session["secret"]) == (True, "")
    assert session["mfaUpdatedAt"] > iso(int(before * 1000))


def test_challenge_tells_whose_it_is_and_that_it_lives_ten_minutes(enrolled: Person) -> None:
    challenge = enrolled.post("/account/mfa/challenges", {"factor": "totp"}).json

    assert set(challenge) == {"$id", "$createdAt", "userId", "expire"}
    assert challenge["userId"] == enrolled.id
    assert minutes_between(challenge["$createdAt"], challenge["expire"]) == 10


@pytest.mark.parametrize("path", PATHS)
def test_both_paths_serve(enrolled: Person, path: str) -> None:
    challenge = enrolled.post(path, {"factor": "recoveryCode"}).json["$id"]

    answer = enrolled.put(path, {"challengeId": challenge, "otp": enrolled.recovery_codes[0]})

    assert answer.status == 200


def test_factor_is_the_same_in_any_spelling(people: People) -> None:
    person = people.new(**EVERYTHING, mfa=True)

    for spelling, factor in SPELLINGS.items():
        person.clock.advance(seconds=60)
        session = person.answer(person.challenge(spelling), person.right_answer(factor)).json
        assert factor in session["factors"]


@pytest.mark.parametrize(
    "factor",
    [None, "", " totp", "totp\n", "sms", "password", "recovery_code", "t\u043etp", 1, True, ["totp"], {"totp": 1}],
)
def test_what_is_no_factor_begins_nothing(person: Person, tables: Tables, factor: Any) -> None:
    answer = person.post("/account/mfa/challenges", {"factor": factor})

    assert_refused(answer, 400, "general_argument_invalid")
    assert tables.items("challenges") == []


@pytest.mark.parametrize("session", ["half", "complete"])
def test_whoever_is_signed_in_may_begin(enrolled: Person, session: str) -> None:
    if session == "complete":
        enrolled.pass_challenge("recoveryCode")

    answer = enrolled.post("/account/mfa/challenges", {"factor": "totp"})

    assert answer.status == 201


@pytest.mark.parametrize(
    ("factor", "kept", "type_"),
    [
        ("email", {"email": ""}, "user_email_not_found"),
        ("email", {}, "user_email_not_verified"),
        ("phone", {}, "user_phone_not_found"),
        ("phone", {"phone": "+491511234567"}, "user_phone_not_verified"),
    ],
)
def test_codes_go_to_verified_addresses_only(
    person: Person, tables: Tables, factor: str, kept: dict[str, str], type_: str
) -> None:
    tables.change(keys.user(person.id), name="", **kept)

    answer = person.post("/account/mfa/challenges", {"factor": factor})

    assert_refused(answer, 400, type_)
    assert (tables.items("challenges"), person.inbox.messages()) == ([], [])


@pytest.mark.parametrize("factor", ["totp", "recoveryCode"])
def test_challenge_for_a_factor_that_one_lacks_has_no_answer(person: Person, factor: str) -> None:
    challenge = person.challenge(factor)

    for otp in ("000000", "0000-0000-0000-0000", "*", " "):
        assert_refused(person.answer(challenge, otp), 401, "user_invalid_token")


def test_custom_factor_is_off_by_default(person: Person) -> None:
    answer = person.post("/account/mfa/challenges", {"factor": "custom"})

    assert_refused(answer, 501, "user_auth_method_unsupported")


def test_custom_factor_works_where_the_project_has_it(person: Person, tables: Tables) -> None:
    switch_project(tables, person.clock, factors={"custom": True})
    challenge = person.challenge("Custom")
    code = custom_code(tables, challenge)

    session = person.answer(challenge, code).json

    assert session["factors"] == ["password", "custom"]
    assert person.inbox.messages() == []


@pytest.mark.parametrize("factor", ["totp", "email", "phone", "recoveryCode"])
def test_project_without_a_factor_begins_no_challenge_of_it(person: Person, tables: Tables, factor: str) -> None:
    switch_project(tables, person.clock, factors={factor: False})

    answer = person.post("/account/mfa/challenges", {"factor": factor})

    assert_refused(answer, 501, "user_auth_method_unsupported")


def test_factor_passed_twice_is_named_once(enrolled: Person) -> None:
    enrolled.pass_challenge("totp")

    session = enrolled.pass_challenge("totp").json

    assert session["factors"] == ["password", "totp"]


def test_one_complete_session_too_many_ends_the_oldest(people: People) -> None:
    person = people.new(recovery_codes=True, mfa=True)
    oldest = person.session

    with container.override("config", replace(settings.config(), session_limit=2)):
        for _ in range(2):
            newer = person.sign_in()
            person.pass_challenge("recoveryCode")

    assert_refused(person.get("/account", session=oldest), 401, "general_unauthorized_scope")
    assert person.get("/account", session=newer).json["mfa"] is True
    assert person.get("/account/sessions").json["total"] == 2


def minutes_between(one: str, other: str) -> float:
    return (datetime.fromisoformat(other) - datetime.fromisoformat(one)).total_seconds() / 60
