"""Challenges that send a code: what arrives, the cooldown, sends that fail; and how many challenges there may be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from chalicelib.runtime import container
from chalicelib.runtime.settings import config
from tests.support.api import Answer, assert_refused
from tests.support.person import People, Person
from tests.support.tables import Tables

SENT = ["email", "phone"]
AWS = {"email": "sesv2", "phone": "sns"}


@pytest.fixture
def enrolled(people: People) -> Person:
    person = people.new(name="Ada", email_verified=True, phone_verified=True)
    person.inbox.clear()
    return person


def begin(person: Person, factor: str) -> Answer:
    return person.post("/account/mfa/challenges", {"factor": factor})


@contextmanager
def settings(**changes: Any) -> Iterator[None]:
    with container.override("config", replace(config(), **changes)):
        yield


def test_mail_says_what_the_code_is_for_and_how_long_it_lives(enrolled: Person) -> None:
    enrolled.challenge("email")

    (mail,) = enrolled.mails()
    code = mail["code"]
    assert mail["subject"] == "Verification Code for Demo"
    assert mail["toName"] == "Ada"
    assert f"Use code {code} for two-step verification in Demo. Expires in 10 minutes." in mail["text"].splitlines()
    assert code in mail["html"]


def test_text_message_starts_with_the_code(enrolled: Person) -> None:
    enrolled.challenge("phone")

    (entry,) = enrolled.inbox.messages()
    assert (entry.channel, entry.to) == ("sms", enrolled.phone)
    assert entry.text.startswith(entry.code)
    assert len(entry.code) == 6


def test_mail_speaks_the_caller_s_language(enrolled: Person) -> None:
    enrolled.post("/account/mfa/challenges", {"factor": "email"}, headers={"X-Appwrite-Locale": "de"})

    assert enrolled.mails()[0]["subject"] == "Bestätigungscode für Demo"


@pytest.mark.parametrize("factor", ["totp", "recoveryCode"])
def test_factors_that_one_carries_send_nothing(enrolled: Person, factor: str) -> None:
    enrolled.challenge(factor)

    assert enrolled.inbox.messages() == []


@pytest.mark.parametrize("factor", SENT)
def test_next_code_waits_for_thirty_seconds(enrolled: Person, factor: str) -> None:
    enrolled.challenge(factor)
    enrolled.clock.advance(seconds=29)

    answer = begin(enrolled, factor)

    assert_refused(answer, 429, "general_rate_limit_exceeded")
    assert 1 <= int(answer.header("Retry-After") or 0) <= 30
    assert len(enrolled.inbox.messages()) == 1
    enrolled.clock.advance(seconds=1)
    assert begin(enrolled, factor).status == 201


@pytest.mark.parametrize("factor", SENT)
def test_cooldown_holds_over_all_sessions_of_the_user(enrolled: Person, factor: str) -> None:
    enrolled.challenge(factor)
    enrolled.sign_in()

    assert_refused(begin(enrolled, factor), 429, "general_rate_limit_exceeded")


def test_each_channel_and_each_user_has_a_cooldown_of_its_own(enrolled: Person, people: People) -> None:
    other = people.new(email_verified=True)
    enrolled.challenge("email")

    assert begin(enrolled, "phone").status == 201
    assert begin(enrolled, "totp").status == 201
    assert begin(other, "email").status == 201


@pytest.mark.parametrize("factor", SENT)
def test_used_code_lifts_the_cooldown(enrolled: Person, factor: str) -> None:
    enrolled.pass_challenge(factor)

    assert begin(enrolled, factor).status == 201


@pytest.mark.parametrize("factor", SENT)
def test_wrong_answer_does_not_lift_the_cooldown(enrolled: Person, factor: str) -> None:
    enrolled.answer(enrolled.challenge(factor), "no code")

    assert_refused(begin(enrolled, factor), 429, "general_rate_limit_exceeded")


FAILURES: dict[str, tuple[Exception, bool]] = {
    "throttled": (ClientError({"Error": {"Code": "ThrottlingException", "Message": "secret"}}, "Send"), True),
    "unreachable": (EndpointConnectionError(endpoint_url="https://aws.test"), True),
    "refused": (ClientError({"Error": {"Code": "MessageRejected", "Message": "secret"}}, "Send"), False),
}


class Broken:
    """A client of SES or SNS whose every send fails."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def send_email(self, **_: Any) -> None:
        raise self._error

    publish = send_email


