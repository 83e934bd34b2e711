"""Sign-in by mail: how many mails a mailbox gets, how many wrong codes are judged, and that requests tell nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.runtime import aws, container, settings
from infra.local.inbox import Inbox
from tests.sign_in.test_phone_codes import Watching, wrong
from tests.support.api import Answer, Api, TeamApi, assert_refused, at_once, outcomes
from tests.support.clock import Clock
from tests.support.faults import meanwhile
from tests.support.person import PASSWORD, People
from tests.support.refusals import LIMITED
from tests.support.sign_in import ADDRESS, MAILS, ask_for_mail, mailed_token, try_code, try_password

METHODS = pytest.mark.parametrize("method", MAILS)
MAILBOX = "ada@gmail.com"
SPELLINGS = ["ada@gmail.com", "a.d.a@gmail.com", "ada+news@gmail.com", "ADA@googlemail.com"]


def ask(api: Api, method: str = "email-otp", email: str = ADDRESS) -> str:
    answer = ask_for_mail(api, method, email)
    assert answer.status == 201, answer.text
    value = answer.json["userId"]
    assert isinstance(value, str)
    return value


def device_of(api: Api, email: str) -> str:
    """The cookies of a browser on which somebody has signed in with a password."""
    signed_in = api.post("/account/sessions/email", {"email": email, "password": PASSWORD})
    return "; ".join(value.partition(";")[0] for value in signed_in.all("Set-Cookie") if "a_device" in value)


# Mails


@METHODS
def test_mailbox_gets_ten_mails_an_hour_however_it_is_spelled(api: Api, clock: Clock, method: str) -> None:
    for number in range(10):
        ask(api.at(f"127.0.6.{number + 1}"), method, SPELLINGS[number % 4])
        clock.advance(seconds=31)

    refused = ask_for_mail(api.at("127.0.6.11"), method, MAILBOX)
    assert_refused(refused, *LIMITED)
    assert 60 < int(refused.header("Retry-After") or 0) <= 3600
    clock.advance(minutes=60)
    assert ask_for_mail(api, method, MAILBOX).status == 201


def test_codes_and_links_are_counted_together(api: Api, clock: Clock) -> None:
    for number in range(5):
        for method in MAILS:
            ask(api.at(f"127.0.6.{number + 1}"), method)
        clock.advance(seconds=31)

    for method in MAILS:
        assert_refused(ask_for_mail(api.at("127.0.6.7"), method), *LIMITED)


@METHODS
def test_one_client_asks_for_three_and_leaves_the_rest(api: Api, clock: Clock, method: str) -> None:
    def asked(client: Api, email: str = ADDRESS) -> int:
        clock.advance(seconds=31)
        return ask_for_mail(client, method, email).status

    assert [asked(api) for _ in range(4)] == [201, 201, 201, 429]
    assert asked(api, "bob@example.test") == 201
    assert [asked(api.at("127.0.0.2")) for _ in range(3)] == [201] * 3


@METHODS
def test_key_does_not_lift_what_protects_the_mailbox(team: TeamApi, clock: Clock, method: str) -> None:
    ask(team, method)
    assert_refused(ask_for_mail(team, method), *LIMITED)
    for _ in range(9):
        clock.advance(seconds=31)
        ask(team, method)
    clock.advance(seconds=31)

    assert_refused(ask_for_mail(team, method), *LIMITED)


@METHODS
def test_known_browser_is_not_shut_out_by_strangers(api: Api, people: People, clock: Clock, method: str) -> None:
    person = people.new(email_verified=True)
    cookies = device_of(api, person.email)
    for number in range(10):
        ask(api.at(f"127.0.6.{number + 1}"), method, person.email)
        clock.advance(seconds=31)
    assert_refused(ask_for_mail(api.at("127.0.7.1"), method, person.email), *LIMITED)

    assert ask_for_mail(api.at("127.0.7.1"), method, person.email, headers={"Cookie": cookies}).status == 201


@METHODS
def test_account_for_another_spelling_makes_no_browser_of_the_owners(
    api: Api, people: People, clock: Clock, method: str
) -> None:
    """Nobody has to prove an address to sign up with it, and so to be known by it."""
    owner = people.new(email=MAILBOX, email_verified=True)
    stranger = people.new(email=SPELLINGS[2])
    cookies = device_of(api, stranger.email)
    for number in range(10):
        asked = ask_for_mail(api.at(f"127.0.6.{number + 1}"), method, stranger.email, headers={"Cookie": cookies})
        assert asked.status == 201
        clock.advance(seconds=31)

    known = {"Cookie": device_of(api, owner.email)}
    assert ask_for_mail(api.at("127.0.7.1"), method, owner.email, headers=known).status == 201


@pytest.mark.parametrize(("method", "most"), [("email-otp", 10), ("magic-url", 60)])
def test_one_client_asks_so_often_an_hour(api: Api, method: str, most: int) -> None:
    answers = [ask_for_mail(api, method, f"person{number}@example.test").status for number in range(most)]

    assert answers == [201] * most
    assert_refused(ask_for_mail(api, method), *LIMITED)
    assert ask_for_mail(api.at("127.0.0.2"), method).status == 201


# Wrong codes


@contextmanager
def plenty_of_mails() -> Iterator[None]:
    """More than the budgets of mails let through, so that the budget of guesses is what refuses."""
    with container.override("config", replace(settings.config(), mails_per_mailbox=1000, mails_per_client=1000)):
        yield


def guess(api: Api, clock: Clock, inbox: Inbox, times: int, email: str = ADDRESS) -> list[Answer]:
    """Wrong answers, four to each code, from an address of its own each time."""
    answers = []
    for number in range(times):
        if number % 4 == 0:
            clock.advance(seconds=31)
            user_id = ask(api.at(f"127.0.{number // 250}.{number % 250 + 1}"), email=email)
        somewhere = api.at(f"127.1.{number // 250}.{number % 250 + 1}")
        answers.append(try_code(somewhere, wrong(mailed_token(inbox, email)), user_id))
    return answers


@pytest.mark.parametrize("owned", [True, False])
def test_ten_wrong_codes_an_hour_for_a_mailbox_and_the_right_one_is_refused_beyond(
    api: Api, people: People, clock: Clock, inbox: Inbox, owned: bool
) -> None:
    if owned:
        people.new(email=MAILBOX, email_verified=True)
    with plenty_of_mails():
        assert outcomes(guess(api, clock, inbox, 10, MAILBOX)) == {"user_invalid_token": 10}
        clock.advance(seconds=31)
        for spelling in (MAILBOX, "a.da+x@gmail.com"):
            user_id = ask(api.at("127.3.0.1"), email=spelling)
            refused = try_code(api.at("127.3.0.2"), mailed_token(inbox, spelling), user_id)
            assert_refused(refused, *LIMITED)
            assert 0 < int(refused.header("Retry-After") or 0) <= 3600
            clock.advance(seconds=31)
        clock.advance(minutes=61)
        user_id = ask(api.at("127.3.0.3"), email=MAILBOX)
        assert try_code(api.at("127.3.0.4"), mailed_token(inbox, MAILBOX), user_id).status == 201


def test_fifty_wrong_codes_a_day(api: Api, clock: Clock, inbox: Inbox) -> None:
    with plenty_of_mails():
        for _ in range(5):
            assert outcomes(guess(api, clock, inbox, 10)) == {"user_invalid_token": 10}
            clock.advance(minutes=61)
        user_id = ask(api.at("127.3.0.1"))

        refused = try_code(api, mailed_token(inbox), user_id)

        assert_refused(refused, *LIMITED)
        assert int(refused.header("Retry-After") or 0) > 3600


def test_key_does_not_lift_the_budget_of_wrong_codes(team: TeamApi, clock: Clock, inbox: Inbox) -> None:
    with plenty_of_mails():
        guess(team, clock, inbox, 10)
        clock.advance(seconds=31)
        user_id = ask(team)

        assert_refused(try_code(team, mailed_token(inbox), user_id), *LIMITED)


@pytest.mark.parametrize("known", [False, True], ids=["nobody's mailbox", "one that is not proven"])
def test_right_code_is_refused_when_the_budget_is_used_up_meanwhile(
    api: Api, people: People, clock: Clock, inbox: Inbox, known: bool
) -> None:
    """Nor does it prove the mailbox, which would take its account from whoever has that."""
    if known:
        people.new(email=ADDRESS)
    with plenty_of_mails():
        user_ids = []
        for number in range(3):
            user_ids.append(ask(api.at(f"127.2.0.{number + 1}")))
            code = mailed_token(inbox)
            clock.advance(seconds=31)
        guesses = [(api.at(f"127.4.0.{number + 1}"), user_ids[number % 2]) for number in range(10)]

        with meanwhile(lambda: [try_code(somewhere, "x", user_id) for somewhere, user_id in guesses]):
            answer = try_code(api, code, user_ids[2])

    assert_refused(answer, *LIMITED)
    assert try_password(api, ADDRESS).status == (201 if known else 401)


def test_link_opens_whatever_was_guessed_of_codes(api: Api, clock: Clock, inbox: Inbox) -> None:
    with plenty_of_mails():
        guess(api, clock, inbox, 10)
        user_id = ask(api.at("127.3.0.1"), "magic-url")

        assert try_code(api.at("127.3.0.2"), mailed_token(inbox), user_id).status == 201


def test_wrong_codes_are_in_the_owners_log(api: Api, people: People, clock: Clock, inbox: Inbox) -> None:
    person = people.new(email_verified=True)
    guess(api, clock, inbox, 2, person.email)

    logged = [event["event"] for event in person.get("/account/logs").json["logs"]]
    assert logged[:3] == ["token.fail", "token.fail", "token.create"]


@pytest.mark.race
def test_parallel_guesses_are_judged_no_more_often(api: Api, clock: Clock, inbox: Inbox) -> None:
    with plenty_of_mails():
        user_ids, sent = [], []
        for number in range(4):
            user_ids.append(ask(api.at(f"127.2.0.{number + 1}")))
            sent.append(mailed_token(inbox))
            clock.advance(seconds=31)
        other = next(f"{each:06d}" for each in range(10) if f"{each:06d}" not in sent)

        answers = at_once(40, lambda number: try_code(api.at(f"127.4.0.{number + 1}"), other, user_ids[number % 4]))

    told = outcomes(answers)
    assert told["user_invalid_token"] >= 10
    assert set(told) <= {"user_invalid_token", "general_rate_limit_exceeded", "general_service_unavailable"}
    assert told["general_rate_limit_exceeded"] > 0
    right = outcomes([try_code(api.at("127.5.0.1"), code, each) for each, code in zip(user_ids, sent, strict=True)])
    assert right["general_rate_limit_exceeded"] >= 2, "ten wrong answers spend at most two codes, at five each"
    assert right.total() == right["general_rate_limit_exceeded"] + right["user_invalid_token"]


# What the request for a mail, and a wrong answer, tell


def watched(request: Any) -> tuple[Answer, list[Any]]:
    """The answer, and what it took."""
    calls: list[Any] = []
    clients = {name: Watching(aws.client(name), calls) for name in ("dynamodb", "sesv2", "kms")}
    with (
        container.override("dynamodb", clients["dynamodb"]),
        container.override("sesv2", clients["sesv2"]),
        container.override("kms", clients["kms"]),
    ):
        answer = request()
    return answer, [call for call in calls if "update_item" not in call]


@METHODS
@pytest.mark.parametrize("state", ["verified", "unverified", "blocked"])
def test_known_and_unknown_mailbox_are_told_and_cost_the_same(
    api: Api, people: People, inbox: Inbox, method: str, state: str
) -> None:
    person = people.new(email_verified=state != "unverified")
    if state == "blocked":
        assert person.patch("/account/status").status == 200
    ask(api.at("127.9.0.1"), method, "warm@example.test")
    inbox.clear()

    known, took_for_known = watched(lambda: ask_for_mail(api, method, person.email, "one"))
    unknown, took_for_unknown = watched(lambda: ask_for_mail(api, method, ADDRESS, "other"))

    assert took_for_known == took_for_unknown
    assert (known.status, known.json["userId"]) == (201, "one")
    assert (unknown.status, unknown.json["userId"], set(unknown.json)) == (201, "other", set(known.json))
    assert [name for name, _ in known.headers] == [name for name, _ in unknown.headers]
    assert [len(inbox.messages(each)) for each in (person.email, ADDRESS)] == [1, 1], "always one mail"


def test_wrong_code_costs_the_same_for_a_known_and_an_unknown_mailbox(api: Api, people: People, inbox: Inbox) -> None:
    person = people.new(email_verified=True)

    def took(email: str) -> list[Any]:
        user_id = ask(api, email=email)
        return watched(lambda: try_code(api, wrong(mailed_token(inbox, email)), user_id))[1]

    assert took(person.email) == took(ADDRESS)
