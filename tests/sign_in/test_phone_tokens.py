"""POST /account/tokens/phone: a sign-in code by text message, whether or not the number has an account."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from typing import Any

import pytest

from chalicelib.runtime import aws, container
from infra.local.inbox import Inbox
from tests.support.api import Answer, Api, TeamApi, assert_refused
from tests.support.clock import Clock
from tests.support.faults import Faulty, refusal_of_aws
from tests.support.inputs import full_width
from tests.support.person import NUMBER, People, Person
from tests.support.sign_in import BY_PHONE as PHONE
from tests.support.sign_in import BY_TOKEN as TOKEN
from tests.support.sign_in import ask_for_code, try_code
from tests.support.tables import Tables

ENDPOINTS = pytest.mark.parametrize("endpoint", [TOKEN, PHONE])


def ask(api: Api, number: Any = NUMBER, user_id: Any = "ada", **options: Any) -> Answer:
    return ask_for_code(api, number, user_id, **options)


def sign_in(api: Api, secret: Any, user_id: Any = "ada", endpoint: tuple[str, str] = TOKEN, **options: Any) -> Answer:
    return try_code(api, secret, user_id, endpoint, **options)


def texted(inbox: Inbox, number: str = NUMBER) -> str:
    return inbox.messages(number)[0].code


@pytest.fixture
def code(api: Api, inbox: Inbox) -> str:
    """The code that went to NUMBER, which is the new user `ada`'s."""
    assert ask(api).status == 201
    return texted(inbox)


@pytest.mark.parametrize("path", ["/account/tokens/phone", "/account/sessions/phone"])
def test_unknown_number_has_an_account_once_it_is_proven(api: Api, inbox: Inbox, team: TeamApi, path: str) -> None:
    answer = api.post(path, {"userId": "ada", "phone": NUMBER})

    assert answer.status == 201
    assert set(answer.json) == {"$id", "$createdAt", "userId", "secret", "expire", "phrase"}
    assert (answer.json["userId"], answer.json["secret"], answer.json["phrase"]) == ("ada", "", "")
    (message,) = inbox.messages(NUMBER)
    assert re.fullmatch("[0-9]{6}", message.code, re.ASCII)
    assert message.text.startswith(message.code)
    assert_refused(team.get("/users/ada"), 404, "user_not_found")
    assert sign_in(api, message.code).json["userId"] == "ada"
    user = team.get("/users/ada").json
    assert (user["phone"], user["phoneVerification"], user["password"], user["email"]) == (NUMBER, True, None, "")
    assert [target["identifier"] for target in user["targets"]] == [NUMBER]


def test_known_number_is_its_owners_whatever_id_is_sent(api: Api, people: People, inbox: Inbox, team: TeamApi) -> None:
    person = people.new()
    person.set_phone(NUMBER)
    person.verify_phone()

    answer = ask(api, user_id="somebody-else")

    assert (answer.status, answer.json["userId"]) == (201, "somebody-else")
    assert sign_in(api, texted(inbox), "somebody-else").json["userId"] == person.id
    assert_refused(team.get("/users/somebody-else"), 404, "user_not_found")


def test_server_chooses_the_id(api: Api, inbox: Inbox) -> None:
    user_id = ask(api, user_id="unique()").json["userId"]

    assert re.fullmatch("[0-9a-f]{20}", user_id)
    assert sign_in(api, texted(inbox), user_id).status == 201


def test_id_of_somebody_else_is_not_the_one_to_answer_for(api: Api, person: Person, inbox: Inbox) -> None:
    chosen = ask(api, user_id=person.id).json["userId"]

    assert re.fullmatch("[0-9a-f]{20}", chosen)
    assert_refused(sign_in(api, texted(inbox), person.id), 401, "user_invalid_token")
    assert sign_in(api, texted(inbox), chosen).json["userId"] == chosen


def test_id_of_an_open_code_cannot_be_taken_by_another_number(api: Api, code: str, inbox: Inbox, clock: Clock) -> None:
    clock.advance(minutes=1)
    other = ask(api, "+4915198765432").json["userId"]

    assert other != "ada"
    assert sign_in(api, code).json["userId"] == "ada"
    assert sign_in(api, texted(inbox, "+4915198765432"), other).json["userId"] == other


def test_id_that_somebody_takes_meanwhile_is_not_the_new_accounts(api: Api, code: str, team: TeamApi) -> None:
    team.post("/users", {"userId": "ada", "name": "Ada"})

    made = sign_in(api, code).json["userId"]

    assert made != "ada"
    assert (team.get("/users/ada").json["phone"], team.get(f"/users/{made}").json["phone"]) == ("", NUMBER)


def test_key_gets_the_code_in_the_form_of_cookies(team: TeamApi, inbox: Inbox, api: Api) -> None:
    secret = ask(team).json["secret"]

    assert json.loads(b64decode(secret)) == {"id": "ada", "secret": texted(inbox)}
    assert sign_in(api, secret).status == 201


@pytest.mark.parametrize("locale", ["de", "de-CH"])
def test_text_is_in_the_readers_language(api: Api, inbox: Inbox, locale: str) -> None:
    ask(api, headers={"X-Appwrite-Locale": locale})

    assert "Bestätigungscode" in inbox.messages(NUMBER)[0].text


