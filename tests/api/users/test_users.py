"""/users with the API key: create, get, delete, status, verification flags."""

from __future__ import annotations

import re
from typing import Any

import pytest

from chalicelib.storage import keys
from tests.support.api import Api, TeamApi, assert_refused
from tests.support.person import PASSWORD, Person
from tests.support.tables import Tables
from tests.support.tokens import bearer

ADA = {
    "userId": "ada",
    "email": "Ada@Example.test",
    "phone": "+4915112345678",
    "password": PASSWORD,
    "name": "Ada Löwe",
}


# Create


def test_user_is_created_with_everything(team: TeamApi, api: Api, tables: Tables) -> None:
    answer = team.post("/users", ADA)

    assert answer.status == 201
    user = answer.json
    stored = tables.item(keys.user("ada"))
    assert {name: user[name] for name in ("$id", "email", "phone", "name", "status", "mfa", "prefs", "labels")} == {
        "$id": "ada",
        "email": "ada@example.test",
        "phone": "+4915112345678",
        "name": "Ada Löwe",
        "status": True,
        "mfa": False,
        "prefs": {},
        "labels": [],
    }
    assert (user["emailVerification"], user["phoneVerification"]) == (False, False)
    assert user["passwordUpdate"] == user["registration"] == user["accessedAt"] == user["$createdAt"]
    assert {(target["providerType"], target["identifier"]) for target in user["targets"]} == {
        ("email", "ada@example.test"),
        ("sms", "+4915112345678"),
    }
    assert user["password"] == stored["password"]
    assert user["password"].startswith("$argon2id$")
    assert user["hash"] == "argon2"
    by_names_of_the_wire = {"memory_cost": 8, "time_cost": 1, "threads": 1}
    by_names_of_the_sdks = {"memoryCost": 8, "timeCost": 1}
    assert user["hashOptions"] == {"type": "argon2", **by_names_of_the_wire, **by_names_of_the_sdks}
    assert team.get("/users/ada").json == user
    assert api.post("/account/sessions/email", {"email": "ada@example.test", "password": PASSWORD}).status == 201


def test_key_sees_the_account_and_the_hash_and_no_more(team: TeamApi, person: Person) -> None:
    account = person.get("/account").json

    user = team.get(f"/users/{person.id}").json

    assert set(user) - set(account) == {"password", "hash", "hashOptions"}
    assert {name: user[name] for name in account} == account


@pytest.mark.parametrize("nothing", [{}, {"email": None, "phone": None, "password": None, "name": None}])
def test_user_needs_nothing_but_an_id(team: TeamApi, nothing: dict[str, Any]) -> None:
    user = team.post("/users", {"userId": "ada", **nothing}).json

    assert (user["email"], user["phone"], user["name"], user["passwordUpdate"]) == ("", "", "", "")
    assert (user["password"], user["hash"], user["targets"], user["emailCanonical"]) == (None, "argon2", [], None)
    assert user["hashOptions"]["type"] == "argon2"


def test_server_chooses_the_id(team: TeamApi) -> None:
    ids = {team.post("/users", {"userId": "unique()"}).json["$id"] for _ in range(3)}

    assert len(ids) == 3
    assert all(re.fullmatch("[0-9a-f]{20}", each) for each in ids)


def test_user_without_password_cannot_sign_in_by_password(team: TeamApi, api: Api) -> None:
    team.post("/users", {"userId": "ada", "email": "ada@example.test"})

    for password in (PASSWORD, "None" * 2, "        "):
        answer = api.post("/account/sessions/email", {"email": "ada@example.test", "password": password})
        assert_refused(answer, 401, "user_invalid_credentials")


@pytest.mark.parametrize(
    "taken", [{"userId": "ada"}, {"email": "ADA@example.test"}, {"email": "ada@example.test "}, {"phone": ADA["phone"]}]
)
def test_what_is_taken_is_refused(team: TeamApi, tables: Tables, taken: dict[str, str]) -> None:
    team.post("/users", ADA)
    before = tables.everything()

    answer = team.post("/users", {"userId": "bob", "email": "bob@example.test", "phone": "+4915112345679", **taken})

    assert_refused(answer, 409, "user_already_exists")
    assert tables.everything() == before


BAD: dict[str, list[Any]] = {
    "userId": [None, "", "-a", "a b", "a" * 37, "a#b", 1, ["a"], "ä"],
    "email": ["", "a", "a@b", "ä@example.test", "a@example.test,b@example.test", 1, ["a"]],
    "phone": ["", "4915112345678", "+0", "+49", "+49 151/12345678", "+999123456789", 49],
    "password": ["", "1234567", "a" * 257, "ä" * 7, "ä" * 257, 12345678, ["a" * 8], True],
    "name": ["", "a" * 129, 1, {}, "\ud800", "a\0b"],
}


@pytest.mark.parametrize("name", BAD)
def test_bad_value_is_refused_and_creates_nobody(team: TeamApi, tables: Tables, name: str) -> None:
    for value in BAD[name]:
        assert_refused(team.post("/users", {**ADA, name: value}), 400, "general_argument_invalid")

    assert tables.items("users") == []


def test_what_a_body_may_not_set_is_passed_over(team: TeamApi) -> None:
    wanted = {"emailVerification": True, "phoneVerification": True, "mfa": True, "status": False, "labels": ["admin"]}

    user = team.post("/users", {**ADA, **wanted, "generation": 1}).json

    assert (user["emailVerification"], user["phoneVerification"], user["mfa"]) == (False, False, False)
    assert (user["status"], user["labels"]) == (True, [])


