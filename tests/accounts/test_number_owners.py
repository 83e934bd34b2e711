"""A number belongs to whoever proved it or had it from the team; one that was merely typed opens and blocks nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import inf
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib.runtime import aws, container
from chalicelib.storage import keys
from infra.local.inbox import Inbox
from tests.support.api import Answer, Api, TeamApi, assert_refused, session_value
from tests.support.clock import Clock
from tests.support.faults import meanwhile
from tests.support.person import NUMBER, PASSWORD, People, Person
from tests.support.tables import Tables

OTHER = "+4915198765432"
TAKEN = (409, "user_target_already_exists")


def type_in(person: Person, number: str = NUMBER) -> Answer:
    person.phone = number
    return person.patch("/account/phone", {"phone": number, "password": PASSWORD})


def sign_in_by_phone(api: Api, inbox: Inbox, user_id: str = "owner", number: str = NUMBER) -> Answer:
    asked = api.post("/account/tokens/phone", {"userId": user_id, "phone": number})
    assert asked.status == 201, asked.text
    code = next(each.code for each in inbox.messages() if each.channel == "sms" and each.code)
    return api.post("/account/sessions/token", {"userId": asked.json["userId"], "secret": code})


def number_of(person: Person) -> tuple[str, bool]:
    account = person.get("/account").json
    return account["phone"], account["phoneVerification"]


def test_stranger_who_typed_my_number_does_not_get_my_first_sign_in(people: People, api: Api, inbox: Inbox) -> None:
    stranger = people.new()
    type_in(stranger)

    session = sign_in_by_phone(api, inbox).json

    assert session["userId"] == "owner"
    assert number_of(stranger) == ("", False)
    assert stranger.get("/account").json["targets"][1:] == []
    assert stranger.sign_in()  # who keeps what is his


def test_several_may_type_one_number_and_it_opens_nothing(people: People, api: Api, inbox: Inbox) -> None:
    crowd = [people.new() for _ in range(3)]
    for person in crowd:
        assert type_in(person).status == 200

    assert [number_of(person) for person in crowd] == [(NUMBER, False)] * 3
    assert sign_in_by_phone(api, inbox).json["userId"] == "owner"


@pytest.mark.parametrize("way", ["verification", "sign-in", "the team's word", "the team's number"])
def test_whoever_gets_it_first_takes_it_off_the_others(
    people: People, api: Api, team: TeamApi, inbox: Inbox, tables: Tables, way: str
) -> None:
    owner, *others = (people.new() for _ in range(4))
    for person in others:
        type_in(person)
        assert person.post("/account/verifications/phone").status == 201
        person.clock.advance(seconds=31)
    open_codes = [message.code for message in inbox.messages(NUMBER)][::-1]

    if way == "verification":
        owner = replace(owner, api=owner.api.at("127.0.0.2"))  # one client has three texts to a number
        type_in(owner)
        owner.verify_phone()
    elif way == "sign-in":
        assert sign_in_by_phone(api, inbox).status == 201
    elif way == "the team's word":
        type_in(owner)
        assert team.patch(f"/users/{owner.id}/verification/phone", {"phoneVerification": True}).status == 200
    else:
        assert team.post("/users", {"userId": "from-team", "phone": NUMBER}).status == 201

    assert [number_of(person) for person in others] == [("", False)] * 3
    for person, code in zip(others, open_codes, strict=True):
        proof = {"userId": person.id, "secret": code}
        assert_refused(api.put("/account/verifications/phone", proof), 401, "user_invalid_token")
        assert_refused(type_in(person), *TAKEN)
    lost = [each for each in tables.items("events") if each["name"] == "user.update.phone.lost"]
    assert {each["user_id"] for each in lost} == {person.id for person in others}
    assert not any("ip" in each for each in lost), "the owner's address is none of theirs"


def test_proven_number_stays_its_owners(people: People, api: Api, team: TeamApi, inbox: Inbox) -> None:
    owner, stranger = people.new(), people.new()
    type_in(owner)
    owner.verify_phone()

    assert_refused(type_in(stranger), *TAKEN)
    assert_refused(team.post("/users", {"userId": "x", "phone": NUMBER}), 409, "user_already_exists")
    owner.clock.advance(seconds=31)
    assert sign_in_by_phone(api, inbox).json["userId"] == owner.id
    assert number_of(owner) == (NUMBER, True)


def test_number_from_the_team_leads_to_its_user_who_proves_it_thereby(
    people: People, api: Api, team: TeamApi, inbox: Inbox, run_jobs: Callable[[], int], tables: Tables
) -> None:
    team.post("/users", {"userId": "ann", "email": "ann@example.test", "phone": NUMBER})
    assert_refused(type_in(people.new()), *TAKEN)

    session = sign_in_by_phone(api, inbox).json
    run_jobs()

    assert session["userId"] == "ann"
    assert team.get("/users/ann").json["phoneVerification"] is True
    names = [event["name"] for event in tables.items("events") if event["user_id"] == "ann"]
    assert {"verification.update.phone", "session.create"} <= set(names)
    assert [mail.text for mail in inbox.messages("ann@example.test") if "phone number was verified" in mail.text]
    inbox.clear()
    assert sign_in_by_phone(api, inbox).json["userId"] == "ann"
    run_jobs()
    assert [mail for mail in inbox.messages("ann@example.test") if "verified" in mail.text] == [], "told once"


def test_account_that_a_sign_in_opens_has_its_number_in_the_log(
    api: Api, inbox: Inbox, tables: Tables, people: People
) -> None:
    sign_in_by_phone(api, inbox)

    names = [event["name"] for event in tables.items("events") if event["user_id"] == "owner"]
    assert sorted(names) == ["session.create", "token.create", "user.create", "verification.update.phone"]


class Late:
    """DynamoDB whose index of numbers does not know of the last writes yet."""

    def __init__(self) -> None:
        self._real = aws.client("dynamodb")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def query(self, **parameters: Any) -> Any:
        return {"Items": []} if parameters.get("IndexName") else self._real.query(**parameters)


def test_who_typed_it_just_now_goes_on_showing_it_and_cannot_prove_it(
    people: People, api: Api, team: TeamApi, inbox: Inbox
) -> None:
    """An index is read a moment late."""
    owner, other = people.new(), people.new()
    type_in(owner)
    type_in(other)
    with container.override("dynamodb", Late()):
        owner.verify_phone()

    assert number_of(owner) == (NUMBER, True)
    assert number_of(other) == (NUMBER, False)
    other.clock.advance(seconds=31)
    before = len(inbox.messages(NUMBER))
    assert_refused(other.post("/account/verifications/phone"), *TAKEN)
    assert len(inbox.messages(NUMBER)) == before
    assert_refused(team.patch(f"/users/{other.id}/verification/phone", {"phoneVerification": True}), *TAKEN)
    other.patch("/account/phone", {"phone": "+4915187654321", "password": PASSWORD})
    assert sign_in_by_phone(api, inbox).json["userId"] == owner.id


def test_proof_that_another_had_just_before_is_refused(people: People) -> None:
    owner, other = people.new(), people.new()
    type_in(other)
    other.post("/account/verifications/phone")
    code = other.texted_code()
    type_in(owner)
    other.clock.advance(seconds=31)
    with container.override("dynamodb", Late()):
        owner.verify_phone()

    answer = other.api.put("/account/verifications/phone", {"userId": other.id, "secret": code})

    assert_refused(answer, *TAKEN)
    assert number_of(other) == (NUMBER, False)


@pytest.mark.parametrize("way", ["change", "deletion", "the team's word"])
def test_number_that_is_given_up_is_free(
    people: People, api: Api, team: TeamApi, inbox: Inbox, tables: Tables, way: str
) -> None:
    person = people.new()
    type_in(person)
    person.verify_phone()
    if way == "change":
        type_in(person, "+4915187654321")
    elif way == "deletion":
        team.delete(f"/users/{person.id}")
    else:
        team.patch(f"/users/{person.id}/verification/phone", {"phoneVerification": False})

    assert keys.phone(NUMBER).values[0] not in {item["pk"] for item in tables.items("users")}
    person.clock.advance(seconds=31)
    assert sign_in_by_phone(api, inbox).json["userId"] == "owner"


def test_number_from_the_team_stays_when_its_proof_is_taken_back(api: Api, team: TeamApi, inbox: Inbox) -> None:
    team.post("/users", {"userId": "ann", "phone": NUMBER})
    sign_in_by_phone(api, inbox)

    team.patch("/users/ann/verification/phone", {"phoneVerification": False})

    assert sign_in_by_phone(api, inbox, "x").json["userId"] == "ann"


def test_claims_of_an_older_version_count_where_the_number_was_proven(
    people: People, api: Api, inbox: Inbox, tables: Tables
) -> None:
    """They stood for typed numbers too."""
    proven, typed = people.new(), people.new()
    type_in(proven)
    proven.verify_phone()
    type_in(typed, "+4915187654321")
    tables.put({keys.phone(NUMBER): {"user_id": proven.id}, keys.phone("+4915187654321"): {"user_id": typed.id}})
    proven.clock.advance(seconds=31)

    assert sign_in_by_phone(api, inbox).json["userId"] == proven.id
    assert sign_in_by_phone(api, inbox, "other", "+4915187654321").json["userId"] == "other"
    assert tables.item(keys.phone("+4915187654321"))["user_id"] == "other"


# Numbers that were kept with their trunk prefix, before numbers had one form

KEPT, ONE_FORM = "+4407400123456", "+447400123456"


def keep_as_before(tables: Tables, user_id: str) -> None:
    """The user's number, which is his alone, as a version kept it that took either form."""
    tables.change(keys.user(user_id), phone=KEPT)
    tables.delete(keys.phone(ONE_FORM))
    tables.put({keys.phone(KEPT): {"user_id": user_id, "owned": True}})


