"""How many SMS go to whom, and where to: each refusal comes before SNS is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.runtime import aws, container
from chalicelib.runtime.settings import config
from chalicelib.storage import keys
from tests.support.api import Answer, Api, TeamApi, assert_refused, at_once
from tests.support.clock import Clock
from tests.support.faults import Faulty, refusal_of_aws
from tests.support.person import People, Person
from tests.support.refusals import LIMITED
from tests.support.tables import Tables, kept_as

CLOSED = (503, "general_phone_disabled")


@contextmanager
def configured(**settings: Any) -> Iterator[None]:
    with container.override("config", replace(config(), **settings)):
        yield


def ask(api: Api, number: str, user_id: str = "unique()") -> Answer:
    """Have a sign-in code texted to a number."""
    return api.post("/account/tokens/phone", {"userId": user_id, "phone": number})


def texts(person: Person) -> int:
    return sum(message.channel == "sms" for message in person.inbox.messages())


@pytest.fixture
def owner(people: People) -> Person:
    """Somebody with a verified number, an hour later."""
    person = people.new(phone_verified=True)
    person.clock.advance(minutes=60)
    return person


def test_five_challenges_an_hour_for_a_user(owner: Person) -> None:
    before = texts(owner)
    for _ in range(5):
        owner.challenge("phone")
        owner.clock.advance(seconds=31)

    refused = owner.post("/account/mfa/challenges", {"factor": "phone"})

    assert_refused(refused, *LIMITED)
    assert 0 < int(refused.header("Retry-After") or 0) <= 3600
    assert texts(owner) == before + 5
    assert ask(owner.api, owner.phone).status == 201
    owner.clock.advance(minutes=60)
    owner.challenge("phone")


def test_codes_that_strangers_ask_for_leave_the_owner_challenges_and_notices(
    owner: Person, run_jobs: Callable[[], int]
) -> None:
    run_jobs()
    for host in range(5):
        assert ask(owner.api.at(f"127.0.3.{host}"), owner.phone).status == 201
        owner.clock.advance(seconds=31)
    assert_refused(ask(owner.api.at("127.0.3.9"), owner.phone), *LIMITED)

    owner.pass_challenge("phone")
    owner.enrol_authenticator()
    run_jobs()

    [notice, code, *_] = owner.inbox.messages(owner.phone)
    assert "Authenticator app added" in notice.text
    assert code.code


def test_strangers_cannot_use_up_the_ceiling_of_the_day(owner: Person) -> None:
    owner.clock.advance(days=1)
    owner.sign_in()
    with configured(sms_per_day=5):
        answers = [ask(owner.api, f"+491519999999{last}") for last in range(5)]
        assert [answer.status for answer in answers] == [201] * 4 + [429]

        owner.challenge("phone")
        owner.clock.advance(seconds=31)

        assert_refused(owner.post("/account/mfa/challenges", {"factor": "phone"}), *LIMITED)


def test_five_an_hour_for_a_number_whoever_asks(person: Person, clock: Clock) -> None:
    number = "+4915199999999"
    with configured(sms_per_user=100):
        for host in range(5):
            assert ask(person.api.at(f"127.0.3.{host}"), number).status == 201
            clock.advance(seconds=31)

        assert_refused(ask(person.api.at("127.0.3.9"), number), *LIMITED)
    assert texts(person) == 5


def test_one_account_with_many_numbers_stays_within_its_budget(person: Person) -> None:
    for last in range(5):
        person.set_phone(f"+491519999999{last}")
        assert person.post("/account/verifications/phone").status == 201
        person.clock.advance(seconds=31)
    person.set_phone("+4915199999990")

    assert_refused(person.post("/account/verifications/phone"), *LIMITED)
    assert texts(person) == 5


def test_ceiling_of_the_day_holds_for_all_together(api: Api, person: Person, clock: Clock) -> None:
    with configured(sms_per_day=3):
        answers = [ask(api, f"+491519999999{last}") for last in range(4)]

        assert [answer.status for answer in answers] == [201, 201, 201, 429]
        assert int(answers[-1].header("Retry-After") or 0) > 3600
        clock.advance(days=1)
        assert ask(api, "+4915199999999").status == 201
    assert texts(person) == 4


def test_refused_message_is_not_counted_and_leaves_nothing(api: Api, tables: Tables, clock: Clock) -> None:
    with configured(sms_per_day=1):
        ask(api, "+4915199999991")
        before = {name: items for name, items in tables.everything().items() if name not in ("limits", "events")}

        assert_refused(ask(api, "+4915199999992"), *LIMITED)

    after = tables.everything()
    assert {name: after[name] for name in before} == before
    counted = {item["id"].rpartition("|")[0]: item["used"] for item in tables.items("limits") if "used" in item}
    number = kept_as("sms|sign-in|number:+4915199999992")
    assert (counted["sms|all"], counted[number], counted["sms|sent|DE"]) == (1, 0, 1)


@pytest.mark.race
def test_at_most_the_budget_is_sent_however_many_ask_at_once(api: Api, person: Person) -> None:
    with configured(sms_per_day=3):
        answers = at_once(9, lambda number: ask(api, f"+491519999999{number}"))

    assert sorted(answer.status for answer in answers) == [201] * 3 + [429] * 6
    assert texts(person) == 3


def test_unreachable_counters_send_nothing(owner: Person) -> None:
    before = texts(owner)
    broken = Faulty(refusal_of_aws("InternalServerError"), "update_item", real=aws.client("dynamodb"))

    with container.override("dynamodb", broken):
        answer = owner.post("/account/verifications/phone", session=owner.session)
        challenge = owner.post("/account/mfa/challenges", {"factor": "phone"})

    assert (answer.status, challenge.status, challenge.header("Retry-After")) == (503, 503, "1")
    assert texts(owner) == before


# Where to

NOT_MOBILE = {
    "premium rate": "+19005551234",
    "premium rate of Britain": "+449098790123",
    "premium rate with a digit too many": "+4490987901230",
    "shared cost": "+33899123456",
    "toll-free": "+18002345678",
    "personal number of Britain": "+447012345678",
    "pager": "+447640123456",
    "UAN": "+445512345678",
    "voicemail": "+49177991234567",
    "satellite": "+881612345678",
    "satellite of Inmarsat": "+870773111632",
    "network of no country": "+8835100123456",
    "international premium rate": "+979123456789",
    "international shared cost": "+808123456789",
}


@pytest.mark.parametrize("number", NOT_MOBILE.values(), ids=NOT_MOBILE)
def test_numbers_that_cost_are_refused_wherever_sms_go(person: Person, team: TeamApi, number: str) -> None:
    body = {"phone": number, "password": person.password}

    assert_refused(person.patch("/account/phone", body), 400, "general_argument_invalid")
    assert_refused(ask(person.api, number), 400, "general_argument_invalid")
    refused = team.post("/users", {"userId": "ada", "phone": number})
    assert_refused(refused, 400, "general_argument_invalid")
    assert "Phone number must" in refused.json["message"]
    assert (person.get("/account").json["phone"], texts(person)) == ("", 0)


@pytest.mark.parametrize("number", NOT_MOBILE.values(), ids=NOT_MOBILE)
def test_number_that_was_set_before_it_was_refused_gets_nothing(owner: Person, tables: Tables, number: str) -> None:
    before = texts(owner)
    tables.change(keys.user(owner.id), phone=number)

    assert_refused(owner.post("/account/mfa/challenges", {"factor": "phone"}), *CLOSED)
    tables.change(keys.user(owner.id), phone_verified=False)
    assert_refused(owner.post("/account/verifications/phone"), *CLOSED)

    assert texts(owner) == before
    counters = [item["id"] for item in tables.items("limits") if item["id"].startswith("sms|")]
    assert not [each for each in counters if keys.hashed(number) in each]


@pytest.mark.parametrize(
    ("number", "served"),
    [
        ("+4915112345678", True),
        ("+436641234567", True),
        ("+41791234567", False),
        ("+12025550123", True),
        ("+18765550123", False),  # Jamaica, by the calling code of the United States
        ("+15551234567", False),  # of no country that can be told
    ],
)
def test_only_listed_countries_are_served(person: Person, number: str, served: bool) -> None:
    with configured(sms_countries=("de", "at", "us")):
        assert ask(person.api, number).status == (201 if served else 400)
        changed = person.patch("/account/phone", {"phone": number[:-1] + "9", "password": person.password})

    assert changed.status == (200 if served else 400)
    assert texts(person) == served


def test_number_of_a_country_that_is_no_longer_served_gets_nothing(owner: Person, people: People) -> None:
    before = texts(owner)
    with configured(sms_countries=("fr",)):
        answer = owner.post("/account/mfa/challenges", {"factor": "phone"})

    assert_refused(answer, *CLOSED)
    assert answer.header("Retry-After") is None
    assert texts(owner) == before


# Circuit breaker


def pump(api: Api, count: int) -> list[int]:
    """Codes that nobody types."""
    return [ask(api.at(f"127.1.0.{number + 1}"), f"+4915188{number:06d}").status for number in range(count)]


def test_country_whose_codes_do_not_come_back_is_paused_and_reported(
    person: Person, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    with configured(sms_breaker_sample=10):
        assert pump(person.api, 11) == [201] * 10 + [503]

        refused = ask(person.api, "+4915199999999")
        abroad = ask(person.api, "+41791234567")

    assert_refused(refused, *CLOSED)
    assert 3600 < int(refused.header("Retry-After") or 0) <= 7200
    assert abroad.status == 201
    assert texts(person) == 11
    assert "sms: paused for the country DE" in caplog.text


def test_paused_country_still_gets_second_factors_and_notices(owner: Person, run_jobs: Callable[[], int]) -> None:
    run_jobs()
    with configured(sms_breaker_sample=10):
        assert pump(owner.api, 11)[-1] == 503

        owner.pass_challenge("phone")
        owner.enrol_authenticator()
        run_jobs()

    assert "Authenticator app added" in owner.inbox.messages(owner.phone)[0].text


def test_pause_ends_with_the_hours_that_caused_it(person: Person, clock: Clock) -> None:
    with configured(sms_breaker_sample=10):
        pump(person.api, 10)
        clock.advance(minutes=60)
        assert_refused(ask(person.api, "+4915199999999"), *CLOSED)
        clock.advance(minutes=60)

        assert ask(person.api, "+4915199999999").status == 201


def test_codes_that_come_back_keep_a_country_open(owner: Person) -> None:
    with configured(sms_breaker_sample=4, sms_per_user=100, sms_per_number=100):
        for _ in range(3):
            owner.pass_challenge("phone")
        assert pump(owner.api, 6) == [201] * 6  # three of nine, and one more would be too few


def test_each_way_of_typing_a_code_counts_as_coming_back(people: People, tables: Tables, clock: Clock) -> None:
    person = people.new(phone_verified=True)
    person.pass_challenge("phone")
    clock.advance(seconds=31)
    asked = ask(person.api, person.phone).json["userId"]
    body = {"userId": asked, "secret": person.texted_code()}
    assert person.api.post("/account/sessions/token", body).status == 201

    counted = {item["id"].rpartition("|")[0]: item["used"] for item in tables.items("limits") if "used" in item}
    assert (counted["sms|sent|DE"], counted["sms|verified|DE"]) == (3, 3)


def test_switched_off_limits_are_off_for_sms_too(person: Person) -> None:
    with configured(rate_limits=False, sms_per_day=1, sms_breaker_sample=1):
        assert pump(person.api, 3) == [201] * 3
