"""How many mails go to one mailbox, however it is spelled and whoever asks: attack 75 of SECURITY.md."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from chalicelib.delivery.mail_budget import mailbox
from chalicelib.runtime import container, settings
from tests.support.api import Answer, Api, assert_refused
from tests.support.clock import Clock
from tests.support.person import RETURN_URL, People, Person
from tests.support.refusals import LIMITED


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("ann@example.test", "ann@example.test"),
        ("ann+shop@example.test", "ann@example.test"),
        ("ann+a+b@example.test", "ann@example.test"),
        ("an.n@example.test", "an.n@example.test"),
        ("a.n.n+x@gmail.com", "ann@gmail.com"),
        ("ann@googlemail.com", "ann@gmail.com"),
    ],
)
def test_spellings_of_one_mailbox(address: str, expected: str) -> None:
    assert mailbox(address) == expected


def verify(person: Person) -> Answer:
    return person.post("/account/verifications/email", {"url": RETURN_URL})


def spelling(number: int) -> str:
    return f"{'.'.join('victim'[: number % 5 + 1])}{'victim'[number % 5 + 1 :]}+{number}@gmail.com"


@pytest.mark.parametrize("known", [True, False])
def test_recovery_mail_to_one_mailbox_is_limited_for_known_and_unknown_alike(
    people: People, api: Api, run_jobs: Callable[[], int], known: bool
) -> None:
    spellings = [spelling(number) for number in range(10)]
    if known:
        people.new(email=spellings[0], signed_in=False)

    def ask(number: int, email: str) -> Answer:
        return api.at(f"127.0.4.{number}").post("/account/recovery", {"email": email, "url": RETURN_URL})

    assert [ask(number, email).status for number, email in enumerate(spellings)] == [201] * 10
    refused = ask(99, spellings[0])

    assert_refused(refused, *LIMITED)
    assert 0 < int(refused.header("Retry-After") or 0) <= 3600
    assert run_jobs() == 10


def test_verification_mail_to_one_mailbox_is_limited_over_all_accounts(people: People, api: Api, clock: Clock) -> None:
    with container.override("config", replace(settings.config(), rate_limits=False)):
        *crowd, late = [people.new(email=spelling(number)) for number in range(11)]
        other = people.new(email="somebody@gmail.com")
    late.api = other.api = api.at("127.0.0.2")
    for number, person in enumerate(crowd):
        person.api = api.at(f"127.0.5.{number + 1}")
        assert verify(person).status == 201

    assert_refused(verify(late), *LIMITED)
    assert verify(other).status == 201
    assert len(late.inbox.messages()) == 11
    clock.advance(minutes=60)
    assert verify(late).status == 201


def test_one_client_uses_three_verification_mails_of_a_mailbox_and_leaves_the_rest(
    people: People, api: Api, clock: Clock
) -> None:
    with container.override("config", replace(settings.config(), rate_limits=False)):
        crowd = [people.new(email=spelling(number)) for number in range(10)]
        other = people.new(email="somebody@gmail.com")

    assert [verify(person).status for person in crowd[:3]] == [201] * 3
    for person in crowd[3:]:
        refused = verify(person)
        assert_refused(refused, *LIMITED)
        assert 0 < int(refused.header("Retry-After") or 0) <= 3600
    clock.advance(minutes=1)
    assert len(other.inbox.messages()) == 3
    for number, person in enumerate(crowd[3:]):
        person.api = api.at(f"127.0.5.{number + 1}")
        assert verify(person).status == 201, "what one client was refused for leaves the mailbox its ten"
    clock.advance(minutes=60)
    assert [verify(person).status for person in (other, crowd[0])] == [201] * 2


def test_mail_that_the_cooldown_refuses_is_none_of_the_three(people: People) -> None:
    person = people.new()
    for _ in range(3):
        assert verify(person).status == 201
        assert_refused(verify(person), *LIMITED)
        person.clock.advance(seconds=31)


def test_client_who_has_its_three_may_verify_another_mailbox(people: People) -> None:
    person, other = people.new(), people.new()
    for status in (201, 201, 201, 429):
        assert verify(person).status == status
        person.clock.advance(seconds=31)

    assert verify(other).status == 201


def test_one_address_asks_for_recovery_ten_times_an_hour_whoever_is_meant(
    api: Api, run_jobs: Callable[[], int]
) -> None:
    def ask(number: int) -> Answer:
        return api.post("/account/recovery", {"email": f"victim{number}@example.test", "url": RETURN_URL})

    assert [ask(number).status for number in range(10)] == [201] * 10

    assert_refused(ask(10), *LIMITED)
    assert run_jobs() == 10


def test_one_address_asks_for_ten_verifications_an_hour_with_whatever_accounts(people: People, api: Api) -> None:
    with container.override("config", replace(settings.config(), rate_limits=False)):
        crowd = [people.new() for _ in range(11)]

    assert [verify(person).status for person in crowd] == [201] * 10 + [429]
    crowd[10].api = api.at("127.0.0.2")
    assert verify(crowd[10]).status == 201


def test_one_account_asks_for_ten_verifications_an_hour_of_whatever_mailboxes(person: Person, api: Api) -> None:
    for number in range(11):
        person.api = api.at(f"127.0.5.{number + 1}")
        changed = {"email": f"victim{number}@example.test", "password": person.password}
        assert person.patch("/account/email", changed).status == 200
        person.clock.advance(seconds=30)
        assert verify(person).status == (201 if number < 10 else 429)