@pytest.mark.parametrize("typed", [KEPT, ONE_FORM, "+44 (0) 7400 123456"])
def test_number_of_before_signs_in_to_its_account(
    people: People, api: Api, inbox: Inbox, tables: Tables, typed: str
) -> None:
    person = people.new()
    type_in(person, ONE_FORM)
    person.verify_phone()
    keep_as_before(tables, person.id)
    person.clock.advance(seconds=31)

    assert sign_in_by_phone(api, inbox, "x", typed).json["userId"] == person.id


def test_number_of_before_that_the_team_had_set_is_proven_by_signing_in(
    api: Api, team: TeamApi, inbox: Inbox, tables: Tables
) -> None:
    team.post("/users", {"userId": "ann", "phone": ONE_FORM})
    keep_as_before(tables, "ann")

    assert sign_in_by_phone(api, inbox, "x", ONE_FORM).json["userId"] == "ann"
    assert team.get("/users/ann").json["phoneVerification"] is True


def test_number_of_before_is_nobody_elses(people: People, team: TeamApi, inbox: Inbox, tables: Tables) -> None:
    owner, typed_before, typed_now = people.new(), people.new(), people.new()
    type_in(typed_before, ONE_FORM)
    tables.change(keys.user(typed_before.id), phone=KEPT)
    type_in(owner, ONE_FORM)
    owner.verify_phone()
    keep_as_before(tables, owner.id)

    assert_refused(type_in(typed_now, ONE_FORM), *TAKEN)
    assert_refused(typed_before.post("/account/verifications/phone"), *TAKEN)
    assert_refused(team.post("/users", {"userId": "ann", "phone": ONE_FORM}), 409, "user_already_exists")


