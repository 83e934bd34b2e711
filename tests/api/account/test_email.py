"""PATCH /account/email. What it has in common with the other changes is in test_changes.py."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.storage import keys
from tests.support.api import Answer, Api, TeamApi, assert_refused
from tests.support.person import PASSWORD, RETURN_URL, People, Person
from tests.support.tables import Tables

NEW = "new@example.test"


def change(person: Person, email: Any = NEW, password: Any = PASSWORD, **options: Any) -> Answer:
    return person.patch("/account/email", {"email": email, "password": password}, **options)


def test_address_moves_unproven_with_its_target(people: People) -> None:
    person = people.new(email_verified=True)
    before = person.get("/account").json

    answer = change(person, " New@Example.TEST ")

    assert answer.status == 200
    account = answer.json
    assert (account["email"], account["emailVerification"], account["emailCanonical"]) == (NEW, False, NEW)
    (target,) = account["targets"]
    assert (target["identifier"], target["$id"]) == (NEW, before["targets"][0]["$id"])
    assert target["$createdAt"] == before["targets"][0]["$createdAt"] < target["$updatedAt"]
    assert account["passwordUpdate"] == before["passwordUpdate"]
    assert person.get("/account").json == account


def test_claim_moves_so_that_the_old_address_is_free(person: Person, api: Api, tables: Tables) -> None:
    assert change(person).status == 200

    with pytest.raises(KeyError):
        tables.item(keys.email(person.email))
    assert tables.item(keys.email(NEW))["user_id"] == person.id
    body = {"userId": "next", "email": person.email, "password": PASSWORD}
    assert api.post("/account", body).status == 201
    assert api.post("/account/sessions/email", {"email": NEW, "password": PASSWORD}).status == 201


def test_one_can_go_back(person: Person) -> None:
    for address in (NEW, person.email, NEW):
        assert change(person, address).json["email"] == address


def test_address_in_use_is_refused_ones_own_too(people: People, tables: Tables) -> None:
    person, other = people.new(), people.new()
    before = tables.item(keys.user(person.id)), tables.item(keys.email(other.email))

    for address in (other.email, other.email.upper(), person.email, person.email.upper()):
        assert_refused(change(person, address), 409, "user_target_already_exists")

    assert (tables.item(keys.user(person.id)), tables.item(keys.email(other.email))) == before


@pytest.mark.parametrize("email", [None, "", "a", "a@b", "@b.test", "ä@b.test", "a@1.1", "a@b.test,c@d.test", 1, ["a"]])
def test_bad_address_is_refused(person: Person, email: Any) -> None:
    assert_refused(change(person, email), 400, "general_argument_invalid")

    assert person.get("/account").json["email"] == person.email


@pytest.mark.parametrize("password", [None, "", "a" * 257, 1, [PASSWORD]])
def test_password_is_checked_like_any(person: Person, password: Any) -> None:
    assert_refused(change(person, password=password), 400, "general_argument_invalid")


def test_timestamp_must_be_a_date(person: Person) -> None:
    answer = change(person, headers={"X-Appwrite-Timestamp": "yesterday"})

    assert_refused(answer, 400, "general_argument_invalid")


def test_account_without_password_and_address_gets_both(team: TeamApi, api: Api) -> None:
    """That is how people who came by phone are converted."""
    team.post("/users", {"userId": "ada", "phone": "+4915112345678"})
    session = team.post("/users/ada/sessions").json["secret"]

    answer = api.patch("/account/email", {"email": NEW, "password": PASSWORD}, session=session)

    assert (answer.status, answer.json["email"]) == (200, NEW)
    assert answer.json["passwordUpdate"]
    assert {target["identifier"] for target in answer.json["targets"]} == {NEW, "+4915112345678"}
    assert api.post("/account/sessions/email", {"email": NEW, "password": PASSWORD}).status == 201


# The old address gives nothing any more


def test_link_to_the_old_address_verifies_nothing(person: Person) -> None:
    person.post("/account/verifications/email", {"url": RETURN_URL})
    secret = person.mailed_secret()
    assert change(person).status == 200

    proof = {"userId": person.id, "secret": secret}

    assert_refused(person.api.put("/account/verifications/email", proof), 401, "user_invalid_token")
    assert change(person, person.email).status == 200
    assert_refused(person.api.put("/account/verifications/email", proof), 401, "user_invalid_token")
    assert person.get("/account").json["emailVerification"] is False


def test_unproven_address_is_no_factor(people: People) -> None:
    person = people.new(email_verified=True)
    challenge_id = person.challenge("email")
    code = person.mailed_code()
    assert change(person).status == 200

    assert person.get("/account/mfa/factors").json["email"] is False
    refused = person.post("/account/mfa/challenges", {"factor": "email"})
    assert_refused(refused, 400, "user_email_not_verified")
    assert_refused(person.answer(challenge_id, code), 401, "user_invalid_token")


def test_last_factor_may_go_after_a_recent_challenge(people: People) -> None:
    person = people.new(email_verified=True, mfa=True)
    assert_refused(change(person), 401, "user_challenge_required")
    person.pass_challenge("email")

    assert change(person).status == 200

    person.email = NEW
    person.sign_in()
    assert person.get("/account").status == 200, "MFA is no longer in force"
