"""The text message that verifies a number. What it shares with the mail is in test_verifications.py."""

from __future__ import annotations

import re
from collections.abc import Callable
from math import inf
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib.runtime import container
from chalicelib.storage import keys
from tests.conftest import Jobs
from tests.support.api import KEY, Answer, TeamApi, assert_refused, at_once
from tests.support.faults import meanwhile
from tests.support.person import NUMBER, PASSWORD, RETURN_URL, People, Person
from tests.support.tables import Tables

PATH = "/account/verifications/phone"


@pytest.fixture
def person(people: People) -> Person:
    person = people.new()
    person.set_phone()
    return person


class RefusingSns:
    def publish(self, **_: Any) -> None:
        raise ClientError({"Error": {"Code": "Throttled"}, "ResponseMetadata": {"HTTPStatusCode": 429}}, "Publish")  # type: ignore[typeddict-item]


def send(person: Person, **options: Any) -> Answer:
    return person.post(PATH, **options)


def confirm(person: Person, code: str) -> Answer:
    return person.api.put(PATH, {"userId": person.id, "secret": code})


def wrong_codes(person: Person, count: int) -> list[str]:
    right = int(person.texted_code())
    return [f"{(right + step) % 10**6:06d}" for step in range(1, count + 1)]


def test_text_starts_with_the_six_digits(person: Person) -> None:
    send(person, body={"phone": "+4915100000000", "number": "+4915100000000"})

    (message,) = person.inbox.messages()
    assert (message.channel, message.to) == ("sms", person.phone)
    assert re.match(r"[0-9]{6} ", message.text)
    assert message.code == message.text[:6]


def test_text_is_in_the_readers_language(person: Person) -> None:
    send(person, headers={"X-Appwrite-Locale": "de"})

    assert "Bestätigungscode" in person.inbox.messages(person.phone)[0].text


def test_fifth_wrong_code_kills_the_right_one(person: Person) -> None:
    send(person)

    for code in wrong_codes(person, 5):
        assert_refused(confirm(person, code), 401, "user_invalid_token")

    assert_refused(confirm(person, person.texted_code()), 401, "user_invalid_token")
    assert person.get("/account").json["phoneVerification"] is False


def test_right_code_after_four_wrong_ones_is_good(person: Person) -> None:
    send(person)

    for code in wrong_codes(person, 4):
        confirm(person, code)

    assert confirm(person, person.texted_code()).status == 200


@pytest.mark.race
def test_at_most_five_parallel_wrong_codes_are_judged(person: Person, tables: Tables) -> None:
    send(person)
    wrong = wrong_codes(person, 9)

    at_once(9, lambda number: confirm(person, wrong[number]))

    assert tables.item(keys.user(person.id))["tokens"]["phone"]["attempts"] == 5


def test_right_code_that_keeps_being_overtaken_by_wrong_ones_is_refused(person: Person, tables: Tables) -> None:
    send(person)
    spoilers = wrong_codes(person, 9)

    with meanwhile(lambda: confirm(person, spoilers.pop()), times=inf, of="phone_verified"):
        assert_refused(confirm(person, person.texted_code()), 401, "user_invalid_token")

    assert tables.item(keys.user(person.id))["tokens"]["phone"]["attempts"] == 5
    assert person.get("/account").json["phoneVerification"] is False


def test_a_number_has_ten_codes_a_day_over_ever_new_accounts(people: People) -> None:
    """So fifty guesses; several accounts may show a number that none of them has proven."""
    for number in range(11):
        stranger = people.new()
        stranger.clock.advance(minutes=61)
        stranger.set_phone(NUMBER)
        stranger.api = stranger.api.at(f"127.0.4.{number + 1}")
        asked = send(stranger)
        assert asked.status == (201 if number < 10 else 429)

    assert_refused(asked, 429, "general_rate_limit_exceeded")
    stranger.clock.advance(minutes=24 * 60)
    assert send(stranger).status == 201


def test_next_code_has_attempts_of_its_own(person: Person) -> None:
    send(person)
    for code in wrong_codes(person, 5):
        confirm(person, code)
    person.clock.advance(seconds=30)
    send(person)

    assert confirm(person, person.texted_code()).status == 200