def test_number_of_before_is_not_proven_beside_its_one_form(people: People, tables: Tables) -> None:
    owner, typed_before = people.new(), people.new()
    type_in(typed_before, ONE_FORM)
    tables.change(keys.user(typed_before.id), phone=KEPT)
    type_in(owner, ONE_FORM)
    owner.verify_phone()
    typed_before.clock.advance(seconds=31)

    assert_refused(typed_before.post("/account/verifications/phone"), *TAKEN)


def test_blocked_owner_of_a_number_of_before_gets_no_text(
    api: Api, team: TeamApi, inbox: Inbox, tables: Tables
) -> None:
    team.post("/users", {"userId": "ann", "phone": ONE_FORM})
    keep_as_before(tables, "ann")
    team.patch("/users/ann/status", {"status": False})

    assert api.post("/account/tokens/phone", {"userId": "x", "phone": ONE_FORM}).status == 201
    assert inbox.messages() == []


def test_number_of_before_has_its_texts_in_the_budget_of_the_one_form(
    people: People, api: Api, inbox: Inbox, tables: Tables, clock: Clock
) -> None:
    person = people.new()
    type_in(person, ONE_FORM)
    person.verify_phone()
    assert person.switch_mfa(True).status == 200
    keep_as_before(tables, person.id)

    for _ in range(5):
        clock.advance(seconds=31)
        challenge = person.challenge("phone")
    assert [message.to for message in inbox.messages()][:5] == [ONE_FORM] * 5
    assert person.answer(challenge, inbox.messages(ONE_FORM)[0].code).status == 200
    counted = [item for item in tables.items("limits") if "number:" in str(item)]
    assert {keys.hashed(KEPT) in str(item) for item in counted} == {False}