@pytest.mark.parametrize(("failure", "rate_limits"), [*((name, True) for name in FAILURES), ("refused", False)])
@pytest.mark.parametrize(("factor", "type_"), [("email", "general_smtp_disabled"), ("phone", "general_phone_disabled")])
def test_failing_send_leaves_no_challenge_and_no_cooldown(
    enrolled: Person, tables: Tables, factor: str, type_: str, rate_limits: bool, failure: str
) -> None:
    error, may_help = FAILURES[failure]

    with container.override(AWS[factor], Broken(error)), settings(rate_limits=rate_limits):
        answer = begin(enrolled, factor)

    assert_refused(answer, 503, type_)
    assert (answer.header("Retry-After") is not None) == may_help
    assert "secret" not in answer.text
    assert tables.items("challenges") == []
    assert begin(enrolled, factor).status == 201


@pytest.mark.parametrize(
    ("factor", "missing", "type_"),
    [("email", {"mail_from": ""}, "general_smtp_disabled"), ("phone", {"sms": False}, "general_phone_disabled")],
)
def test_deployment_that_cannot_send_says_so(
    enrolled: Person, tables: Tables, factor: str, missing: dict[str, Any], type_: str
) -> None:
    with settings(**missing):
        assert_refused(begin(enrolled, factor), 503, type_)

    assert tables.items("challenges") == []


@pytest.mark.parametrize(("factor", "most"), [("email", 10), ("totp", 60), ("recoverycode", 60)])
def test_challenges_of_a_user_are_limited_by_the_hour(enrolled: Person, factor: str, most: int) -> None:
    for _ in range(most):
        assert begin(enrolled, factor).status == 201
        enrolled.clock.advance(seconds=31)

    answer = enrolled.post("/account/mfa/challenge", {"factor": factor})

    assert_refused(answer, 429, "general_rate_limit_exceeded")
    assert (answer.header("X-RateLimit-Limit"), answer.header("X-RateLimit-Remaining")) == (str(most), "0")
    assert 1 <= int(answer.header("Retry-After") or 0) <= 3600
    enrolled.clock.advance(minutes=60)
    assert begin(enrolled, factor).status == 201


def test_challenges_that_send_nothing_use_up_none_that_do(enrolled: Person) -> None:
    for _ in range(10):
        enrolled.challenge("totp")

    assert begin(enrolled, "email").status == 201


def test_answers_to_one_challenge_are_limited_by_the_hour(enrolled: Person) -> None:
    challenge = enrolled.challenge("totp")
    answers = [enrolled.answer(challenge, "000000") for _ in range(9)]
    answers.append(enrolled.put("/account/mfa/challenge", {"challengeId": challenge, "otp": "000000"}))

    refused = enrolled.answer(challenge, "000000")

    assert [answer.header("X-RateLimit-Remaining") for answer in answers] == [str(left) for left in range(9, -1, -1)]
    assert_refused(refused, 429, "general_rate_limit_exceeded")
    assert enrolled.answer(enrolled.challenge("totp"), "000000").status == 401


def test_without_rate_limits_there_is_no_cooldown_but_attempts_still_end(enrolled: Person) -> None:
    with settings(rate_limits=False):
        for _ in range(11):
            challenge = enrolled.challenge("email")

        answers = [enrolled.answer(challenge, "no code") for _ in range(5)]
        answers.append(enrolled.answer(challenge, enrolled.mailed_code()))

    assert [answer.status for answer in answers] == [401] * 6
