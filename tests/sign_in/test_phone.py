"""Sign-in by a code in a text message: /account/tokens/phone, PUT /account/sessions/phone, /account/sessions/token."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest

from infra.local.inbox import Inbox
from tests.support.api import Answer, Api, TeamApi, assert_refused, session_value
from tests.support.clock import Clock
from tests.support.inputs import full_width
from tests.support.person import NUMBER, PASSWORD, People, Person
from tests.support.sign_in import BY_PHONE as PHONE
from tests.support.sign_in import BY_TOKEN as TOKEN
from tests.support.sign_in import ask_for_code, try_code

ENDPOINTS = pytest.mark.parametrize("endpoint", [TOKEN, PHONE])


def ask(api: Api, number: Any = NUMBER, user_id: Any = "ada", **options: Any) -> Answer:
    return ask_for_code(api, number, user_id, **options)


def sign_in(api: Api, secret: Any, user_id: Any = "ada", endpoint: tuple[str, str] = TOKEN, **options: Any) -> Answer:
    return try_code(api, secret, user_id, endpoint, **options)


def wrapped(user_id: str, code: Any) -> str:
    """A code in the form of cookies, as API keys get it."""
    return b64encode(json.dumps({"id": user_id, "secret": code}).encode()).decode()


def texted(inbox: Inbox, number: str = NUMBER) -> str:
    return inbox.messages(number)[0].code


@pytest.fixture
def code(api: Api, inbox: Inbox) -> str:
    """The code that went to NUMBER, to be answered for as `ada`."""
    assert ask(api).status == 201
    return texted(inbox)


@ENDPOINTS
def test_code_signs_in_and_proves_the_number(api: Api, code: str, endpoint: tuple[str, str]) -> None:
    answer = sign_in(api, code, endpoint=endpoint)

    session = answer.json
    assert (session["provider"], session["providerUid"], session["factors"]) == ("phone", "", ["phone"])
    assert (session["current"], session["secret"], session["userId"]) == (True, "", "ada")
    account = api.get("/account", session=session_value(answer)).json
    assert (account["$id"], account["phoneVerification"]) == ("ada", True)


@ENDPOINTS
def test_code_works_once(api: Api, code: str, endpoint: tuple[str, str]) -> None:
    assert sign_in(api, code, endpoint=endpoint).status == 201

    for again in (TOKEN, PHONE):
        assert_refused(sign_in(api, code, endpoint=again), 401, "user_invalid_token")


def test_code_lives_ten_minutes(api: Api, code: str, clock: Clock) -> None:
    clock.advance(minutes=10)

    assert_refused(sign_in(api, code), 401, "user_invalid_token")


def test_five_wrong_answers_end_a_code_over_all_paths_and_forms(api: Api, code: str, team: TeamApi) -> None:
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    inside = wrapped("ada", wrong)
    for secret, endpoint in ((wrong, TOKEN), (wrong, PHONE), (inside, TOKEN), (inside, PHONE), ("x", TOKEN)):
        assert_refused(sign_in(team, secret, endpoint=endpoint), 401, "user_invalid_token")

    assert_refused(sign_in(api, code), 401, "user_invalid_token")


def test_other_spellings_of_the_code_are_wrong(team: TeamApi, clock: Clock, inbox: Inbox) -> None:
    for before, after in (("-", ""), ("", "-"), ("+", ""), ("0", ""), ("", "_")):
        clock.advance(seconds=30)
        ask(team)
        code = texted(inbox)
        assert_refused(sign_in(team, f"{before}{code}{after}"), 401, "user_invalid_token")
        assert_refused(sign_in(team, full_width(code)), 401, "user_invalid_token")


def test_odd_content_in_the_form_of_cookies_is_wrong(team: TeamApi, clock: Clock, inbox: Inbox) -> None:
    contents: list[Any] = ["\ud800", "\0", "", "x" * 50, ["1"], 123456, None]
    for inside in contents:
        clock.advance(seconds=30)
        ask(team)
        assert_refused(sign_in(team, wrapped("ada", inside)), 401, "user_invalid_token")

    assert sign_in(team, texted(inbox)).status == 201


def test_code_belongs_to_the_id_that_it_was_sent_for(api: Api, people: People, code: str) -> None:
    person = people.new(phone_verified=True)
    person.clock.advance(seconds=31)
    ask(api, person.phone, "bob")
    theirs = wrapped("bob", person.texted_code())

    for user_id, secret in (("bob", code), ("ada", theirs), ("ada", wrapped("bob", code)), (person.id, theirs)):
        assert_refused(sign_in(api, secret, user_id), 401, "user_invalid_token")
    assert sign_in(api, theirs, "bob").json["userId"] == person.id
    assert sign_in(api, wrapped("ada", code)).json["userId"] == "ada"


@ENDPOINTS
def test_unknown_user_looks_like_a_wrong_code(api: Api, code: str, endpoint: tuple[str, str]) -> None:
    for user_id in ("nobody", "unique()"):
        assert_refused(sign_in(api, code, user_id, endpoint), 401, "user_invalid_token")


def test_codes_of_other_purposes_sign_nobody_in(api: Api, person: Person) -> None:
    person.verify_phone()
    challenge = person.challenge("phone")
    mfa_code = person.texted_code()
    assert_refused(sign_in(api, mfa_code, person.id), 401, "user_invalid_token")
    asked = ask(api, person.phone).json["userId"]
    proof = {"userId": person.id, "secret": person.texted_code()}
    assert_refused(sign_in(api, mfa_code, asked), 401, "user_invalid_token")

    assert_refused(api.put("/account/verifications/phone", proof), 401, "user_invalid_token")
    assert_refused(person.answer(challenge, proof["secret"]), 401, "user_invalid_token")


def test_code_for_the_old_number_does_not_open_its_account(api: Api, people: People) -> None:
    person = people.new(phone_verified=True)
    person.clock.advance(seconds=31)
    ask(api, person.phone)
    code = person.texted_code()
    person.set_phone()

    assert sign_in(api, code).json["userId"] == "ada"


def test_second_factor_is_still_asked_for(api: Api, people: People) -> None:
    person = people.new(phone_verified=True, authenticator=True, mfa=True)
    person.clock.advance(seconds=31)
    ask(api, person.phone)
    person.session = session_value(sign_in(api, person.texted_code()))

    assert_refused(person.get("/account"), 401, "user_more_factors_required")
    person.pass_challenge("totp")
    assert person.get("/account").json["$id"] == person.id


@ENDPOINTS
def test_signed_in_user_does_not_sign_in(person: Person, code: str, endpoint: tuple[str, str]) -> None:
    refused = sign_in(person.api, code, endpoint=endpoint, session=person.session)

    assert_refused(refused, 401, "user_session_already_exists")
    assert sign_in(person.api, code, endpoint=endpoint).status == 201


def test_endpoints_share_their_limit(api: Api, code: str) -> None:
    left = [sign_in(api, "x", "ada", (TOKEN, PHONE)[turn % 2]).header("X-RateLimit-Remaining") for turn in range(10)]

    assert left == [str(each) for each in range(9, -1, -1)]
    assert_refused(sign_in(api, code, endpoint=PHONE), 429, "general_rate_limit_exceeded")
    assert sign_in(api, "x", "bob").status == 401


def test_phone_user_gets_address_and_password_later(api: Api, code: str) -> None:
    session = session_value(sign_in(api, code))

    answer = api.patch("/account/email", {"email": "ada@example.test", "password": PASSWORD}, session=session)

    assert answer.status == 200
    assert api.post("/account/sessions/email", {"email": "ada@example.test", "password": PASSWORD}).status == 201