# A change of number of somebody who signs in by it alone


@pytest.fixture
def by_sms(api: Api, inbox: Inbox, clock: Clock) -> Person:
    session = sign_in_by_phone(api, inbox, "ann")
    return Person(api, inbox, clock, "ann", "", phone=NUMBER, session=session_value(session))


def test_old_number_signs_in_until_the_new_one_is_proven(by_sms: Person, api: Api, inbox: Inbox) -> None:
    """A mistyped number is not the loss of the account."""
    assert type_in(by_sms, OTHER).status == 200
    by_sms.clock.advance(minutes=1)
    assert sign_in_by_phone(api, inbox, "x").json["userId"] == "ann"
    assert sign_in_by_phone(api, inbox, "stranger", OTHER).json["userId"] == "stranger"

    by_sms.session = session_value(sign_in_by_phone(api, inbox, "y"))
    assert number_of(by_sms) == (NUMBER, True), "it is somebody else's, and taken off"
    assert by_sms.get("/account").json["targets"][0]["identifier"] == NUMBER


def test_old_number_is_free_once_the_new_one_is_proven(by_sms: Person, api: Api, inbox: Inbox, tables: Tables) -> None:
    assert type_in(by_sms, OTHER).status == 200
    by_sms.clock.advance(minutes=1)
    by_sms.verify_phone()

    assert number_of(by_sms) == (OTHER, True)
    assert claims(tables) == {OTHER: "ann"}
    by_sms.clock.advance(minutes=1)
    assert sign_in_by_phone(api, inbox, "new").json["userId"] == "new"
    assert sign_in_by_phone(api, inbox, "x", OTHER).json["userId"] == "ann"


def test_back_to_the_old_number(by_sms: Person, api: Api, inbox: Inbox, tables: Tables) -> None:
    for number in (OTHER, "+4915155555555", NUMBER):
        assert type_in(by_sms, number).status == 200

    assert number_of(by_sms) == (NUMBER, False)
    assert claims(tables) == {NUMBER: "ann"}
    by_sms.clock.advance(minutes=1)
    by_sms.session = session_value(sign_in_by_phone(api, inbox, "x"))
    assert number_of(by_sms) == (NUMBER, True)


