"""Sign-in codes by SMS: how many wrong ones are judged, and what the request for one tells: nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.runtime import aws, container, settings
from infra.local.inbox import Inbox
from tests.support.api import Answer, Api, TeamApi, assert_refused, at_once, outcomes
from tests.support.clock import Clock
from tests.support.person import NUMBER, People
from tests.support.refusals import LIMITED
from tests.support.tables import Tables, switch_project

WRONG = (401, "user_invalid_token")


def ask(api: Api, user_id: str = "unique()", number: str = NUMBER) -> str:
    answer = api.post("/account/tokens/phone", {"userId": user_id, "phone": number})
    assert answer.status == 201, answer.text
    value = answer.json["userId"]
    assert isinstance(value, str)
    return value


def sign_in(api: Api, user_id: str, code: str) -> Answer:
    return api.post("/account/sessions/token", {"userId": user_id, "secret": code})


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


@contextmanager
def plenty_of_texts() -> Iterator[None]:
    """More than the budgets of messages let through, so that the budget of guesses is what refuses."""
    with container.override("config", replace(settings.config(), sms_per_number=1000, sms_per_user=1000)):
        yield


def guess(api: Api, clock: Clock, inbox: Inbox, times: int) -> list[Answer]:
    """Wrong answers, four to each code, from an address of its own each time."""
    answers = []
    for number in range(times):
        if number % 4 == 0:
            clock.advance(seconds=31)
            user_id = ask(api.at(f"127.0.{number // 250}.{number % 250 + 1}"))
        somewhere = api.at(f"127.1.{number // 250}.{number % 250 + 1}")
        answers.append(sign_in(somewhere, user_id, wrong(inbox.messages(NUMBER)[0].code)))
    return answers


@pytest.mark.parametrize("owned", [True, False])
def test_ten_wrong_codes_an_hour_for_a_number_and_the_right_one_is_refused_beyond(
    api: Api, people: People, clock: Clock, inbox: Inbox, owned: bool
) -> None:
    if owned:
        person = people.new()
        person.set_phone(NUMBER)
        person.verify_phone()
    with plenty_of_texts():
        assert outcomes(guess(api, clock, inbox, 10)) == {"user_invalid_token": 10}
        clock.advance(seconds=31)
        user_id = ask(api.at("127.3.0.1"))

        refused = sign_in(api.at("127.3.0.2"), user_id, inbox.messages(NUMBER)[0].code)

        assert_refused(refused, *LIMITED)
        assert 0 < int(refused.header("Retry-After") or 0) <= 3600
        clock.advance(minutes=61)
        user_id = ask(api.at("127.3.0.3"))
        assert sign_in(api.at("127.3.0.4"), user_id, inbox.messages(NUMBER)[0].code).status == 201


def test_fifty_wrong_codes_a_day(api: Api, clock: Clock, inbox: Inbox) -> None:
    with plenty_of_texts():
        for _ in range(5):
            assert outcomes(guess(api, clock, inbox, 10)) == {"user_invalid_token": 10}
            clock.advance(minutes=61)
        user_id = ask(api.at("127.3.0.1"))

        refused = sign_in(api, user_id, inbox.messages(NUMBER)[0].code)

        assert_refused(refused, *LIMITED)
        assert int(refused.header("Retry-After") or 0) > 3600


def test_key_does_not_lift_the_budget(team: TeamApi, clock: Clock, inbox: Inbox) -> None:
    with plenty_of_texts():
        guess(team, clock, inbox, 10)
        clock.advance(seconds=31)

        assert_refused(sign_in(team, ask(team), inbox.messages(NUMBER)[0].code), *LIMITED)


def test_wrong_codes_are_in_the_owners_log(
    api: Api, people: People, clock: Clock, inbox: Inbox, tables: Tables
) -> None:
    person = people.new()
    person.set_phone(NUMBER)
    person.verify_phone()
    guess(api, clock, inbox, 2)

    assert [event["event"] for event in person.get("/account/logs").json["logs"]][:3] == [
        "token.fail",
        "token.fail",
        "token.create",
    ]


@pytest.mark.race
def test_parallel_guesses_are_judged_no_more_often(api: Api, clock: Clock, inbox: Inbox) -> None:
    with plenty_of_texts():
        user_ids = []
        for number in range(4):
            user_ids.append(ask(api.at(f"127.2.0.{number + 1}")))
            clock.advance(seconds=31)
        codes = {message.code for message in inbox.messages(NUMBER)}
        other = next(f"{each:06d}" for each in range(10) if f"{each:06d}" not in codes)

        answers = at_once(40, lambda number: sign_in(api.at(f"127.4.0.{number + 1}"), user_ids[number % 4], other))

    told = outcomes(answers)
    assert told["user_invalid_token"] >= 10
    assert set(told) <= {"user_invalid_token", "general_rate_limit_exceeded", "general_service_unavailable"}
    assert told["general_rate_limit_exceeded"] > 0
    sent = [message.code for message in reversed(inbox.messages(NUMBER))]
    right = outcomes(
        [sign_in(api.at("127.5.0.1"), user_id, code) for user_id, code in zip(user_ids, sent, strict=True)]
    )
    assert right["general_rate_limit_exceeded"] >= 2, "ten wrong answers spend at most two codes, at five each"
    assert right.total() == right["general_rate_limit_exceeded"] + right["user_invalid_token"]


@pytest.mark.race
def test_one_code_opens_one_session(api: Api, inbox: Inbox, tables: Tables) -> None:
    user_id = ask(api, "ada")
    code = inbox.messages(NUMBER)[0].code

    answers = at_once(16, lambda number: sign_in(api.at(f"127.4.0.{number + 1}"), user_id, code))

    assert outcomes(answers)["success"] == 1
    assert len(tables.items("sessions")) == 1
    assert [item["id"] for item in tables.items("users") if "phone" in item] == ["ada"]


# What the request for a code tells


class Watching:
    """An AWS client that notes each call: its operation, and how many items of which tables it names."""

    def __init__(self, client: Any, calls: list[Any]) -> None:
        self._client, self._calls = client, calls

    def __getattr__(self, operation: str) -> Any:
        def call(**parameters: Any) -> Any:
            asked = parameters.get("RequestItems", {})
            written = [next(iter(item.items())) for item in parameters.get("TransactItems", [])]
            self._calls.append(
                (
                    operation,
                    sorted((table, len(keys["Keys"])) for table, keys in asked.items()),
                    sorted((kind, write["TableName"]) for kind, write in written),
                )
            )
            return getattr(self._client, operation)(**parameters)

        return call


def observed(api: Api, user_id: str) -> tuple[tuple[Any, ...], list[Any]]:
    """What the answer shows, and what it took."""
    ask(api.at("127.9.0.1"), number=f"+4915187654{len(user_id):03d}")  # reads switches and keys, where they are due
    calls: list[Any] = []
    watched = {name: Watching(aws.client(name), calls) for name in ("dynamodb", "sns", "kms")}
    with (
        container.override("dynamodb", watched["dynamodb"]),
        container.override("sns", watched["sns"]),
        container.override("kms", watched["kms"]),
    ):
        answer = api.post("/account/tokens/phone", {"userId": user_id, "phone": NUMBER})
    shown = set(answer.json) if answer.status == 201 else answer.json["type"]
    named = [(key, value) for key, value in answer.headers if key not in ("Date", "Content-Length")]
    return (answer.status, answer.json.get("userId"), shown, named), [
        call for call in calls if "update_item" not in call
    ]


@pytest.mark.parametrize("user_id", ["somebody", "unique()", "taken"])
def test_known_and_unknown_number_are_told_and_cost_the_same(
    api: Api, people: People, team: TeamApi, clock: Clock, user_id: str
) -> None:
    team.post("/users", {"userId": "taken"})
    person = people.new(authenticator=True)  # whose secret warms the data key
    unknown, took_for_unknown = observed(api, user_id)
    clock.advance(minutes=61)
    person.set_phone(NUMBER)
    person.verify_phone()
    clock.advance(minutes=61)

    known, took_for_known = observed(api, user_id)

    (status, told_id, fields, headers), (status_2, told_id_2, fields_2, headers_2) = unknown, known
    assert (status, fields) == (status_2, fields_2) == (201, fields)
    if user_id == "somebody":
        assert told_id == told_id_2 == "somebody"
    else:
        assert len(told_id) == len(told_id_2) == 20
        assert person.id not in (told_id, told_id_2)
    assert [name for name, _ in headers] == [name for name, _ in headers_2]
    assert took_for_known == took_for_unknown


def test_cooldown_is_the_numbers_whoever_asks_and_whether_or_not_it_is_known(
    api: Api, people: People, clock: Clock
) -> None:
    person = people.new()
    person.set_phone("+4915187654321")
    person.verify_phone()
    clock.advance(seconds=31)
    for number in (NUMBER, person.phone):
        ask(api, number=number)
        body = {"userId": "another", "phone": number}
        refused = api.at("127.0.0.9").post("/account/tokens/phone", body)
        assert_refused(refused, *LIMITED)
        assert refused.header("Retry-After") == "30"


@pytest.mark.parametrize("path", ["/account/sessions/token", "/account/sessions/phone"])
def test_code_opens_nothing_once_the_method_is_switched_off(
    api: Api, inbox: Inbox, tables: Tables, clock: Clock, path: str
) -> None:
    asked = api.post("/account/tokens/phone", {"userId": "ann", "phone": NUMBER}).json["userId"]
    body = {"userId": asked, "secret": inbox.messages(NUMBER)[0].code}
    switch_project(tables, clock, methods={"phone": False})

    refused = api.put(path, body) if path.endswith("phone") else api.post(path, body)

    assert_refused(refused, 501, "user_auth_method_unsupported")
