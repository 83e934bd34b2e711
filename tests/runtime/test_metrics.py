"""What CloudWatch counts, from lines of the log; the alarms of infra/stack.yaml go by the same names."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path
from typing import Any

import pytest

from chalicelib.runtime import aws, container
from chalicelib.runtime.clock import now
from chalicelib.runtime.logs import JsonFormatter
from chalicelib.runtime.metrics import NAMESPACE
from chalicelib.security import encryption
from chalicelib.storage import data_key, dynamo
from tests.support.api import Api, assert_refused
from tests.support.clock import Clock
from tests.support.faults import Faulty, refusal_of_aws
from tests.support.person import NUMBER, RETURN_URL, People, Person
from tests.support.template import of_type

STACK = Path(__file__).parents[2] / "infra" / "stack.yaml"
EMITTED = {
    *("Latency", "DynamoDBCalls", "WrongPasswords", "WrongCodes", "Limited429", "Failures5xx"),
    *("SignIns", "Challenges", "Sends", "SendFailures", "SmsPaused", "DataKeyAgeDays", "PwnedPasswordsFailures"),
}


class Seen:
    """What has been logged since the beginning of a test."""

    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        self._caplog = caplog

    def lines(self) -> list[dict[str, Any]]:
        entries = (json.loads(JsonFormatter().format(record)) for record in self._caplog.records)
        return [entry for entry in entries if "_aws" in entry]

    def of(self, name: str) -> list[dict[str, Any]]:
        """The dimensions of each count of that metric."""
        kept = ("Stage", "Provider", "Factor", "Outcome", "Channel", "Country")
        return [{key: line[key] for key in kept if key in line} for line in self.lines() if name in line]


@pytest.fixture
def seen(caplog: pytest.LogCaptureFixture) -> Seen:
    caplog.set_level(logging.INFO, "chalicelib")
    return Seen(caplog)


def test_line_is_in_the_embedded_format(person: Person, seen: Seen) -> None:
    person.sign_in()

    [line] = [line for line in seen.lines() if "SignIns" in line][-1:]

    [directive] = line["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == NAMESPACE
    assert directive["Dimensions"] == [["Stage"], ["Stage", "Provider"]]
    assert directive["Metrics"] == [{"Name": "SignIns", "Unit": "Count"}]
    assert (line["Stage"], line["Provider"], line["SignIns"]) == ("local", "email", 1)
    assert isinstance(line["_aws"]["Timestamp"], int)


def test_challenges_are_counted_by_factor_and_outcome(people: People, seen: Seen) -> None:
    person = people.new(mfa=True)
    person.answer(person.challenge("totp"), "000000")
    person.pass_challenge("totp")

    outcomes = [(each["Factor"], each["Outcome"]) for each in seen.of("Challenges")]

    assert outcomes == [("totp", "begun"), ("totp", "wrong"), ("totp", "begun"), ("totp", "passed")]


def test_sends_are_counted_by_channel_and_country(people: People, seen: Seen) -> None:
    person = people.new(email_verified=True, phone_verified=True)
    with container.override("sesv2", Faulty(refusal_of_aws("TooManyRequestsException"))):
        person.post("/account/mfa/challenges", {"factor": "email"})

    assert seen.of("Sends") == [
        {"Stage": "local", "Channel": "email"},
        {"Stage": "local", "Channel": "sms", "Country": "DE"},
    ]
    assert seen.of("SendFailures") == [{"Stage": "local", "Channel": "email"}]


def test_refused_recipients_ring_no_alarm(person: Person, seen: Seen) -> None:
    with container.override("sesv2", Faulty(refusal_of_aws("BadRequestException"))):
        answer = person.post("/account/verifications/email", {"url": RETURN_URL})

    assert_refused(answer, 400, "general_argument_invalid")
    assert seen.of("SendFailures") == []


def test_requests_are_measured_and_refusals_counted(person: Person, api: Api, seen: Seen) -> None:
    person.get("/account")
    api.get("/account")
    with container.override("dynamodb", Faulty(RuntimeError())):
        assert_refused(person.get("/account"), 500, "general_server_error")
    for _ in range(11):
        answer = person.patch("/account/sessions/current")
    assert answer.status == 429

    first, *_ = lines = [line for line in seen.lines() if "Latency" in line]
    units = {metric["Name"]: metric["Unit"] for metric in first["_aws"]["CloudWatchMetrics"][0]["Metrics"]}
    assert units == {"Latency": "Milliseconds", "DynamoDBCalls": "Count"}
    assert (first["DynamoDBCalls"], first["Latency"] >= 0) == (1, True)
    assert [name for line in lines for name in ("Failures5xx", "Limited429") if name in line] == [
        "Failures5xx",
        "Limited429",
    ]


def guesses(seen: Seen) -> list[tuple[str, str]]:
    """Where each was made, and as what it is counted."""
    names = ("WrongPasswords", "WrongCodes")
    return [(line["route"], name) for line in seen.lines() for name in names if line.get(name) == 1]


def test_guesses_of_passwords_are_counted_and_nothing_else(person: Person, api: Api, seen: Seen) -> None:
    api.get("/account")
    for email in (person.email, "nobody@example.test"):
        api.post("/account/sessions/email", {"email": email, "password": "some password"})
    person.patch("/account/password", {"password": "new password", "oldPassword": "some password"})
    person.patch("/account/password", {"password": "new password"})
    person.patch("/account/email", {"email": "new@example.test", "password": "some password"})
    person.patch("/account/phone", {"phone": NUMBER, "password": "some password"})

    assert guesses(seen) == [
        ("POST /account/sessions/email", "WrongPasswords"),
        ("POST /account/sessions/email", "WrongPasswords"),
        ("PATCH /account/password", "WrongPasswords"),
        ("PATCH /account/email", "WrongPasswords"),
        ("PATCH /account/phone", "WrongPasswords"),
    ]
    [directive] = next(line for line in seen.lines() if "WrongPasswords" in line)["_aws"]["CloudWatchMetrics"]
    assert directive["Dimensions"] == [["Stage"]]
    assert {"Name": "WrongPasswords", "Unit": "Count"} in directive["Metrics"]


def test_guess_that_its_budget_could_not_count_is_counted(person: Person, api: Api, seen: Seen) -> None:
    broken = Faulty(refusal_of_aws("InternalServerError"), "update_item", real=aws.client("dynamodb"))
    with container.override("dynamodb", broken):
        answer = api.post("/account/sessions/email", {"email": person.email, "password": "some password"})

    assert_refused(answer, 503, "general_service_unavailable")
    assert guesses(seen) == [("POST /account/sessions/email", "WrongPasswords")]


@pytest.mark.parametrize("factor", ["totp", "email", "phone", "recoveryCode"])
def test_wrong_answers_to_challenges_are_counted_and_spent_ones_are_not(
    people: People, seen: Seen, factor: str
) -> None:
    person = people.new(email_verified=True, phone_verified=True, authenticator=True, recovery_codes=True, mfa=True)
    challenge_id = person.challenge(factor)
    right = person.right_answer(factor)
    person.answer(challenge_id, "0000-0000-0000-0000" if factor == "recoveryCode" else wrong(right))
    assert person.answer(challenge_id, right).status == 200
    person.answer(challenge_id, right)
    person.answer("none", right)

    assert guesses(seen) == [("PUT /account/mfa/challenges", "WrongCodes")]


def test_other_wrong_codes_are_counted_and_links_are_not(people: People, api: Api, seen: Seen) -> None:
    person = people.new()
    person.begin_authenticator()
    person.put("/account/mfa/authenticators/totp", {"otp": wrong(person.totp_code())})
    person.set_phone()
    person.post("/account/verifications/phone")
    code = {"userId": person.id, "secret": wrong(person.texted_code())}
    api.put("/account/verifications/phone", code)
    api.put("/account/verifications/phone", {**code, "userId": "nobody"})
    person.post("/account/verifications/email", {"url": RETURN_URL})
    api.put("/account/verifications/email", {"userId": person.id, "secret": "0" * 256})
    sent = api.post("/account/tokens/phone", {"userId": "unique()", "phone": NUMBER}).json["userId"]
    texted = person.inbox.messages(NUMBER)[0].code
    api.post("/account/sessions/token", {"userId": sent, "secret": wrong(texted)})
    api.post("/account/sessions/token", {"userId": "nobody", "secret": texted})

    assert guesses(seen) == [
        ("PUT /account/mfa/authenticators/{type}", "WrongCodes"),
        ("PUT /account/verifications/phone", "WrongCodes"),
        ("POST /account/sessions/token", "WrongCodes"),
    ]


def wrong(code: str) -> str:
    """Another code of six digits, which is not the authenticator's of a step beside it either, or hardly ever."""
    return f"{(int(code) + 500_001) % 10**6:06d}"