def test_second_text_waits_for_the_cooldown(api: Api, code: str, clock: Clock, inbox: Inbox) -> None:
    refused = ask(api)
    assert_refused(refused, 429, "general_rate_limit_exceeded")
    assert refused.header("Retry-After") == "30"
    assert len(inbox.messages(NUMBER)) == 1
    clock.advance(seconds=30)

    assert ask(api).status == 201

    assert texted(inbox) != code
    assert_refused(sign_in(api, code), 401, "user_invalid_token")
    assert sign_in(api, texted(inbox)).status == 201


def test_failing_text_leaves_no_user_and_no_claim(api: Api, inbox: Inbox, tables: Tables) -> None:
    with container.override("sns", Faulty(refusal_of_aws("InternalError"))):
        assert_refused(ask(api), 503, "general_phone_disabled")

    assert (tables.items("users"), tables.items("challenges"), tables.items("events")) == ([], [], [])
    assert ask(api).status == 201


def test_failing_text_leaves_the_code_before_and_no_cooldown(api: Api, clock: Clock, tables: Tables, code: str) -> None:
    clock.advance(minutes=1)
    before = tables.items("challenges")
    with container.override("sns", Faulty(refusal_of_aws("InternalError"))):
        assert_refused(ask(api), 503, "general_phone_disabled")

    assert tables.items("challenges") == before
    assert sign_in(api, code).status == 201
    assert ask(api, user_id="unique()").status == 201


BAD: dict[str, list[Any]] = {
    "phone": [
        None,
        "",
        "4915112345678",
        "+0",
        "+49 151/1234",
        "+49 00 151 1234",
        "+999123456789",
        full_width("49151123456"),
        49,
        [NUMBER],
    ],
    "userId": [None, "", "-a", "a" * 37, "a#b", 1, []],
}


@pytest.mark.parametrize("name", BAD)
def test_bad_value_sends_nothing_and_makes_nobody(team: TeamApi, tables: Tables, inbox: Inbox, name: str) -> None:
    for value in BAD[name]:
        answer = team.post("/account/tokens/phone", {"userId": "ada", "phone": NUMBER, name: value})
        assert_refused(answer, 400, "general_argument_invalid")

    assert (tables.items("users"), inbox.messages()) == ([], [])


def test_one_number_gets_five_codes_an_hour(api: Api, clock: Clock) -> None:
    """By whatever clients."""
    for client in range(1, 6):
        assert ask(api.at(f"127.0.6.{client}")).status == 201
        clock.advance(seconds=31)

    refused = ask(api)
    assert_refused(refused, 429, "general_rate_limit_exceeded")
    assert 3000 < int(refused.header("Retry-After") or 0) <= 3600


def test_client_who_only_asks_uses_up_nothing_of_the_number(api: Api, clock: Clock) -> None:
    """Nine of its ten requests are within the cooldown."""
    assert [ask(api).status for _ in range(11)] == [201, *[429] * 10]
    clock.advance(seconds=31)

    assert ask(api.at("127.0.6.1")).status == 201


@pytest.mark.parametrize("path", ["/account/tokens/phone", "/account/sessions/phone"])
def test_one_client_asks_for_three_codes_of_a_number_and_leaves_the_rest(api: Api, clock: Clock, path: str) -> None:
    def asked(client: Api, number: str = NUMBER) -> Answer:
        clock.advance(seconds=31)
        return client.post(path, {"userId": "unique()", "phone": number})

    assert [asked(api).status for _ in range(3)] == [201] * 3
    refused = asked(api)
    assert_refused(refused, 429, "general_rate_limit_exceeded")
    assert 60 < int(refused.header("Retry-After") or 0) <= 3600, "not the cooldown"

    assert asked(api, "+4915198765432").status == 201
    assert [asked(api.at("127.0.0.2")).status for _ in range(2)] == [201] * 2, "all that a number gets in an hour"
    clock.advance(minutes=60)
    assert asked(api).status == 201


def test_code_that_the_cooldown_refuses_is_none_of_the_three(api: Api, clock: Clock) -> None:
    for _ in range(3):
        assert ask(api).status == 201
        assert_refused(ask(api), 429, "general_rate_limit_exceeded")
        clock.advance(seconds=31)


def test_server_asks_for_all_that_a_number_gets(team: TeamApi, clock: Clock) -> None:
    for _ in range(5):
        assert team.post("/account/tokens/phone", {"userId": "unique()", "phone": NUMBER}).status == 201
        clock.advance(seconds=31)


def test_one_address_asks_for_ten_numbers_an_hour(api: Api) -> None:
    answers = [ask(api, f"+491511234567{last}", "unique()") for last in range(10)]

    assert [answer.status for answer in answers] == [201] * 10
    assert_refused(ask(api, "+4915123456780", "unique()"), 429, "general_rate_limit_exceeded")
    assert ask(api.at("127.0.0.2"), "+4915123456780", "unique()").status == 201


def test_number_that_somebody_else_gets_meanwhile_is_theirs(api: Api, code: str, team: TeamApi) -> None:
    class Raced:
        """The team gives the number to somebody between our look and our claim."""

        raced = False

        def __getattr__(self, operation: str) -> Any:
            if operation == "transact_write_items" and not Raced.raced:
                Raced.raced = True
                assert team.post("/users", {"userId": "first", "phone": NUMBER}).status == 201
            return getattr(real, operation)

    real = aws.client("dynamodb")
    with container.override("dynamodb", Raced()):
        answer = sign_in(api, code)

    assert (answer.status, answer.json["userId"]) == (201, "first")
    assert_refused(team.get("/users/ada"), 404, "user_not_found")