def test_thief_who_types_his_number_gets_only_what_he_proves(by_sms: Person, people: People) -> None:
    """The number of before is the user's until then, and is not taken off him with what he typed."""
    other = people.new()
    assert type_in(by_sms, OTHER).status == 200
    other.set_phone(OTHER)
    other.verify_phone()

    by_sms.clock.advance(minutes=1)
    assert sign_in_by_phone(by_sms.api, by_sms.inbox, "x").json["userId"] == "ann"


def test_whoever_has_another_way_in_keeps_no_old_number(people: People, api: Api, inbox: Inbox, tables: Tables) -> None:
    person = people.new(phone_verified=True)
    old = person.phone
    assert type_in(person, OTHER).status == 200

    assert claims(tables) == {}
    person.clock.advance(minutes=1)
    assert sign_in_by_phone(api, inbox, "new", old).json["userId"] == "new"


def test_deleted_user_leaves_no_claim(by_sms: Person, team: TeamApi, tables: Tables) -> None:
    assert type_in(by_sms, OTHER).status == 200
    assert team.delete("/users/ann").status == 204

    assert claims(tables) == {}


def claims(tables: Tables) -> dict[str, str]:
    items = [item for item in tables.items("users") if item["pk"].startswith("phone#")]
    return {item["pk"].partition("#")[2]: item["user_id"] for item in items}


def test_strangers_who_change_all_the_time_do_not_hold_a_proof_up(
    people: People, api: Api, inbox: Inbox, tables: Tables
) -> None:
    """They typed the number; their records are no part of the owner's transaction."""
    stranger = people.new()
    type_in(stranger)
    owner = people.new()
    type_in(owner)
    assert owner.post("/account/verifications/phone").status == 201

    def clash() -> None:
        raise ClientError(response, "TransactWriteItems")  # type: ignore[arg-type]

    response = {
        "Error": {"Code": "TransactionCanceledException"},
        "CancellationReasons": [{"Code": "TransactionConflict"}],
    }
    body = {"userId": owner.id, "secret": owner.texted_code()}
    with meanwhile(clash, times=inf, of=f"user#{stranger.id}"):
        assert api.put("/account/verifications/phone", body).status == 200

    assert number_of(owner) == (NUMBER, True)
    assert number_of(stranger) == (NUMBER, False), "he goes on showing it"


def test_old_number_hears_of_the_change_and_of_the_proof(
    by_sms: Person, inbox: Inbox, run_jobs: Callable[[], int]
) -> None:
    """It is all that a thief with the session has to silence."""
    assert type_in(by_sms, OTHER).status == 200
    by_sms.clock.advance(minutes=1)
    by_sms.verify_phone()
    run_jobs()

    texts = [message.text for message in inbox.messages(NUMBER)]
    assert [text.split(",")[0] for text in texts[:2]] == ["Demo: Phone number verified", "Demo: Phone number changed"]


@pytest.mark.parametrize("change", [False, True], ids=["signed up with", "changed to"])
def test_number_whose_proof_the_team_takes_back_signs_in_where_it_is_the_only_way(
    by_sms: Person, api: Api, team: TeamApi, inbox: Inbox, tables: Tables, change: bool
) -> None:
    number = OTHER if change else NUMBER
    if change:
        assert type_in(by_sms, OTHER).status == 200
        assert team.patch("/users/ann/verification/phone", {"phoneVerification": True}).status == 200

    assert team.patch("/users/ann/verification/phone", {"phoneVerification": False}).status == 200

    assert (claims(tables), number_of_user(team)) == ({number: "ann"}, (number, False))
    by_sms.clock.advance(minutes=1)
    assert sign_in_by_phone(api, inbox, "x", number).json["userId"] == "ann"
    assert number_of_user(team) == (number, True)


def number_of_user(team: TeamApi) -> tuple[str, bool]:
    user = team.get("/users/ann").json
    return user["phone"], user["phoneVerification"]
