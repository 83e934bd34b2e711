"""/users/{userId} with the API key: name, addresses, password, labels and preferences are set, and taken away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.storage import keys
from tests.conftest import Jobs
from tests.support.api import Answer, Api, TeamApi, assert_refused
from tests.support.faults import meanwhile
from tests.support.person import PASSWORD, RETURN_URL, People, Person
from tests.support.tables import Tables

EMAIL, NUMBER = "new@example.test", "+4915198765432"
OTHER = "another password"
OUT = (401, "general_unauthorized_scope")


def sign_in(api: Api, email: str, password: str) -> Answer:
    return api.post("/account/sessions/email", {"email": email, "password": password})


def sign_in_by_sms(person: Person, number: str) -> Answer:
    """With a code to that number."""
    asked = person.api.post("/account/tokens/phone", {"userId": "unique()", "phone": number})
    assert asked.status == 201
    code = person.inbox.messages(number)[0].code
    return person.api.post("/account/sessions/token", {"userId": asked.json["userId"], "secret": code})


def has_claim(tables: Tables, place: keys.Key) -> bool:
    return place.values[0] in {item["pk"] for item in tables.items("users")}


# Name, labels, preferences


@pytest.mark.parametrize("name", ["Ada Löwe", "", "a" * 128])
def test_name_is_set(people: People, team: TeamApi, name: str) -> None:
    person = people.new(name="Before")

    answer = team.patch(f"/users/{person.id}/name", {"name": name})

    assert (answer.status, answer.json["name"]) == (200, name)
    assert team.get(f"/users/{person.id}").json == answer.json


def test_labels_replace_those_of_before(person: Person, team: TeamApi) -> None:
    for given, kept in ((["b", "a", "b", "B7"], ["b", "a", "B7"]), (["x" * 36] * 40, ["x" * 36]), ([], [])):
        answer = team.put(f"/users/{person.id}/labels", {"labels": given})

        assert (answer.status, answer.json["labels"]) == (200, kept)
        assert person.get("/account").json["labels"] == kept


def test_preferences_are_those_that_the_user_sees(person: Person, team: TeamApi) -> None:
    path = f"/users/{person.id}/prefs"
    assert team.get(path).json == {}

    assert team.patch(path, {"prefs": {"theme": "dark"}}).json == {"theme": "dark"}

    assert team.get(path).json == person.get("/account/prefs").json == {"theme": "dark"}
    assert team.patch(path, {"prefs": []}).json == {}


BAD: dict[str, tuple[str, list[Any]]] = {
    "name": ("name", [None, "a" * 129, 1, ["a"]]),
    "email": ("email", [None, "ada", "a@b", 1, [EMAIL]]),
    "phone": ("number", [None, "4915112345678", "+0", 49, [NUMBER]]),
    "password": ("password", [None, "1234567", "a" * 257, 12345678, [PASSWORD]]),
    "labels": ("labels", [None, "a", {}, [""], ["a b"], ["ä"], ["a" * 37], [1], ["a\n"], ["a"] * 41]),
    "prefs": ("prefs", [None, "x", 1, ["a"], {"a": "x" * 65_536}]),
}


@pytest.mark.parametrize("field", BAD)
def test_bad_value_is_refused_and_changes_nothing(person: Person, team: TeamApi, tables: Tables, field: str) -> None:
    before = tables.everything()
    name, values = BAD[field]

    for value in values:
        answer = team.call("PUT" if field == "labels" else "PATCH", f"/users/{person.id}/{field}", {name: value})
        assert_refused(answer, 400, "general_argument_invalid")

    assert tables.everything() == before


# Addresses


def test_address_is_replaced_and_not_verified(people: People, team: TeamApi, tables: Tables) -> None:
    person = people.new(email_verified=True)
    [before] = person.get("/account").json["targets"]

    user = team.patch(f"/users/{person.id}/email", {"email": f" {EMAIL.upper()}"}).json

    assert (user["email"], user["emailVerification"]) == (EMAIL, False)
    [target] = user["targets"]
    assert (target["$id"], target["$createdAt"], target["identifier"]) == (before["$id"], before["$createdAt"], EMAIL)
    assert sign_in(person.api, EMAIL, PASSWORD).status == 201
    assert_refused(sign_in(person.api, person.email, PASSWORD), 401, "user_invalid_credentials")
    assert not has_claim(tables, keys.email(person.email))


def test_number_from_the_team_is_the_users_alone(people: People, team: TeamApi, tables: Tables) -> None:
    person, stranger = people.new(), people.new()
    stranger.set_phone(NUMBER)

    user = team.patch(f"/users/{person.id}/phone", {"number": "+49 1519 8765432"}).json

    assert (user["phone"], user["phoneVerification"]) == (NUMBER, False)
    assert [target["identifier"] for target in user["targets"]] == [person.email, NUMBER]
    assert stranger.get("/account").json["phone"] == ""
    assert sign_in_by_sms(person, NUMBER).json["userId"] == person.id


@pytest.mark.parametrize(
    ("field", "name", "has"), [("email", "email", {}), ("phone", "number", {"phone_verified": True})]
)
def test_address_is_taken_away(
    people: People, team: TeamApi, tables: Tables, field: str, name: str, has: dict[str, Any]
) -> None:
    person = people.new(**has)
    claim = keys.email(person.email) if field == "email" else keys.phone(person.phone)
    assert has_claim(tables, claim)

    for _ in range(2):
        user = team.patch(f"/users/{person.id}/{field}", {name: ""}).json
        assert (user[field], user[f"{field}Verification"]) == ("", False)

    assert not has_claim(tables, claim)
    assert len(user["targets"]) == len(has)
    stored = tables.item(keys.user(person.id))
    assert not {field, f"{field}_verified", "phone_by_team"} & {key for key, value in stored.items() if value}
    bare = team.post("/users", {"userId": "bare", field: getattr(person, field)})
    assert bare.status == 201


def test_several_users_have_no_address(people: People, team: TeamApi) -> None:
    for person in (people.new(), people.new()):
        assert team.patch(f"/users/{person.id}/email", {"email": ""}).status == 200
        assert team.patch(f"/users/{person.id}/phone", {"number": ""}).status == 200


def test_address_in_use_is_refused_and_changes_nothing(people: People, team: TeamApi, tables: Tables) -> None:
    person, other = people.new(phone_verified=True), people.new(phone_verified=True)
    before = tables.everything()

    for one in (other, person):
        for field, name, value in (("email", "email", one.email), ("phone", "number", one.phone)):
            answer = team.patch(f"/users/{person.id}/{field}", {name: value})
            assert_refused(answer, 409, "user_target_already_exists")

    assert tables.everything() == before


def test_user_may_be_given_the_number_that_still_signs_him_in(people: People, team: TeamApi, tables: Tables) -> None:
    person = people.new(phone_verified=True)
    team.patch(f"/users/{person.id}/email", {"email": ""})
    first = person.phone
    assert team.patch(f"/users/{person.id}/verification/phone", {"phoneVerification": False}).status == 200
    assert tables.item(keys.user(person.id))["phone_before"] == first

    assert team.patch(f"/users/{person.id}/phone", {"number": NUMBER}).status == 200
    assert not has_claim(tables, keys.phone(first))
    assert team.patch(f"/users/{person.id}/phone", {"number": first}).status == 200

    assert not has_claim(tables, keys.phone(NUMBER))
    assert sign_in_by_sms(person, first).json["userId"] == person.id


@pytest.mark.parametrize("address", [EMAIL, ""])
def test_open_proofs_of_the_old_address_are_void(person: Person, team: TeamApi, run_jobs: Jobs, address: str) -> None:
    person.post("/account/verifications/email", {"url": RETURN_URL})
    proof = {"userId": person.id, "secret": person.mailed_secret()}
    person.api.post("/account/recovery", {"email": person.email, "url": RETURN_URL})
    run_jobs()
    recovery = {"userId": person.id, "secret": person.mailed_secret(), "password": OTHER}

    assert team.patch(f"/users/{person.id}/email", {"email": address}).status == 200
    if address:
        assert team.patch(f"/users/{person.id}/email", {"email": person.email}).status == 200

    assert_refused(person.api.put("/account/verifications/email", proof), 401, "user_invalid_token")
    assert_refused(person.api.put("/account/recovery", recovery), 401, "user_invalid_token")


def test_code_to_a_number_that_was_taken_away_proves_nothing(person: Person, team: TeamApi) -> None:
    person.set_phone()
    person.post("/account/verifications/phone")
    proof = {"userId": person.id, "secret": person.texted_code()}

    assert team.patch(f"/users/{person.id}/phone", {"number": ""}).status == 200

    assert_refused(person.api.put("/account/verifications/phone", proof), 401, "user_invalid_token")


# Password


def test_password_is_replaced(person: Person, team: TeamApi) -> None:
    before = person.get("/account").json["passwordUpdate"]

    user = team.patch(f"/users/{person.id}/password", {"password": OTHER}).json

    assert user["passwordUpdate"] > before
    assert_refused(sign_in(person.api, person.email, PASSWORD), 401, "user_invalid_credentials")
    assert sign_in(person.api, person.email, OTHER).status == 201


def test_password_is_taken_away(person: Person, team: TeamApi) -> None:
    for _ in range(2):
        user = team.patch(f"/users/{person.id}/password", {"password": ""}).json
        assert user["password"] is None

    for password in (PASSWORD, "        "):
        assert_refused(sign_in(person.api, person.email, password), 401, "user_invalid_credentials")


@pytest.mark.parametrize("password", [OTHER, ""])
def test_open_recovery_link_is_void(person: Person, team: TeamApi, run_jobs: Jobs, password: str) -> None:
    person.api.post("/account/recovery", {"email": person.email, "url": RETURN_URL})
    run_jobs()
    recovery = {"userId": person.id, "secret": person.mailed_secret(), "password": "of a thief"}

    assert team.patch(f"/users/{person.id}/password", {"password": password}).status == 200

    assert_refused(person.api.put("/account/recovery", recovery), 401, "user_invalid_token")


# What changes of credentials have in common


CHANGES: dict[str, tuple[str, dict[str, str]]] = {
    "email": ("email", {"email": EMAIL}),
    "no email": ("email", {"email": ""}),
    "number": ("phone", {"number": NUMBER}),
    "no number": ("phone", {"number": ""}),
    "password": ("password", {"password": OTHER}),
    "no password": ("password", {"password": ""}),
}
CHANGED = pytest.mark.parametrize("change", CHANGES)


def do(team: TeamApi, person: Person, change: str) -> Answer:
    field, body = CHANGES[change]
    answer = team.patch(f"/users/{person.id}/{field}", body)
    assert answer.status == 200, answer.text
    return answer


@CHANGED
@pytest.mark.parametrize("policy", [True, False])
def test_all_sessions_end_by_the_policy(people: People, team: TeamApi, change: str, policy: bool) -> None:
    person, bystander = people.new(phone_verified=True), people.new()
    team.patch("/project/policies/session-invalidation", {"enabled": policy})

    do(team, person, change)

    if policy:
        assert_refused(person.get("/account"), *OUT)
    else:
        assert person.get("/account").status == 200
    assert bystander.get("/account").status == 200


@pytest.mark.parametrize(
    ("change", "stays", "has"),
    [
        ("email", False, {"email_verified": True}),
        ("no email", False, {"email_verified": True}),
        ("no password", False, {"phone_verified": True}),
        ("no number", False, {"phone_verified": True}),
        ("number", False, {"phone_verified": True}),
        ("email", True, {"email_verified": True, "authenticator": True}),
        ("password", True, {"email_verified": True}),
        ("no password", True, {"phone_verified": True, "authenticator": True}),
    ],
)
def test_mfa_that_could_not_be_passed_goes_off(
    people: People, team: TeamApi, run_jobs: Jobs, change: str, stays: bool, has: dict[str, Any]
) -> None:
    person = people.new(mfa=True, **has)
    run_jobs()
    person.inbox.clear()

    assert do(team, person, change).json["mfa"] is stays

    run_jobs()
    told = [message.text for message in person.inbox.messages()]
    assert any("switched off" in text or "verification OFF" in text for text in told) is not stays
    events = [log["event"] for log in team.get(f"/users/{person.id}/logs").json["logs"][:2]]
    assert ("user.update.mfa.off" in events) is not stays


@CHANGED
def test_change_is_logged_as_the_teams(people: People, team: TeamApi, change: str) -> None:
    person = people.new(phone_verified=True)

    do(team, person, change)

    newest = team.get(f"/users/{person.id}/logs").json["logs"][0]
    assert (newest["event"], newest["mode"]) == (f"user.update.{CHANGES[change][0]}", "admin")


@CHANGED
def test_owner_is_told_at_the_old_mailbox_too(people: People, team: TeamApi, run_jobs: Jobs, change: str) -> None:
    person = people.new(email_verified=True, phone_verified=True)
    run_jobs()
    person.inbox.clear()

    do(team, person, change)

    run_jobs()
    assert {message.to for message in person.inbox.messages()} == {
        person.email,
        *({EMAIL} & {*CHANGES[change][1].values()}),
    }


def test_labels_are_logged(person: Person, team: TeamApi) -> None:
    team.put(f"/users/{person.id}/labels", {"labels": ["admin"]})

    newest = team.get(f"/users/{person.id}/logs").json["logs"][0]
    assert (newest["event"], newest["mode"]) == ("user.update.labels", "admin")


NOTHING_THERE: list[tuple[str, dict[str, str]]] = [
    ("email", {"email": ""}),
    ("phone", {"number": ""}),
    ("password", {"password": ""}),
]


@pytest.mark.parametrize(("field", "body"), NOTHING_THERE)
def test_what_is_not_there_is_taken_away_without_a_trace(
    team: TeamApi, tables: Tables, field: str, body: dict[str, str]
) -> None:
    team.post("/users", {"userId": "bare"})
    before = tables.everything()

    assert team.patch(f"/users/bare/{field}", body).status == 200

    assert tables.everything() == before


REMOVALS: dict[str, Callable[[TeamApi, str], Answer]] = {
    "no email": lambda team, user_id: team.patch(f"/users/{user_id}/email", {"email": ""}),
    "email": lambda team, user_id: team.patch(f"/users/{user_id}/email", {"email": EMAIL}),
    "number": lambda team, user_id: team.patch(f"/users/{user_id}/phone", {"number": NUMBER}),
}


@pytest.mark.parametrize("act", REMOVALS.values(), ids=REMOVALS)
def test_user_who_is_deleted_meanwhile_leaves_no_claim(
    person: Person, team: TeamApi, tables: Tables, act: Callable[[TeamApi, str], Answer]
) -> None:
    with meanwhile(lambda: team.delete(f"/users/{person.id}")):
        assert act(team, person.id).status == 503

    assert tables.items("users") == []


def test_password_of_the_team_keeps_to_the_policies(person: Person, team: TeamApi, tables: Tables) -> None:
    path = f"/users/{person.id}/password"
    assert team.patch("/project/policies/password-history", {"total": 3}).status == 200
    person.clock.advance(seconds=6)
    assert team.patch(path, {"password": ""}).status == 200
    before = tables.everything()

    assert_refused(team.patch(path, {"password": PASSWORD}), 400, "password_recently_used")
    assert_refused(team.patch(path, {"password": "password123"}), 400, "general_argument_invalid")

    assert tables.everything() == before
    assert team.patch(path, {"password": OTHER}).status == 200
