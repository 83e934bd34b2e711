"""/users/{userId}/mfa with the API key: what users bring from other systems, so that nobody enrols again."""

from __future__ import annotations

import hashlib
from typing import Any

import bcrypt
import pyotp
import pytest
from argon2 import PasswordHasher

from chalicelib.storage import keys
from infra.local.inbox import Inbox
from tests.conftest import Jobs
from tests.routes import BCRYPT
from tests.support.api import Answer, TeamApi, assert_refused, at_once, outcomes
from tests.support.faults import meanwhile
from tests.support.person import People, Person
from tests.support.tables import Tables

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


class Short(pyotp.TOTP):
    """An app that takes 80 bits."""

    min_secret_length_bits = 80


def path(person: Person) -> str:
    return f"/users/{person.id}/mfa/authenticators/totp"


def bring(team: TeamApi, person: Person, **make: Any) -> pyotp.TOTP:
    """The authenticator that the person has from now on."""
    answer = team.post(path(person), {"secret": SECRET, **make})
    assert answer.status == 201, answer.text
    algorithm = make.get("algorithm", "SHA1").lower()
    return pyotp.TOTP(
        SECRET, digits=make.get("digits", 6), digest=getattr(hashlib, algorithm), interval=make.get("period", 30)
    )


def answered(person: Person, app: pyotp.TOTP, steps: int = 0) -> Answer:
    code = app.at(int(person.clock()) + steps * app.interval)
    return person.answer(person.challenge("totp"), code)


@pytest.mark.parametrize(
    "make", [{}, {"algorithm": "SHA256"}, {"algorithm": "sha512", "digits": 8}, {"period": 15}, {"period": 120}]
)
def test_authenticator_is_there_confirmed_and_answers(
    team: TeamApi, person: Person, tables: Tables, make: dict[str, Any]
) -> None:
    app = bring(team, person, **make)

    assert person.get("/account/mfa/factors").json["totp"] is True
    assert answered(person, app).status == 200
    assert_refused(answered(person, app), 401, "user_invalid_token")
    assert_refused(answered(person, app, steps=2), 401, "user_invalid_token")
    assert answered(person, app, steps=1).status == 200
    assert SECRET.encode() not in tables.item(keys.user(person.id))["authenticators"]["totp"]["secret"]


def test_code_of_one_that_makes_others_is_wrong(team: TeamApi, person: Person) -> None:
    bring(team, person, algorithm="SHA256", digits=8, period=60)

    assert_refused(answered(person, pyotp.TOTP(SECRET)), 401, "user_invalid_token")


@pytest.mark.parametrize(
    "typed", ["jbsw y3dp ehpk 3pxp", "JBSWY3DPEHPK3PXP", "JBSWY3DPEHPK3PXPJA======", " JBSWY3DPEHPK3PXP\n"]
)
def test_secret_is_taken_as_it_is_written_there(team: TeamApi, person: Person, typed: str) -> None:
    assert team.post(path(person), {"secret": typed}).status == 201

    assert answered(person, Short("".join(typed.split()).upper())).status == 200


@pytest.mark.parametrize(
    "bad",
    [
        {"secret": None},
        {"secret": ""},
        {"secret": "JBSWY3DPEHPK3PX"},
        {"secret": "JBSWY3DPEHPK3PX1"},
        {"secret": "JBSWY3DPEHPK3PXPA"},
        {"secret": "\u0399" * 16},
        {"secret": "A" * 257},
        {"secret": ["JBSWY3DPEHPK3PXP"]},
        {"algorithm": "MD5"},
        {"algorithm": "SHA-1"},
        {"digits": 7},
        {"digits": "6"},
        {"digits": True},
        {"period": 14},
        {"period": 121},
        {"period": "30"},
    ],
)
def test_bad_parameter_is_refused_and_changes_nothing(
    team: TeamApi, person: Person, tables: Tables, bad: dict[str, Any]
) -> None:
    before = tables.everything()

    assert_refused(team.post(path(person), {"secret": SECRET, **bad}), 400, "general_argument_invalid")

    assert tables.everything() == before


def test_confirmed_one_is_in_the_way_and_an_unconfirmed_one_is_not(team: TeamApi, people: People) -> None:
    confirmed, begun = people.new(authenticator=True), people.new()
    begun.begin_authenticator()

    assert_refused(team.post(path(confirmed), {"secret": SECRET}), 409, "user_authenticator_already_verified")
    assert answered(begun, bring(team, begun)).status == 200
    assert_refused(team.post(path(begun), {"secret": SECRET}), 409, "user_authenticator_already_verified")


def test_sessions_end_where_mfa_comes_into_force_by_it(team: TeamApi, people: People) -> None:
    person = people.new()
    assert team.patch(f"/users/{person.id}/mfa", {"mfa": True}).status == 200
    person.sign_in()
    assert person.get("/account").status == 200

    app = bring(team, person)

    assert_refused(person.get("/account"), 401, "general_unauthorized_scope")
    person.sign_in()
    assert_refused(person.get("/account"), 401, "user_more_factors_required")
    assert answered(person, app).status == 200
    assert person.get("/account").status == 200


def test_owner_is_told_and_the_log_has_it_by_the_team(
    team: TeamApi, people: People, inbox: Inbox, run_jobs: Jobs
) -> None:
    person = people.new(email_verified=True)
    inbox.clear()

    bring(team, person)
    run_jobs()

    assert len(inbox.messages(person.email)) == 1
    (entry, *_) = team.get(f"/users/{person.id}/logs").json["logs"]
    assert (entry["event"], entry["userType"]) == ("authenticator.create", "keyProject")


