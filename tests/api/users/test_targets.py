"""/users/{userId}/targets: addresses for the team's messaging, which open nothing and are nobody else's."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from chalicelib.accounts.targets import MOST
from chalicelib.storage import keys
from tests.conftest import Jobs
from tests.support.api import Answer, TeamApi, assert_refused
from tests.support.clock import Clock
from tests.support.cost import counted
from tests.support.faults import meanwhile
from tests.support.person import PASSWORD, RETURN_URL, People, Person
from tests.support.tables import Tables

OFFICE, NUMBER = "office@example.test", "+4915198765432"
TAKEN = (409, "user_target_already_exists")


def create(team: TeamApi, user_id: str, identifier: str = OFFICE, target_id: str = "unique()", **more: Any) -> Answer:
    kind = "sms" if identifier.startswith("+") else "email"
    body = {"targetId": target_id, "providerType": kind, "identifier": identifier, **more}
    return team.post(f"/users/{user_id}/targets", body)


def listed(team: TeamApi, user_id: str, *queries: tuple[str, Any], rest: str = "") -> Any:
    texts = [json.dumps({"method": method, "values": [value]}) for method, value in queries]
    asked = "&".join([*(f"queries[{at}]={quote(text)}" for at, text in enumerate(texts)), rest])
    answer = team.get(f"/users/{user_id}/targets?{asked}")
    assert answer.status == 200, answer.text
    return answer.json


def ids(found: Any) -> list[str]:
    return [target["$id"] for target in found["targets"]]


# What there is


def test_target_is_made_shown_changed_and_removed(person: Person, team: TeamApi) -> None:
    answer = create(team, person.id, " Office@Example.test ", "office.1", name="Office", providerId="x")

    assert answer.status == 201
    target = answer.json
    assert {name: target[name] for name in ("$id", "name", "userId", "providerId", "providerType", "identifier")} == {
        "$id": "office.1",
        "name": "Office",
        "userId": person.id,
        "providerId": None,
        "providerType": "email",
        "identifier": OFFICE,
    }
    path = f"/users/{person.id}/targets/office.1"
    assert team.get(path).json == target
    for user in (team.get(f"/users/{person.id}").json, person.get("/account").json):
        assert user["targets"][1:] == [target]
    assert listed(team, person.id)["targets"][1:] == [target]

    changed = team.patch(path, {"identifier": "desk@example.test"}).json
    assert (changed["identifier"], changed["name"]) == ("desk@example.test", "Office")
    assert changed["$updatedAt"] > target["$updatedAt"]
    assert team.patch(path, {"name": "Desk"}).json["name"] == "Desk"
    assert team.get(path).json["identifier"] == "desk@example.test"

    assert team.delete(path).status == 204
    assert_refused(team.get(path), 404, "user_target_not_found")
    assert len(person.get("/account").json["targets"]) == 1


def test_change_of_preferences_leaves_targets_and_the_other_way_round(person: Person, team: TeamApi) -> None:
    person.patch("/account/prefs", {"prefs": {"a": 1}})
    create(team, person.id, target_id="office")
    changed = person.patch("/account/prefs", {"prefs": {"a": 2}}).json

    assert [target["identifier"] for target in changed["targets"]] == [person.email, OFFICE]
    assert person.get("/account").json == changed
    team.patch(f"/users/{person.id}/prefs", {"prefs": {"a": 3}})
    assert team.delete(f"/users/{person.id}/targets/office").status == 204
    assert person.get("/account/prefs").json == {"a": 3}


def test_export_of_a_user_has_targets(person: Person, team: TeamApi) -> None:
    create(team, person.id, target_id="office")

    exported = team.get(f"/users/{person.id}/export").json

    assert [(target["id"], target["identifier"]) for target in exported["targets"]] == [("office", OFFICE)]
    assert exported["preferences"] == {}


def test_list_is_in_order_by_pages(person: Person, team: TeamApi) -> None:
    own = person.get("/account").json["targets"][0]["$id"]
    made = [own, *(create(team, person.id, f"{number}@example.test").json["$id"] for number in range(4))]

    assert (ids(listed(team, person.id)), listed(team, person.id)["total"]) == (made, 5)
    assert ids(listed(team, person.id, ("limit", 2), ("offset", 1))) == made[1:3]
    assert ids(listed(team, person.id, ("cursorAfter", made[1]), ("limit", 2))) == made[2:4]
    assert ids(listed(team, person.id, ("cursorBefore", made[4]), ("limit", 2))) == made[2:4]
    assert ids(listed(team, person.id, ("cursorBefore", own))) == []
    assert listed(team, person.id, rest="total=0")["total"] == 0
    asked = quote(json.dumps({"method": "cursorAfter", "values": ["nobody"]}))
    assert_refused(team.get(f"/users/{person.id}/targets?queries[]={asked}"), 400, "general_cursor_not_found")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ([("equal", "providerType", ["SMS"])], ["t2"]),
        ([("contains", "identifier", ["a@"]), ("orderAsc", "identifier", [])], ["t3", "t1"]),
        ([("startsWith", "$id", ["t"]), ("orderDesc", "$sequence", [])], ["t3", "t2", "t1"]),
        ([("startsWith", "$id", ["t"]), ("orderDesc", "$createdAt", []), ("limit", "", [1])], ["t3"]),
        ([("startsWith", "$id", ["t"]), ("cursorAfter", "", ["t1"]), ("isNull", "providerId", [])], ["t2", "t3"]),
        ([("equal", "$id", ["t1", "t2"]), ("cursorBefore", "", ["t3"]), ("limit", "", [1])], ["t2"]),
        ([("lessThan", "$createdAt", ["2020-01-01"])], []),
    ],
)
def test_list_takes_filters_and_orders(
    person: Person, team: TeamApi, clock: Clock, asked: list[tuple[str, str, list[Any]]], found: list[str]
) -> None:
    for target_id, identifier in (("t1", "ba@example.test"), ("t2", NUMBER), ("t3", "aa@example.test")):
        create(team, person.id, identifier, target_id)
        clock.advance(seconds=1)
    texts = [
        json.dumps({"method": name, "attribute": attribute, "values": values}) for name, attribute, values in asked
    ]

    answer = listed(team, person.id, rest="&".join(f"queries[]={quote(text)}" for text in texts))

    assert ids(answer) == found
    if all(name not in ("limit", "cursorAfter", "cursorBefore") for name, _, _ in asked):
        assert answer["total"] == len(found)


# What is refused


@pytest.mark.parametrize(
    ("kind", "identifier", "refusal"),
    [
        ("email", "office", (400, "general_invalid_email")),
        ("email", NUMBER, (400, "general_invalid_email")),
        ("sms", OFFICE, (400, "general_invalid_phone")),
        ("sms", "+49", (400, "general_invalid_phone")),
        ("push", "token", (501, "general_not_implemented")),
        ("fax", NUMBER, (400, "general_argument_invalid")),
        ("email", "", (400, "general_argument_invalid")),
        ("email", "a" * 256, (400, "general_argument_invalid")),
    ],
)
def test_what_is_no_target_is_refused_and_changes_nothing(
    person: Person, team: TeamApi, tables: Tables, kind: str, identifier: str, refusal: tuple[int, str]
) -> None:
    before = tables.everything()

    assert_refused(create(team, person.id, identifier, providerType=kind), *refusal)

    assert tables.everything() == before


def test_id_is_one_of_the_user_once(people: People, team: TeamApi) -> None:
    person = people.new()
    own = person.get("/account").json["targets"][0]["$id"]
    assert create(team, person.id, target_id="office").status == 201

    for target_id in ("office", own):
        assert_refused(create(team, person.id, "other@example.test", target_id), *TAKEN)
    assert create(team, people.new().id, "other@example.test", "office").status == 201


def test_user_has_ten_at_most(person: Person, team: TeamApi, tables: Tables) -> None:
    for number in range(MOST):
        assert create(team, person.id, f"{number}@example.test").status == 201
    before = tables.everything()

    assert_refused(create(team, person.id), 400, "general_argument_invalid")

    assert tables.everything() == before


@pytest.mark.parametrize(("kind", "method"), [("email", "updateEmail"), ("phone", "updatePhone")])
def test_target_of_an_address_follows_the_address_alone(
    people: People, team: TeamApi, tables: Tables, kind: str, method: str
) -> None:
    person = people.new(phone_verified=True)
    target = tables.item(keys.user(person.id))["targets"][kind]["id"]
    before = tables.everything()
    path = f"/users/{person.id}/targets/{target}"

    for answer in (team.patch(path, {"identifier": OFFICE}), team.delete(path)):
        assert_refused(answer, 400, "general_argument_invalid")
        assert f"users.{method}" in answer.json["message"]

    assert team.get(path).json["identifier"] == getattr(person, kind)
    assert tables.everything() == before


def test_unknown_target_or_provider_is_not_found(person: Person, team: TeamApi, tables: Tables) -> None:
    create(team, person.id, target_id="office")
    before = tables.everything()
    path = f"/users/{person.id}/targets"

    for answer in (team.get(f"{path}/x"), team.patch(f"{path}/x", {"name": "a"}), team.delete(f"{path}/x")):
        assert_refused(answer, 404, "user_target_not_found")
    assert_refused(team.patch(f"{path}/office", {"providerId": "x"}), 404, "provider_not_found")

    assert tables.everything() == before


# An identifier is one's own, in the whole project


def test_address_or_target_of_anybody_is_no_target(people: People, team: TeamApi, tables: Tables) -> None:
    person, other = people.new(phone_verified=True), people.new(phone_verified=True)
    assert create(team, other.id, target_id="desk").status == 201
    assert create(team, other.id, NUMBER).status == 201
    assert create(team, person.id, "own@example.test", "own").status == 201
    before = tables.everything()

    for identifier in (
        person.email,
        person.phone,
        other.email,
        other.phone,
        OFFICE.upper(),
        NUMBER,
        "own@example.test",
    ):
        assert_refused(create(team, person.id, identifier), *TAKEN)
    for identifier in (person.email, other.email, OFFICE):
        assert_refused(team.patch(f"/users/{person.id}/targets/own", {"identifier": identifier}), *TAKEN)

    assert tables.everything() == before


def test_users_own_number_that_is_not_proven_is_no_target(person: Person, team: TeamApi) -> None:
    person.set_phone(NUMBER)

    assert_refused(create(team, person.id, NUMBER), *TAKEN)


def test_target_is_nobodys_address(people: People, team: TeamApi, tables: Tables) -> None:
    person, owner = people.new(), people.new()
    create(team, owner.id)
    create(team, owner.id, NUMBER)
    before = tables.everything()
    body = {"userId": "new", "email": OFFICE, "password": PASSWORD}

    assert_refused(person.api.post("/account", body), 409, "user_already_exists")
    assert_refused(team.post("/users", {"userId": "new", "phone": NUMBER}), 409, "user_already_exists")
    assert_refused(person.patch("/account/email", {"email": OFFICE, "password": PASSWORD}), *TAKEN)
    assert_refused(person.patch("/account/phone", {"phone": NUMBER, "password": PASSWORD}), *TAKEN)
    assert_refused(team.patch(f"/users/{owner.id}/email", {"email": OFFICE}), *TAKEN)
    assert_refused(team.patch(f"/users/{person.id}/phone", {"number": NUMBER}), *TAKEN)

    after = tables.everything()
    assert {name: after[name] for name in after if name != "limits"} == {
        name: before[name] for name in before if name != "limits"
    }


def free_by_change(team: TeamApi, user_id: str) -> Answer:
    return team.patch(f"/users/{user_id}/targets/office", {"identifier": "desk@example.test"})


def free_by_removal(team: TeamApi, user_id: str) -> Answer:
    return team.delete(f"/users/{user_id}/targets/office")


def free_by_deletion(team: TeamApi, user_id: str) -> Answer:
    return team.delete(f"/users/{user_id}")


Free = Callable[[TeamApi, str], Answer]


@pytest.mark.parametrize("free", [free_by_change, free_by_removal, free_by_deletion])
def test_identifier_that_is_given_up_is_free(people: People, team: TeamApi, free: Free) -> None:
    person = people.new()
    create(team, person.id, target_id="office")

    assert free(team, person.id).status < 300

    assert team.post("/users", {"userId": "new", "email": OFFICE}).status == 201


def test_deleted_user_leaves_nothing(people: People, team: TeamApi, tables: Tables) -> None:
    person = people.new()
    for number in range(MOST):
        create(team, person.id, f"{number}@example.test")

    assert team.delete(f"/users/{person.id}").status == 204

    assert tables.items("users") == []


def test_target_that_comes_while_the_user_is_deleted_leaves_no_claim(
    person: Person, team: TeamApi, tables: Tables
) -> None:
    with meanwhile(lambda: create(team, person.id)):
        assert team.delete(f"/users/{person.id}").status == 503
    with meanwhile(lambda: team.delete(f"/users/{person.id}")):
        assert create(team, person.id, NUMBER).status == 503

    assert tables.items("users") == []


def test_target_is_none_that_the_user_has_as_his_number_by_then(person: Person, team: TeamApi, tables: Tables) -> None:
    """Which he merely typed, so that no claim stands in the way."""
    with meanwhile(lambda: person.set_phone(NUMBER), of="target_of"):
        assert create(team, person.id, NUMBER).status == 503

    assert [target["identifier"] for target in listed(team, person.id)["targets"]] == [person.email, NUMBER]
    assert not [item for item in tables.items("users") if "target_of" in item]


def test_target_of_a_deleted_user_is_none_of_the_next_one_of_the_id(team: TeamApi, tables: Tables) -> None:
    """Neither of whom has an address by which they could be told apart."""

    def begin_anew() -> None:
        assert team.delete("/users/ada").status == 204
        assert team.post("/users", {"userId": "ada"}).status == 201

    assert team.post("/users", {"userId": "ada"}).status == 201

    with meanwhile(begin_anew):
        assert create(team, "ada").status == 503

    assert listed(team, "ada")["targets"] == []
    assert not [item for item in tables.items("users") if "target_of" in item]


# It opens nothing


def test_nobody_signs_in_with_a_target(people: People, team: TeamApi, run_jobs: Jobs) -> None:
    person = people.new(email_verified=True)
    create(team, person.id)
    person.inbox.clear()

    body = {"email": OFFICE, "password": PASSWORD}
    assert_refused(person.api.post("/account/sessions/email", body), 401, "user_invalid_credentials")
    assert person.api.post("/account/recovery", {"email": OFFICE, "url": RETURN_URL}).status == 201
    run_jobs()

    assert person.inbox.messages() == []


def test_code_to_the_number_of_a_target_opens_and_makes_no_account(
    person: Person, team: TeamApi, tables: Tables
) -> None:
    create(team, person.id, NUMBER)
    asked = person.api.post("/account/tokens/phone", {"userId": "unique()", "phone": NUMBER}).json
    proof = {"userId": asked["userId"], "secret": person.inbox.messages(NUMBER)[0].code}
    before = tables.items("users")

    assert_refused(person.api.post("/account/sessions/token", {**proof, "secret": "000000"}), 401, "user_invalid_token")
    assert_refused(person.api.post("/account/sessions/token", proof), *TAKEN)

    assert tables.items("users") == before


def test_code_to_the_mailbox_of_a_target_opens_and_makes_no_account(
    person: Person, team: TeamApi, tables: Tables, run_jobs: Jobs
) -> None:
    create(team, person.id)
    asked = person.api.post("/account/tokens/email", {"userId": "unique()", "email": OFFICE}).json
    run_jobs()
    proof = {"userId": asked["userId"], "secret": person.inbox.messages(OFFICE)[0].code}
    before = tables.items("users")

    assert_refused(person.api.post("/account/sessions/token", proof), *TAKEN)

    assert tables.items("users") == before


def test_number_that_was_typed_before_it_became_a_target_cannot_be_proven(people: People, team: TeamApi) -> None:
    person, other = people.new(), people.new()
    person.set_phone(NUMBER)
    person.post("/account/verifications/phone")
    proof = {"userId": person.id, "secret": person.texted_code()}
    assert create(team, other.id, NUMBER).status == 201

    assert_refused(person.api.put("/account/verifications/phone", proof), *TAKEN)


def test_target_hears_of_nothing(people: People, team: TeamApi, run_jobs: Jobs) -> None:
    person = people.new()
    create(team, person.id)
    run_jobs()
    person.inbox.clear()

    team.patch(f"/users/{person.id}/password", {"password": "another password"})
    run_jobs()

    assert {message.to for message in person.inbox.messages()} == {person.email}


@pytest.mark.parametrize(("attribute", "identifier"), [("email", OFFICE), ("phone", NUMBER)])
def test_team_finds_nobody_by_the_address_of_a_target(
    person: Person, team: TeamApi, attribute: str, identifier: str
) -> None:
    create(team, person.id, identifier)
    asked = json.dumps({"method": "equal", "attribute": attribute, "values": [identifier]})

    assert team.get(f"/users?queries[0]={quote(asked)}").json == {"total": 0, "users": []}


# What it costs


def test_sign_in_and_account_read_no_more_for_targets(people: People, team: TeamApi) -> None:
    costs = []
    for targets in (0, MOST):
        person = people.new()
        for number in range(targets):
            create(team, person.id, f"{number}@example.test", name="x" * 128)
        with counted() as cost:
            person.sign_in()
            assert person.get("/account").status == 200
        costs.append((cost.trips, cost.read_units, cost.write_units))

    assert costs[0] == costs[1]