# Every endpoint with a user in its path


ROUTES: list[tuple[str, str, Any]] = [
    ("GET", "", None),
    ("DELETE", "", None),
    ("PATCH", "/name", {"name": "Ada"}),
    ("PATCH", "/email", {"email": ""}),
    ("PATCH", "/phone", {"number": ""}),
    ("PATCH", "/password", {"password": ""}),
    ("PUT", "/labels", {"labels": []}),
    ("GET", "/prefs", None),
    ("PATCH", "/prefs", {"prefs": {}}),
    ("POST", "/targets", {"targetId": "a", "providerType": "email", "identifier": "a@example.test"}),
    ("GET", "/targets", None),
    ("GET", "/targets/abc", None),
    ("PATCH", "/targets/abc", {}),
    ("DELETE", "/targets/abc", None),
    ("PATCH", "/status", {"status": True}),
    ("PATCH", "/verification", {"emailVerification": True}),
    ("PATCH", "/verification/phone", {"phoneVerification": True}),
    ("POST", "/sessions", None),
    ("GET", "/sessions", None),
    ("DELETE", "/sessions", None),
    ("DELETE", "/sessions/abc", None),
    ("POST", "/jwts", None),
    ("PATCH", "/mfa", {"mfa": True}),
    ("GET", "/mfa/factors", None),
    ("PATCH", "/mfa/recovery-codes", None),
    ("PUT", "/mfa/recovery-codes", None),
    ("GET", "/mfa/recovery-codes", None),
    ("DELETE", "/mfa/authenticators/totp", None),
    ("GET", "/mfa/challenges/abc", None),
]


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
def test_unknown_user_is_not_found_and_not_made(
    team: TeamApi, person: Person, tables: Tables, method: str, path: str, body: Any
) -> None:
    before = tables.everything()

    answer = team.call(method, f"/users/nobody{path}", body)

    assert_refused(answer, 404, "user_not_found")
    assert answer.json["message"] == "User with the requested ID could not be found."
    assert tables.everything() == before


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
def test_what_cannot_be_an_id_is_refused(team: TeamApi, method: str, path: str, body: Any) -> None:
    for user_id in ("unique()", "-a", "a" * 37, "%23", "a%20b", "user%23ada", "%2e%2e", "%F0%9F%A6%84"):
        assert_refused(team.call(method, f"/users/{user_id}{path}", body), 400, "general_argument_invalid")


# Status


@pytest.mark.parametrize(("off", "on"), [(False, True), ("false", "true"), ("0", "1"), (0, 1)])
def test_team_blocks_a_user_and_lets_him_back(team: TeamApi, person: Person, off: Any, on: Any) -> None:
    token = person.jwt()

    blocked = team.patch(f"/users/{person.id}/status", {"status": off})

    assert (blocked.status, blocked.json["status"]) == (200, False)
    assert_refused(person.get("/account"), 403, "user_blocked")
    assert_refused(person.api.get("/account", headers=bearer(token)), 403, "user_blocked")
    body = {"email": person.email, "password": person.password}
    assert_refused(person.api.post("/account/sessions/email", body), 403, "user_blocked")
    assert_refused(
        person.api.post("/account/sessions/email", {**body, "password": "wrong pass"}), 401, "user_invalid_credentials"
    )

    assert team.patch(f"/users/{person.id}/status", {"status": on}).json["status"] is True
    assert_refused(person.get("/account"), 401, "general_unauthorized_scope")
    assert_refused(person.api.get("/account", headers=bearer(token)), 401, "general_unauthorized_scope")
    person.sign_in()
    assert person.get("/account").status == 200


# Verification flags


@pytest.mark.parametrize(
    ("path", "flag", "factor"),
    [("verification", "emailVerification", "email"), ("verification/phone", "phoneVerification", "phone")],
)
def test_team_vouches_for_an_address_and_takes_it_back(
    team: TeamApi, person: Person, path: str, flag: str, factor: str
) -> None:
    person.set_phone()
    for value in (True, False):
        answer = team.patch(f"/users/{person.id}/{path}", {flag: value})

        assert (answer.status, answer.json[flag]) == (200, value)
        assert person.get("/account").json[flag] is value
        assert person.get("/account/mfa/factors").json[factor] is value


def test_flag_without_an_address_makes_no_factor(team: TeamApi) -> None:
    team.post("/users", {"userId": "ada"})
    team.patch("/users/ada/verification", {"emailVerification": True})
    team.patch("/users/ada/verification/phone", {"phoneVerification": True})

    factors = team.get("/users/ada/mfa/factors").json

    assert not factors["email"]
    assert not factors["phone"]


FLAGS = [
    ("status", "status"),
    ("verification", "emailVerification"),
    ("verification/phone", "phoneVerification"),
    ("mfa", "mfa"),
]


@pytest.mark.parametrize(("path", "flag"), FLAGS)
def test_flag_must_be_a_boolean(team: TeamApi, person: Person, tables: Tables, path: str, flag: str) -> None:
    before = tables.item(keys.user(person.id))
    loose = [] if flag == "status" else ["true", "false", 0, 1]

    for value in (None, "", "yes", 2, [], {}, [True], 0.5, *loose):
        answer = team.patch(f"/users/{person.id}/{path}", {flag: value})
        assert_refused(answer, 400, "general_argument_invalid")

    assert tables.item(keys.user(person.id)) == before