def test_one_of_many_at_once_is_kept(team: TeamApi, person: Person) -> None:
    answers = at_once(5, lambda number: team.post(path(person), {"secret": SECRET[number:] + "A" * number}))

    assert outcomes(answers) == {"success": 1, "user_authenticator_already_verified": 4}


# Recovery codes

CODES = ["ABCD-1234", "K7QF9M2X4T8WHJ3D", "lower case code"]
"""One of them looks like ours."""


def codes_path(person: Person) -> str:
    return f"/users/{person.id}/mfa/recovery-codes"


def hashed(algorithm: str) -> list[str]:
    if algorithm == "argon2":
        return [PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(code) for code in CODES]
    if algorithm == "bcrypt":
        return [bcrypt.hashpw(code.encode(), bcrypt.gensalt(4)).decode() for code in CODES]
    return [hashlib.new(algorithm, code.encode()).hexdigest() for code in CODES]


def bring_codes(team: TeamApi, person: Person, algorithm: str = "sha256") -> Answer:
    return team.post(codes_path(person), {"hashes": hashed(algorithm), "algorithm": algorithm})


def typed(person: Person, code: str) -> Answer:
    return person.answer(person.challenge("recoveryCode"), code)


@pytest.mark.parametrize("algorithm", ["sha256", "SHA512", "bcrypt", "argon2"])
def test_codes_of_another_system_each_count_once(team: TeamApi, person: Person, algorithm: str) -> None:
    answer = bring_codes(team, person, algorithm)

    assert (answer.status, len(answer.json["recoveryCodes"])) == (201, 3)
    assert person.get("/account/mfa/factors").json["recoveryCode"] is True
    assert_refused(typed(person, CODES[0].lower()), 401, "user_invalid_token")
    assert typed(person, f" {CODES[0]}\n").status == 200
    assert_refused(typed(person, CODES[0]), 401, "user_invalid_token")
    assert len(team.get(codes_path(person)).json["recoveryCodes"]) == 2
    assert [typed(person, code).status for code in CODES[1:]] == [200, 200]
    assert person.get("/account/mfa/factors").json["recoveryCode"] is False


def test_spent_one_is_no_guess_and_a_wrong_one_is(team: TeamApi, person: Person, tables: Tables) -> None:
    bring_codes(team, person)
    assert typed(person, CODES[0]).status == 200

    for code, guesses in ((CODES[0], 0), ("ABCD-1235", 1)):
        assert_refused(typed(person, code), 401, "user_invalid_token")
        assert len(tables.item(keys.user(person.id)).get("guesses", [])) == guesses


def test_codes_are_replaced_by_ours(team: TeamApi, person: Person, tables: Tables) -> None:
    bring_codes(team, person)

    ours = team.put(codes_path(person)).json["recoveryCodes"]

    assert_refused(typed(person, CODES[0]), 401, "user_invalid_token")
    assert typed(person, ours[0]).status == 200
    assert "u" not in {item["selector"] for item in tables.items("recovery-codes")}


def test_codes_that_are_there_are_in_the_way(team: TeamApi, people: People) -> None:
    person, other = people.new(recovery_codes=True), people.new()
    bring_codes(team, other)

    for each in (person, other):
        assert_refused(bring_codes(team, each), 409, "user_recovery_codes_already_exists")


@pytest.mark.parametrize(
    ("algorithm", "hashes"),
    [
        ("sha256", []),
        ("sha256", ["00" * 32] * 21),
        ("sha256", ["00" * 31]),
        ("sha256", ["00" * 32, ""]),
        ("sha256", "00" * 32),
        ("sha256", None),
        ("md5", ["00" * 16]),
        ("SHA-256", ["00" * 32]),
        ("bcrypt", [BCRYPT] * 11),
        ("bcrypt", [BCRYPT.replace("$05$", "$13$")] * 3),
        ("argon2", ["$argon2id$v=19$m=65536,t=4,p=1$c29tZXNhbHQ$" + "A" * 43] * 3),
    ],
)
def test_bad_codes_are_refused_and_change_nothing(
    team: TeamApi, person: Person, tables: Tables, algorithm: str, hashes: Any
) -> None:
    before = tables.everything()

    answer = team.post(codes_path(person), {"hashes": hashes, "algorithm": algorithm})

    assert_refused(answer, 400, "general_argument_invalid")
    assert tables.everything() == before


def test_one_code_is_accepted_once_over_many_challenges(team: TeamApi, person: Person) -> None:
    bring_codes(team, person)
    challenges = [person.challenge("recoveryCode") for _ in range(5)]

    answers = at_once(5, lambda number: person.answer(challenges[number], CODES[0]))

    assert outcomes(answers) == {"success": 1, "user_invalid_token": 4}


def test_code_is_void_where_others_have_come_meanwhile(team: TeamApi, person: Person, tables: Tables) -> None:
    """A selector names another code then."""
    bring_codes(team, person)
    challenge = person.challenge("recoveryCode")

    def change() -> None:
        tables.change(keys.recovery_code(person.id, "u"), hashes=dict.fromkeys(("u00", "u01", "u02"), "00" * 32))

    with meanwhile(change):
        assert_refused(person.answer(challenge, CODES[0]), 401, "user_invalid_token")
