"""What a warm request costs at most: sequential calls of DynamoDB and KMS, and units of capacity."""

from __future__ import annotations

import json
from typing import Any

import pytest

from infra.local.inbox import Inbox
from tests.conftest import Jobs
from tests.support.api import KEY, Api
from tests.support.cost import Cost, counted
from tests.support.handovers import offer, take_over
from tests.support.person import People, Person
from tests.support.sign_in import ADDRESS, MAILS, ask_for_mail, mailed_token, sign_in_anew, sign_in_by_mail, try_code
from tests.support.tables import Tables, switch_project

FACTORS: dict[str, dict[str, Any]] = {
    "totp": {"authenticator": True},
    "email": {"email_verified": True},
    "phone": {"phone_verified": True},
    "recoveryCode": {"recovery_codes": True},
    "custom": {"authenticator": True},  # whose secret warms the key that custom codes are kept under
}


@pytest.fixture
def enrolled(people: People) -> Person:
    """Somebody with every factor and MFA on, for a deployment that is warm."""
    person = people.new(email_verified=True, phone_verified=True, authenticator=True, recovery_codes=True, mfa=True)
    person.pass_challenge("totp")
    person.clock.advance(seconds=60)
    return person


@pytest.mark.parametrize(
    ("path", "trips"),
    [
        ("/account", 1),
        ("/account/prefs", 1),
        ("/account/mfa/factors", 1),
        ("/account/sessions", 2),
        ("/account/sessions/current", 1),
    ],
)
@pytest.mark.parametrize("cached", [True, False])
def test_reading(person: Person, path: str, trips: int, cached: bool) -> None:
    if not cached:
        person.clock.advance(seconds=6)

    with counted() as cost:
        assert person.get(path).status == 200

    assert (cost.trips, cost.limit_trips, cost.kms, cost.write_units) == (trips, 0, [], 0)


def test_signing_in(person: Person) -> None:
    with counted() as cost:
        assert sign_in_anew(person).status == 201

    assert (cost.trips, cost.limit_trips, cost.kms) == (3, 0, [])


def test_signing_in_on_a_known_browser(person: Person) -> None:
    kept = sign_in_anew(person).header("X-Fallback-Cookies") or ""
    device = {"X-Fallback-Cookies": json.dumps({"a_device_demo": json.loads(kept)["a_device_demo"]})}
    body = {"email": person.email, "password": person.password}

    with counted() as cost:
        answer = person.api.post("/account/sessions/email", body, headers=device)

    assert answer.status == 201
    assert (cost.trips, cost.limit_trips, cost.kms) == (3, 0, [])


def test_unknown_address_costs_as_much_as_a_wrong_password(person: Person) -> None:
    with counted() as known:
        assert sign_in_anew(person, password="wrong password").status == 401
    person.email = "nobody@example.test"
    with counted() as unknown:
        assert sign_in_anew(person).status == 401

    assert (known.trips, known.limit_trips) == (unknown.trips, unknown.limit_trips) == (2, 1)


def warm(person: Person, factor: str) -> None:
    """The first code that a process sends fetches the data key, and after five minutes it looks; let that be past."""
    person.clock.advance(seconds=60)
    if factor != "recoveryCode":
        person.pass_challenge("totp" if factor == "custom" else factor)
        person.clock.advance(seconds=60)


@pytest.mark.parametrize("factor", FACTORS)
def test_challenge(people: People, tables: Tables, factor: str) -> None:
    person = people.new(**FACTORS[factor])
    warm(person, factor)
    switch_project(tables, person.clock, factors={"custom": True})

    with counted() as begun:
        challenge = person.challenge(factor)
    with counted() as completed:
        code = "000000" if factor == "custom" else person.right_answer(factor)
        status = person.answer(challenge, code).status

    assert status == (401 if factor == "custom" else 200)
    counters = 2 if factor == "phone" else 1  # SMS have budgets of their own
    assert (begun.trips, begun.limit_trips, begun.kms) == (2, counters, [])
    assert (completed.trips, completed.limit_trips, completed.kms) == (2, counters, [])


def test_recovery_by_code(person: Person, run_jobs: Jobs) -> None:
    person.api.post("/account/recovery/otp", {"email": person.email})
    person.clock.advance(minutes=1)
    with counted() as asked:
        shown = person.api.post("/account/recovery/otp", {"email": person.email}).json["userId"]
    run_jobs()
    body = {"userId": shown, "secret": person.mailed_code(), "password": "another password"}
    with counted() as wrong:
        assert person.api.put("/account/recovery/otp", {**body, "secret": "0"}).status == 401
    with counted() as unknown:
        assert person.api.put("/account/recovery/otp", {**body, "userId": "nobody"}).status == 401
    with counted() as right:
        assert person.api.put("/account/recovery/otp", body).status == 200

    assert (asked.trips, asked.kms) == (1, [])
    assert [(each.trips, each.limit_trips, each.kms) for each in (wrong, unknown)] == [(2, 3, [])] * 2
    assert (right.trips, right.limit_trips, right.kms) == (3, 2, []), "the first proof looks for targets, too"


