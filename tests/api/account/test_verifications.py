"""What the proof of an e-mail address by a link and that of a phone number by a code have in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

import pytest

from chalicelib.runtime import container, settings
from chalicelib.storage import keys
from tests.support.api import Answer, assert_refused, at_once
from tests.support.clock import Clock
from tests.support.person import RETURN_URL, People, Person
from tests.support.tables import Tables


class Kind(NamedTuple):
    name: str
    paths: tuple[str, str]
    body: dict[str, str]
    minutes: int
    secret: Callable[[Person], str]
    """What the newest message says."""
    wrong: str


EMAIL = Kind(
    "email",
    ("/account/verifications/email", "/account/verification"),
    {"url": RETURN_URL},
    60,
    Person.mailed_secret,
    "0" * 256,
)
PHONE = Kind(
    "phone",
    ("/account/verifications/phone", "/account/verification/phone"),
    {},
    10,
    Person.texted_code,
    "\uff11\uff12\uff13\uff14\uff15\uff16",
)
KINDS = pytest.mark.parametrize("kind", [EMAIL, PHONE], ids=lambda kind: kind.name)
SPELLINGS = pytest.mark.parametrize(
    ("kind", "path"), [pytest.param(kind, path, id=path) for kind in (EMAIL, PHONE) for path in kind.paths]
)


@pytest.fixture
def person(people: People) -> Person:
    person = people.new()
    person.set_phone()
    return person


def send(person: Person, kind: Kind, **options: Any) -> Answer:
    return person.post(kind.paths[0], kind.body, **options)


def confirm(person: Person, kind: Kind, secret: str, user_id: str = "") -> Answer:
    """As a guest: the link may be opened anywhere."""
    return person.api.put(kind.paths[0], {"userId": user_id or person.id, "secret": secret})


def is_verified(person: Person, kind: Kind) -> bool:
    return person.get("/account").json[f"{kind.name}Verification"] is True


def sent(person: Person) -> int:
    return len(person.inbox.messages())


@SPELLINGS
def test_what_was_sent_proves_the_address(person: Person, clock: Clock, kind: Kind, path: str) -> None:
    answer = person.post(path, kind.body)

    assert answer.status == 201
    token = answer.json
    created = datetime.fromisoformat(token["$createdAt"])
    assert (datetime.fromisoformat(token["expire"]) - created).total_seconds() == kind.minutes * 60
    assert token == {
        "$id": token["$id"],
        "$createdAt": token["$createdAt"],
        "userId": person.id,
        "secret": "",
        "expire": token["expire"],
        "phrase": "",
    }
    assert not is_verified(person, kind)
    answer = person.api.put(path, {"userId": person.id, "secret": kind.secret(person)})
    assert (answer.status, answer.json) == (200, token)
    assert is_verified(person, kind)


@KINDS
def test_proof_can_be_given_once_over_both_paths(person: Person, kind: Kind) -> None:
    send(person, kind)
    body = {"userId": person.id, "secret": kind.secret(person)}
    assert person.api.put(kind.paths[0], body).status == 200

    for path in kind.paths:
        assert_refused(person.api.put(path, body), 401, "user_invalid_token")


@pytest.mark.race
@KINDS
def test_of_parallel_redemptions_one_wins(person: Person, kind: Kind) -> None:
    send(person, kind)
    body = {"userId": person.id, "secret": kind.secret(person)}

    answers = at_once(8, lambda number: person.api.put(kind.paths[number % 2], body))

    assert sorted(answer.status for answer in answers) == [200] + 7 * [401]


@KINDS
def test_newest_message_alone_counts(person: Person, clock: Clock, kind: Kind) -> None:
    send(person, kind)
    first = kind.secret(person)
    clock.advance(seconds=30)
    assert send(person, kind).status == 201

    assert_refused(confirm(person, kind, first), 401, "user_invalid_token")
    assert confirm(person, kind, kind.secret(person)).status == 200


@KINDS
def test_proof_expires_although_it_is_still_stored(person: Person, clock: Clock, kind: Kind, tables: Tables) -> None:
    send(person, kind)
    clock.advance(seconds=60 * kind.minutes - 1)
    tables.item(keys.user(person.id))["tokens"][kind.name]
    clock.advance(seconds=1)

    assert_refused(confirm(person, kind, kind.secret(person)), 401, "user_invalid_token")
    assert not is_verified(person, kind)


@KINDS
def test_proof_lives_until_then(person: Person, clock: Clock, kind: Kind) -> None:
    send(person, kind)
    clock.advance(seconds=60 * kind.minutes - 1)

    assert confirm(person, kind, kind.secret(person)).status == 200


@KINDS
def test_proof_of_an_address_is_void_once_the_address_is_another(person: Person, tables: Tables, kind: Kind) -> None:
    """Also where the change itself left the proof behind."""
    send(person, kind)
    other = "other@example.test" if kind is EMAIL else "+4915199999999"
    tables.change(keys.user(person.id), **{kind.name: other})

    assert_refused(confirm(person, kind, kind.secret(person)), 401, "user_invalid_token")
    assert not is_verified(person, kind)


@KINDS
def test_secret_of_another_user_is_refused_and_stays_good(people: People, kind: Kind) -> None:
    one, other = people.new(), people.new()
    for person in (one, other):
        person.set_phone()
        send(person, kind)

    assert_refused(confirm(other, kind, kind.secret(one)), 401, "user_invalid_token")

    assert confirm(one, kind, kind.secret(one)).status == 200
    assert not is_verified(other, kind)


def test_secret_of_another_purpose_is_refused(person: Person) -> None:
    send(person, EMAIL)
    send(person, PHONE)

    assert_refused(confirm(person, PHONE, person.mailed_secret()), 401, "user_invalid_token")
    assert_refused(confirm(person, EMAIL, person.texted_code()), 401, "user_invalid_token")
    assert not is_verified(person, EMAIL)
    assert not is_verified(person, PHONE)


def test_code_of_a_challenge_is_no_phone_proof(people: People) -> None:
    person = people.new(phone_verified=True)
    person.challenge("phone")

    assert_refused(confirm(person, PHONE, person.texted_code()), 401, "user_invalid_token")


@KINDS
def test_unknown_user_looks_like_a_wrong_secret(person: Person, kind: Kind) -> None:
    send(person, kind)
    unasked = "nobody"

    answers = [confirm(person, kind, kind.wrong), confirm(person, kind, kind.wrong, unasked)]

    assert_refused(answers[0], 401, "user_invalid_token")
    assert answers[0].text == answers[1].text


@KINDS
def test_parity_tells_unknown_users(person: Person, kind: Kind) -> None:
    with container.override("config", replace(settings.config(), parity=frozenset({"enumeration"}))):
        assert_refused(confirm(person, kind, kind.wrong, "nobody"), 404, "user_not_found")
        assert_refused(confirm(person, kind, kind.wrong), 401, "user_invalid_token")


@KINDS
def test_second_message_within_the_cooldown_is_refused(person: Person, clock: Clock, kind: Kind) -> None:
    send(person, kind)
    clock.advance(seconds=29)
    before = sent(person)

    answer = send(person, kind)

    assert_refused(answer, 429, "general_rate_limit_exceeded")
    assert answer.header("Retry-After") == "1"
    assert sent(person) == before
    assert confirm(person, kind, kind.secret(person)).status == 200


@KINDS
def test_of_parallel_requests_one_is_sent(person: Person, kind: Kind) -> None:
    before = sent(person)

    answers = at_once(5, lambda _: send(person, kind))

    assert sorted(answer.status for answer in answers) == [201] + 4 * [429]
    assert sent(person) == before + 1


@KINDS
def test_fourth_message_of_one_client_in_the_hour_is_refused_and_another_client_gets_it(
    person: Person, clock: Clock, kind: Kind
) -> None:
    for _ in range(3):
        assert send(person, kind).status == 201
        clock.advance(seconds=30)

    assert_refused(send(person, kind), 429, "general_rate_limit_exceeded")
    assert send(replace(person, api=person.api.at("127.0.0.2")), kind).status == 201


def test_sixth_text_to_a_number_in_the_hour_is_refused_whoever_asks(person: Person, clock: Clock) -> None:
    for client in range(5):
        assert send(replace(person, api=person.api.at(f"127.0.0.{client + 2}")), PHONE).status == 201
        clock.advance(seconds=30)

    assert_refused(send(person, PHONE), 429, "general_rate_limit_exceeded")


@KINDS
@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("userId", [None, "", "_x", "a" * 37, "a#b", "unique()", 7, ["ada"], {}]),
        ("secret", [None, "", "x" * 257, 123456, ["123456"], True, {}]),
    ],
)
def test_bad_parameter_is_refused_and_costs_no_attempt(
    person: Person, tables: Tables, kind: Kind, name: str, values: list[Any]
) -> None:
    send(person, kind)
    before = tables.item(keys.user(person.id))

    with container.override("config", replace(settings.config(), rate_limits=False)):
        for value in values:
            body = {"userId": person.id, "secret": kind.secret(person), name: value}
            answer = person.api.put(kind.paths[0], body)
            assert_refused(answer, 400, "general_argument_invalid")
            assert name in answer.json["message"]

    assert tables.item(keys.user(person.id)) == before