def test_age_of_the_sealing_data_key_is_told_at_each_look(person: Person, clock: Clock, seen: Seen) -> None:
    def ages() -> list[int]:
        return [line["DataKeyAgeDays"] for line in seen.lines() if "DataKeyAgeDays" in line]

    def use(calls: int) -> None:
        before = dynamo.calls()
        encryption.newest()
        assert dynamo.calls() - before == calls

    container.forget("data-keys")
    use(1)
    assert ages() == [], "nobody knows how old the key is"
    assert not data_key.make_first()
    dated = now()
    clock.advance(days=3, minutes=1)
    container.forget("data-keys")
    use(1)
    use(0)
    assert ages() == [3]
    assert not data_key.make_first()
    data_key.add()
    clock.advance(minutes=6)
    use(1)
    assert ages() == [3, 3], "the new key does not seal yet"
    clock.advance(minutes=6)
    use(1)
    container.forget("data-keys")
    use(1)
    assert ages() == [3, 3, 0, 0]
    assert data_key.load()[0].created - dated <= 1000
    [directive] = next(line for line in seen.lines() if "DataKeyAgeDays" in line)["_aws"]["CloudWatchMetrics"]
    assert directive["Dimensions"] == [["Stage"]]
    assert directive["Metrics"] == [{"Name": "DataKeyAgeDays", "Unit": "None"}]


