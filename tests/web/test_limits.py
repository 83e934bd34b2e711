"""The request limits and the headers that tell of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from chalicelib.runtime import aws, container
from chalicelib.runtime.settings import config
from tests.support.api import Answer, Api, assert_refused, at_once
from tests.support.clock import Clock
from tests.support.faults import Faulty, refusal_of_aws
from tests.support.person import PASSWORD, People, Person
from tests.support.tables import Tables

_ids = count(1)


def sign_up(api: Api, **options: Any) -> Answer:
    number = next(_ids)
    body = {"userId": f"new-{number}", "email": f"new{number}@example.test", "password": PASSWORD}
    return api.post("/account", body, **options)


def fail_to_sign_in(api: Api, email: str = "nobody@example.test", path: str = "/account/sessions/email") -> Answer:
    return api.post(path, {"email": email, "password": "not the password"})


def told(answer: Answer) -> tuple[str | None, str | None]:
    return answer.header("X-RateLimit-Limit"), answer.header("X-RateLimit-Remaining")


@contextmanager
def configured(**settings: Any) -> Iterator[None]:
    with container.override("config", dataclasses.replace(config(), **settings)):
        yield


def test_ten_pass_and_the_eleventh_is_refused(api: Api, clock: Clock) -> None:
    end = (int(clock()) // 3600 + 1) * 3600
    for remaining in range(9, -1, -1):
        answer = sign_up(api)
        assert (answer.status, *told(answer)) == (201, "10", str(remaining))
        assert answer.header("X-RateLimit-Reset") == str(end)

    refused = sign_up(api)

    assert_refused(refused, 429, "general_rate_limit_exceeded")
    assert told(refused) == ("10", "0")
    assert refused.header("X-RateLimit-Reset") == str(end)
    assert refused.header("Retry-After") == str(end - int(clock()))


def test_refused_requests_do_nothing_and_are_not_counted(api: Api, tables: Tables) -> None:
    for _ in range(10):
        sign_up(api)
    before = tables.everything()

    for _ in range(3):
        assert sign_up(api).status == 429

    assert tables.everything() == before
    assert [item["used"] for item in tables.items("limits")] == [10]


def test_next_window_begins_at_the_full_hour(api: Api, clock: Clock) -> None:
    for _ in range(10):
        sign_up(api)
    clock.advance(minutes=58)
    assert sign_up(api).status == 429

    clock.advance(minutes=1)

    assert told(sign_up(api)) == ("10", "9")


def test_window_of_a_minute(person: Person, clock: Clock) -> None:
    first = person.post("/account/jwts")
    assert told(first) == ("120", "119")
    assert int(first.header("X-RateLimit-Reset") or 0) == (int(clock()) // 60 + 1) * 60

    clock.advance(seconds=60)

    assert told(person.post("/account/jwts")) == ("120", "119")


def test_counters_are_thrown_away_after_their_window(api: Api, tables: Tables) -> None:
    end = int(sign_up(api).header("X-RateLimit-Reset") or 0)

    assert [item["ttl"] for item in tables.items("limits")] == [end + 3600]


def test_bad_requests_count_and_are_told(api: Api) -> None:
    answer = api.post("/account", {})

    assert_refused(answer, 400, "general_argument_invalid")
    assert told(answer) == ("10", "9")


@pytest.mark.race
def test_requests_at_once_do_not_get_past_the_limit(api: Api) -> None:
    statuses = [answer.status for answer in at_once(24, lambda _: sign_up(api))]

    assert (statuses.count(201), statuses.count(429)) == (10, 14)


# Buckets


def test_success_empties_the_bucket(person: Person, api: Api) -> None:
    for _ in range(9):
        assert fail_to_sign_in(api, person.email).status == 401

    person.sign_in()

    assert told(fail_to_sign_in(api, person.email)) == ("10", "9")


def test_each_address_of_a_mailbox_has_its_own_bucket(api: Api) -> None:
    fail_to_sign_in(api, "ann@example.test")

    assert told(fail_to_sign_in(api, "bob@example.test")) == ("10", "9")


SPELLINGS = [
    "ann@example.test",
    "ANN@Example.Test",
    " ann@example.test ",
    " " * 120 + "ann@example.test",
    " " * 300 + "ann@example.test",
]


def test_spellings_of_a_mailbox_share_one_bucket(api: Api) -> None:
    remaining = [told(fail_to_sign_in(api, email))[1] for email in SPELLINGS]

    assert remaining == ["9", "8", "7", "6", "5"]


def test_aliases_share_one_bucket(api: Api) -> None:
    assert told(fail_to_sign_in(api, path="/account/sessions/email")) == ("10", "9")
    assert told(fail_to_sign_in(api, path="/account/sessions")) == ("10", "8")


def test_query_string_makes_no_other_bucket(api: Api) -> None:
    assert told(fail_to_sign_in(api, path="/account/sessions?a=1")) == ("10", "9")
    assert told(fail_to_sign_in(api, path="/account/sessions?a=2")) == ("10", "8")


@pytest.mark.parametrize("body", [{}, {"challengeId": ""}, {"challengeId": None}, {"challengeId": 1}])
def test_requests_without_the_parameter_share_one_bucket(person: Person, body: dict[str, Any]) -> None:
    assert told(person.put("/account/mfa/challenges", {}))[1] == "9"
    assert told(person.put("/account/mfa/challenges", body))[1] == "8"


def test_endpoints_have_buckets_of_their_own(api: Api, person: Person) -> None:
    assert told(fail_to_sign_in(api)) == ("10", "9")
    assert told(sign_up(api)) == ("10", "8")  # the first was the person's own
    assert told(person.patch("/account/sessions/current")) == ("10", "9")
    assert told(person.delete("/account/sessions")) == ("100", "99")


def test_users_have_buckets_of_their_own(people: People) -> None:
    ann, bob = people.new(), people.new()

    for person in (ann, bob):
        assert told(person.post("/account/jwts")) == ("120", "119")


def test_of_two_limits_the_one_with_less_left_is_told(people: People) -> None:
    """By user and by address: the second user starts afresh, their common address does not."""
    ann, bob = people.new(), people.new()

    remaining = [told(person.post("/account/verifications/phone"))[1] for person in (ann, ann, bob, ann)]

    assert remaining == ["9", "8", "7", "6"]


# The client's address


def test_forwarded_address_is_not_believed(api: Api) -> None:
    for number in range(10):
        sign_up(api, headers={"X-Forwarded-For": f"198.51.100.{number}", "X-Real-IP": f"198.51.100.{number}"})

    assert sign_up(api, headers={"X-Forwarded-For": "203.0.113.7", "Forwarded": "for=203.0.113.7"}).status == 429


def test_with_parity_the_first_valid_forwarded_address_counts(api: Api) -> None:
    with configured(parity=frozenset({"forwarded-for"})):
        same = ["198.51.100.1", "198.51.100.1, 203.0.113.7", "unknown, , 198.51.100.1:80, 198.51.100.1"]
        remaining = [told(sign_up(api, headers={"X-Forwarded-For": forwarded}))[1] for forwarded in same]
        other = sign_up(api, headers={"X-Forwarded-For": "2001:db8::1"})
        none = sign_up(api, headers={"X-Forwarded-For": "nobody"})

    assert remaining == ["9", "8", "7"]
    assert (told(other)[1], told(none)[1], told(sign_up(api))[1]) == ("9", "9", "8")


# Not counted


def test_keys_are_not_counted(api: Api) -> None:
    for _ in range(11):
        assert sign_up(api, key="local-api-key").status == 201

    assert told(sign_up(api)) == ("10", "9")
    assert told(sign_up(api, key="wrong")) == ("10", "8")


def test_switched_off_nothing_is_refused_and_headers_stay(api: Api, tables: Tables) -> None:
    with configured(rate_limits=False):
        answers = [sign_up(api) for _ in range(11)]

    assert {(answer.status, *told(answer)) for answer in answers} == {(201, "10", "9")}
    assert tables.items("limits") == []


def test_endpoints_without_a_limit_say_nothing_of_one(person: Person) -> None:
    for path in ("/account", "/account/mfa/factors", "/ping"):
        assert told(person.get(path)) == (None, None)


# Failure


@pytest.mark.parametrize(
    "failure",
    [
        refusal_of_aws("InternalServerError"),
        refusal_of_aws("ThrottlingException"),
        ReadTimeoutError(endpoint_url="http://dynamodb"),
    ],
)
def test_when_counting_fails_nobody_passes(person: Person, api: Api, tables: Tables, failure: Exception) -> None:
    before = tables.everything()
    broken = Faulty(failure, "update_item", "transact_write_items", real=aws.client("dynamodb"))

    with container.override("dynamodb", broken):
        answers = [
            sign_up(api),
            fail_to_sign_in(api, person.email),
            api.post("/account/sessions", {"email": person.email, "password": person.password}),
        ]

    for answer in answers:
        assert_refused(answer, 503, "general_service_unavailable")
        assert answer.header("Retry-After") == "1"
    assert tables.everything() == before
