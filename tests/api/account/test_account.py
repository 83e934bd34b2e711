"""Sign-up and GET /account: what an account is made of, and what is refused."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from chalicelib.runtime import container, settings
from chalicelib.storage import keys
from tests.support.api import Answer, Api, assert_refused, at_once
from tests.support.clock import Clock
from tests.support.person import PASSWORD, People, Person
from tests.support.sign_in import try_password
from tests.support.tables import Tables

DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", re.ASCII)


def sign_up(api: Api, **given: Any) -> Answer:
    body = {"userId": "ada", "email": "ada@example.test", "password": PASSWORD, **given}
    return api.post("/account", body)


# Create


def test_account_is_created(api: Api, clock: Clock) -> None:
    answer = sign_up(api, name="Ada Löwe")

    assert answer.status == 201
    account = answer.json
    created = account["$createdAt"]
    target = account["targets"][0]
    assert DATE.fullmatch(created)
    assert 0 < clock() - datetime.fromisoformat(created).timestamp() < 1
    assert re.fullmatch("[0-9a-f]{20}", target["$id"])
    assert account == {
        "$id": "ada",
        "$createdAt": created,
        "$updatedAt": created,
        "name": "Ada Löwe",
        "registration": created,
        "status": True,
        "labels": [],
        "passwordUpdate": created,
        "email": "ada@example.test",
        "phone": "",
        "emailVerification": False,
        "phoneVerification": False,
        "emailCanonical": "ada@example.test",
        "emailIsFree": False,
        "emailIsDisposable": False,
        "emailIsCorporate": True,
        "emailIsCanonical": True,
        "mfa": False,
        "prefs": {},
        "targets": [
            {
                "$id": target["$id"],
                "$createdAt": created,
                "$updatedAt": created,
                "name": "",
                "userId": "ada",
                "providerId": None,
                "providerType": "email",
                "identifier": "ada@example.test",
                "expired": False,
            }
        ],
        "passwordPwned": None,
        "accessedAt": created,
        "impersonator": False,
        "impersonatorUserId": None,
    }


def test_sign_up_does_not_sign_in(api: Api, tables: Tables) -> None:
    answer = sign_up(api)

    assert (answer.all("Set-Cookie"), answer.header("X-Fallback-Cookies")) == ([], None)
    assert tables.items("sessions") == []


def test_server_chooses_the_id_when_asked_to(api: Api) -> None:
    account = sign_up(api, userId="unique()").json

    assert re.fullmatch("[0-9a-f]{20}", account["$id"])
    assert account["targets"][0]["userId"] == account["$id"]


def test_signed_in_person_and_api_key_may_create_accounts(person: Person) -> None:
    for number, options in enumerate(({"session": person.session}, {"key": "local-api-key"})):
        body = {"userId": f"new-{number}", "email": f"new{number}@example.test", "password": PASSWORD}
        assert person.api.post("/account", body, **options).status == 201

    assert person.get("/account").json["$id"] == person.id


def test_address_is_kept_in_canonical_form(api: Api) -> None:
    assert sign_up(api, email="  Ada.L+News@Example.TEST ").json["email"] == "ada.l+news@example.test"
    assert try_password(api, "ADA.L+NEWS@example.test").status == 201


@pytest.mark.parametrize(
    "given",
    [
        {"email": "other@example.test"},
        {"userId": "other"},
        {"userId": "other", "email": " ADA@Example.Test"},
        {"userId": "unique()"},
    ],
)
def test_taken_id_or_address_is_refused_and_changes_nothing(api: Api, tables: Tables, given: dict[str, str]) -> None:
    sign_up(api)
    before = tables.everything()["users"]

    assert_refused(sign_up(api, password="another password", **given), 409, "user_already_exists")

    assert tables.everything()["users"] == before
    assert try_password(api, "ada@example.test").status == 201


@pytest.mark.race
def test_of_parallel_sign_ups_with_one_address_one_wins(api: Api, tables: Tables) -> None:
    spellings = ["ada@example.test", "ADA@example.test", " ada@Example.Test", "Ada@example.test "]

    answers = at_once(8, lambda number: sign_up(api, userId=f"ada-{number}", email=spellings[number % 4]))

    assert sorted(answer.status for answer in answers) == [201] + 7 * [409]
    winner = next(answer.json["$id"] for answer in answers if answer.status == 201)
    assert {item["pk"] for item in tables.items("users")} == {f"user#{winner}", "email#ada@example.test"}


@pytest.mark.race
def test_of_parallel_sign_ups_with_one_id_one_wins_and_the_others_addresses_stay_free(api: Api) -> None:
    answers = at_once(8, lambda number: sign_up(api, email=f"ada{number}@example.test"))

    assert sorted(answer.status for answer in answers) == [201] + 7 * [409]
    loser = next(number for number, answer in enumerate(answers) if answer.status == 409)
    assert sign_up(api, userId="other", email=f"ada{loser}@example.test").status == 201


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("userId", [None, "", "_ada", ".ada", "-ada", "a" * 37, "a#b", "a/b", "a b", "a:b", "ä", "a\n", 5, ["a"], {}]),
        ("email", [None, "", "ada", "a@b", "a@b..test", ".a@example.test", "a b@example.test", "a@example.test\nb"]),
        ("email", ["a@x.test\r\nBcc: b@x.test", "a@x.test,b@x.test", "Ada <a@x.test>", "a\t@x.test", 7, ["a@x.test"]]),
        ("email", ["\uff41da@example.test", "\u212aim@example.test", "a\u200bda@example.test", "ada@exämple.test"]),
        ("email", ["a" * 65 + "@example.test", "a@" + "b." * 160 + "test"]),
        ("password", [None, "", "7 chars", "x" * 257, "ä" * 7, "ä" * 257, 12345678, ["12345678"], True]),
        ("name", ["", "x" * 129, 5, ["x"], False]),
    ],
)
def test_bad_parameter_is_refused_and_nothing_is_kept(api: Api, tables: Tables, name: str, values: list[Any]) -> None:
    with container.override("config", replace(settings.config(), rate_limits=False)):
        for value in values:
            answer = sign_up(api, **{name: value})

            assert_refused(answer, 400, "general_argument_invalid")
            assert name in answer.json["message"], value

    assert tables.items("users") == []


@pytest.mark.parametrize("name", ["userId", "email", "password"])
def test_missing_parameter_is_named(api: Api, name: str) -> None:
    body = {"userId": "ada", "email": "ada@example.test", "password": PASSWORD}
    del body[name]

    assert api.post("/account", body).json["message"] == f'Param "{name}" is not optional.'


@pytest.mark.parametrize("password", ["x" * 256, "ä" * 256, "ä" * 8, "8 chars!", "  with blanks  "])
def test_password_counts_as_it_is(api: Api, password: str) -> None:
    assert sign_up(api, password=password).status == 201
    assert try_password(api, "ada@example.test", password).status == 201
    for other in (password[:-1], password.strip()[1:]):
        assert try_password(api, "ada@example.test", other).status in (400, 401)


def test_longest_id_and_name_are_taken(api: Api) -> None:
    assert sign_up(api, userId="A" + "b._-" * 8 + "zzz", name="ü" * 128).status == 201


def test_fields_that_are_no_parameters_are_passed_over(api: Api) -> None:
    extra = {"emailVerification": True, "mfa": True, "labels": ["admin"], "status": False, "blocked": True}

    account = sign_up(api, **extra, phone="+4915100000001", email_verified=True).json

    assert account["emailVerification"] is account["mfa"] is False
    assert (account["labels"], account["status"], account["phone"]) == ([], True, "")


def test_switched_off_method_is_for_api_keys_only(api: Api, tables: Tables) -> None:
    tables.change(keys.PROJECT, methods={"email-password": False})

    assert_refused(sign_up(api), 501, "user_auth_method_unsupported")
    body = {"userId": "ada", "email": "ada@example.test", "password": PASSWORD}
    assert api.post("/account", body, key="local-api-key").status == 201


def test_eleventh_sign_up_of_an_hour_from_one_address_is_refused(api: Api, tables: Tables) -> None:
    for number in range(10):
        assert sign_up(api, userId=f"u{number}", email=f"u{number}@example.test").status == 201

    assert_refused(sign_up(api), 429, "general_rate_limit_exceeded")
    assert len(tables.items("users")) == 20


def test_account_made_anew_under_an_old_id_does_not_inherit_the_sessions(person: Person, tables: Tables) -> None:
    tables.delete(keys.user(person.id))
    tables.delete(keys.email(person.email))

    assert sign_up(person.api, userId=person.id, email=person.email).status == 201

    assert_refused(person.get("/account"), 401, "general_unauthorized_scope")


# Get


def test_account_is_what_sign_up_answered(api: Api, people: People) -> None:
    created = sign_up(api, name="Ada").json
    session = try_password(api, "ada@example.test").header("X-Fallback-Cookies")

    account = api.get("/account", headers={"X-Fallback-Cookies": str(session)}).json

    moved = {name: account[name] for name in ("accessedAt", "$updatedAt")}
    assert account == {**created, **moved}


def test_access_is_noted_once_a_day(person: Person, clock: Clock) -> None:
    before = person.get("/account").json["accessedAt"]
    clock.advance(days=0.9)
    person.get("/account")
    assert person.get("/account").json["accessedAt"] == before

    clock.advance(days=0.2)
    person.get("/account")

    assert person.get("/account").json["accessedAt"] > before