def test_anonymous_session(api: Api) -> None:
    api.post("/account/sessions/anonymous")
    with counted() as cost:
        assert api.post("/account/sessions/anonymous").status == 201

    assert (cost.trips, cost.limit_trips, cost.kms, cost.write_units) == (1, 1, [], 6)


def bounds(cost: Cost) -> tuple[int, int, int, int]:
    assert cost.kms == []
    return cost.trips, cost.limit_trips, cost.read_units, cost.write_units


@pytest.mark.parametrize("method", MAILS)
def test_token_by_mail(api: Api, people: People, inbox: Inbox, method: str) -> None:
    """The same whether the address has an account, as far as nobody knows the secret. Who has it has an account."""
    person = people.new(email_verified=True)
    sign_in_by_mail(people.new(email_verified=True), method)  # so that the key of codes is known

    costs = []
    for address in (person.email, ADDRESS):
        with counted() as asked:
            user_id = ask_for_mail(api, method, address).json["userId"]
        with counted() as wrong:
            assert try_code(api, "000000", user_id).status == 401
        with counted() as right:
            assert try_code(api, mailed_token(inbox, address), user_id).status == 201
        costs.append([bounds(asked), bounds(wrong), bounds(right)])

    counting = (4, 1, 3, 2) if method == "email-otp" else (3, 1, 3, 0)  # a secret of that length is not guessed
    assert costs[0] == [(3, 2, 4, 2), counting, (4, 2, 3, 6)]
    assert costs[1] == [(3, 2, 4, 2), counting, (4, 2, 3, 16)]  # with an account, and the words that it is found by


@pytest.mark.parametrize("length", [6, 64])
def test_token_of_the_team(api: Api, people: People, length: int) -> None:
    person = people.new()
    path = f"/users/{person.id}/tokens"
    api.post(path, {"length": length}, key=KEY)

    with counted() as made:
        secret = api.post(path, {"length": length}, key=KEY).json["secret"]
    with counted() as wrong:
        assert try_code(api, "0" * length, person.id).status == 401
    with counted() as right:
        assert try_code(api, secret, person.id).status == 201

    assert bounds(made) == (2, 0, 2, 4)
    assert bounds(wrong) == ((3, 1, 2, 2) if length == 6 else (2, 1, 2, 0))
    assert bounds(right) == (3, 2, 2, 6)


def test_look_for_newer_data_keys_costs_one_trip_in_five_minutes(people: People) -> None:
    person = people.new(email_verified=True)
    warm(person, "email")
    person.clock.advance(minutes=5)
    person.get("/account")  # so that the project has been read again

    costs = []
    for _ in range(3):
        with counted() as cost:
            person.challenge("email")
        costs.append((cost.trips, cost.kms))
        person.clock.advance(seconds=59)
        person.get("/account")

    assert costs == [(3, []), (2, []), (2, [])]


def test_full_sign_in(enrolled: Person) -> None:
    with counted() as cost:
        enrolled.sign_in()
        assert enrolled.get("/account/mfa/factors").status == 200
        assert enrolled.answer(enrolled.challenge("totp"), enrolled.totp_code()).status == 200
        assert enrolled.get("/account").status == 200

    assert cost.trips <= 9
    assert cost.write_units <= 16
    assert cost.read_units <= 20
    assert cost.kms == []


def test_items_that_a_sign_in_writes_are_below_one_kilobyte(enrolled: Person, tables: Tables) -> None:
    for _ in range(9):
        enrolled.sign_in()
    enrolled.challenge("totp")

    sizes = {
        (table, tuple(item)[:1]): sum(len(name) + _size(value) for name, value in item.items())
        for table in ("users", "sessions", "challenges")
        for item in tables.items(table)
    }
    assert {place: size for place, size in sizes.items() if size >= 1024} == {}


def _size(value: Any) -> int:
    """About as DynamoDB counts: UTF-8 bytes, 1 for what stands between, half the digits of a number."""
    if isinstance(value, dict):
        return 3 + sum(1 + len(name) + _size(member) for name, member in value.items())
    if isinstance(value, list):
        return 3 + sum(1 + _size(member) for member in value)
    if isinstance(value, frozenset):
        return sum(len(member) for member in value)
    if isinstance(value, bool):
        return 1
    if isinstance(value, int):
        return len(str(value)) // 2 + 2
    return len(value.encode()) if isinstance(value, str) else len(value)


def test_handing_a_session_over(person: Person) -> None:
    offer(person)
    with counted() as offering:
        code = offer(person)
    with counted() as taking_over:
        assert take_over(person.api, code).status == 201

    assert (offering.trips, offering.kms) == (2, [])
    assert (taking_over.trips, taking_over.limit_trips, taking_over.kms) == (3, 0, [])