def test_look_that_fails_tells_no_age(person: Person, clock: Clock, seen: Seen) -> None:
    data_key.make_first()
    container.forget("data-keys")
    encryption.newest()
    clock.advance(minutes=6)
    with container.override("dynamodb", Faulty(refusal_of_aws("InternalServerError"))):
        encryption.newest()

    assert len([line for line in seen.lines() if "DataKeyAgeDays" in line]) == 1


def test_alarms_and_dashboard_use_what_is_emitted() -> None:
    alarms = [each["Properties"] for each in of_type("AWS::CloudWatch::Alarm").values()]
    alarmed = {alarm["MetricName"] for alarm in alarms if alarm.get("Namespace") == NAMESPACE}
    shown = set(re.findall(rf'"{NAMESPACE}", *"(\w+)"', STACK.read_text()))

    assert alarmed >= {"Failures5xx", "WrongPasswords", "WrongCodes", "Limited429", "Latency", "SendFailures"}
    assert alarmed >= {"SmsPaused", "DataKeyAgeDays"}
    assert alarmed | shown <= EMITTED


def test_names_of_the_table_above_are_those_of_the_code() -> None:
    sources = (path.read_text() for path in (STACK.parents[1] / "chalicelib").rglob("*.py"))
    named = {
        name for source in sources for name in re.findall(r'(?:metrics\.(?:count|gauge)\(\s*|guess=)"(\w+)"', source)
    }

    assert named == EMITTED - {"Latency", "DynamoDBCalls", "Limited429", "Failures5xx"}