@pytest.mark.parametrize("key", ["", KEY])
def test_ten_codes_of_a_user_are_judged_in_an_hour_from_whatever_addresses(person: Person, key: str) -> None:
    """A new code has attempts of its own, but not the user. A rendering server has no more of them."""
    answers = []
    for number in range(15):
        if number % 5 == 0:
            person.clock.advance(seconds=30)
            assert send(person).status == 201
        [wrong] = wrong_codes(person, 1)
        guesser = person.api.at(f"127.0.5.{number + 1}")
        answers.append(guesser.put(PATH, {"userId": person.id, "secret": wrong}, key=key))

    assert [answer.status for answer in answers] == [401] * 10 + [429] * 5


@pytest.mark.parametrize("change", ["-{}", "{}-", "+{}", "{}0", "{:.5}", "{}\u200b"])
def test_spellings_of_the_code_are_wrong_codes(person: Person, change: str) -> None:
    send(person)

    assert_refused(confirm(person, change.format(person.texted_code())), 401, "user_invalid_token")


def test_change_of_number_voids_the_code_also_when_the_number_comes_back(person: Person) -> None:
    send(person)
    first, code = person.phone, person.texted_code()
    person.set_phone()
    assert_refused(confirm(person, code), 401, "user_invalid_token")

    person.set_phone(first)

    assert_refused(confirm(person, code), 401, "user_invalid_token")


def test_verified_number_is_not_verified_again(people: People) -> None:
    person = people.new(phone_verified=True)
    before = len(person.inbox.messages())

    assert_refused(send(person), 409, "user_phone_already_verified")
    assert len(person.inbox.messages()) == before


def test_without_a_number_there_is_nothing_to_verify(people: People) -> None:
    assert_refused(send(people.new()), 400, "user_phone_not_found")


def test_project_may_switch_phones_off(person: Person, tables: Tables) -> None:
    tables.change(keys.PROJECT, methods={"phone": False})
    person.clock.advance(seconds=6)

    answer = send(person)

    assert_refused(answer, 501, "user_auth_method_unsupported")
    assert answer.json["message"] == "Phone authentication is disabled for this project"
    assert person.inbox.messages() == []


def test_failed_text_leaves_nothing_and_another_may_go_at_once(person: Person, tables: Tables) -> None:
    with container.override("sns", RefusingSns()):
        answer = send(person)

    assert_refused(answer, 503, "general_phone_disabled")
    assert int(answer.header("Retry-After") or 0) > 0
    assert tables.item(keys.user(person.id))["tokens"] == {}
    assert send(person).status == 201


def test_failed_text_leaves_the_code_before_it_good(person: Person) -> None:
    send(person)
    person.clock.advance(seconds=30)
    with container.override("sns", RefusingSns()):
        send(person)

    assert confirm(person, person.texted_code()).status == 200


def change_password(person: Person, team: TeamApi, run_jobs: Jobs) -> None:
    body = {"password": "another password", "oldPassword": PASSWORD}
    assert person.patch("/account/password", body).status == 200


def give_a_password(person: Person, team: TeamApi, run_jobs: Jobs) -> None:
    assert team.patch(f"/users/{person.id}/password", {"password": "another password"}).status == 200


def reset_by_the_mailbox(person: Person, team: TeamApi, run_jobs: Jobs) -> None:
    assert team.patch(f"/users/{person.id}/verification", {"emailVerification": True}).status == 200
    person.api.post("/account/recovery", {"email": person.email, "url": RETURN_URL})
    run_jobs()
    reset = {"userId": person.id, "secret": person.mailed_secret(), "password": "another password"}
    assert person.api.put("/account/recovery", reset).status == 200


@pytest.mark.parametrize("change", [change_password, give_a_password, reset_by_the_mailbox])
def test_code_of_before_a_new_password_proves_nothing(
    person: Person, team: TeamApi, run_jobs: Jobs, change: Callable[[Person, TeamApi, Jobs], None]
) -> None:
    """Who had the password may have typed the number: proven later, it would sign him in again."""
    send(person)
    code = person.texted_code()

    change(person, team, run_jobs)

    assert_refused(confirm(person, code), 401, "user_invalid_token")
    assert team.get(f"/users/{person.id}").json["phoneVerification"] is False
