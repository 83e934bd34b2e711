"""How many wrong passwords are judged: for a mailbox, for a client, and of a signed-in user (OWASP ASVS 5 6.3.1)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from math import inf

import pytest

from chalicelib.runtime import aws, container
from tests.support.api import Answer, Api, TeamApi, assert_refused, at_once
from tests.support.clock import Clock
from tests.support.events import invoke
from tests.support.faults import Faulty, meanwhile, refusal_of_aws
from tests.support.person import PASSWORD, RETURN_URL, People, Person
from tests.support.refusals import LIMITED
from tests.support.sign_in import try_password
from tests.support.tables import Tables

WRONG = "not the password"
INVALID = (401, "user_invalid_credentials")


def sign_in(api: Api, email: str, password: str = WRONG) -> Answer:
    return try_password(api, email, password)


def by_server(team: TeamApi, email: str, password: str, forwarded: str = "") -> Answer:
    """A sign-in through a rendering server, which may name its client."""
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    return team.post("/account/sessions/email", {"email": email, "password": password}, headers=headers)


def guess(api: Api, email: str, times: int) -> None:
    for _ in range(times):
        assert_refused(sign_in(api, email), *INVALID)


@pytest.mark.parametrize("known", [True, False])
def test_ten_wrong_passwords_of_one_client_for_one_address(person: Person, api: Api, known: bool) -> None:
    email = person.email if known else "nobody@example.test"
    guess(api, email, 10)

    refused = sign_in(api, email, PASSWORD)

    assert_refused(refused, *LIMITED)
    assert 0 < int(refused.header("Retry-After") or 0) <= 3600


def test_spellings_and_paths_share_the_budget(person: Person, api: Api) -> None:
    for number in range(10):
        email = (person.email.upper(), f" {person.email}", person.email.title())[number % 3]
        path = ("/account/sessions/email", "/account/sessions", "/account/sessions?again")[number % 3]
        assert_refused(api.post(path, {"email": email, "password": WRONG}), *INVALID)

    assert_refused(sign_in(api, person.email, PASSWORD), *LIMITED)


def test_the_owner_elsewhere_is_not_locked_out(person: Person, api: Api) -> None:
    guess(api, person.email, 10)

    assert sign_in(api.at("127.0.0.2"), person.email, PASSWORD).status == 201


def test_a_hundred_wrong_passwords_for_one_address_in_all(person: Person, api: Api, clock: Clock) -> None:
    for number in range(10):
        guess(api.at(f"127.0.1.{number}"), person.email, 10)

    assert_refused(sign_in(api.at("127.0.2.1"), person.email, PASSWORD), *LIMITED)
    clock.advance(minutes=60)
    assert sign_in(api.at("127.0.2.1"), person.email, PASSWORD).status == 201


def test_reset_through_the_mailbox_opens_a_fresh_budget(person: Person, api: Api, run_jobs: Callable[[], int]) -> None:
    for number in range(10):
        guess(api.at(f"127.0.1.{number}"), person.email, 10)
    api.post("/account/recovery", {"email": person.email, "url": RETURN_URL})
    run_jobs()
    proof = {"userId": person.id, "secret": person.mailed_secret(), "password": "battery staple"}
    assert api.put("/account/recovery", proof).status == 200

    assert sign_in(api, person.email, "battery staple").status == 201


def test_sixty_wrong_passwords_from_one_client_in_all(people: People, api: Api) -> None:
    person = people.new()
    for number in range(60):
        guess(api, f"spray{number}@example.test", 1)

    assert_refused(sign_in(api, person.email, PASSWORD), *LIMITED)
    assert sign_in(api.at("127.0.0.2"), person.email, PASSWORD).status == 201


def test_forged_headers_make_no_other_client(person: Person, api: Api) -> None:
    for number in range(10):
        headers = {"X-Forwarded-For": f"198.51.100.{number}", "X-Real-IP": f"198.51.100.{number}"}
        body = {"email": person.email, "password": WRONG}
        assert_refused(api.post("/account/sessions/email", body, headers=headers), *INVALID)

    assert_refused(sign_in(api, person.email, PASSWORD), *LIMITED)


@pytest.mark.usefixtures("api")
@pytest.mark.parametrize(
    ("addresses", "last"),
    [
        ([f"2001:db8:1:2::{number:x}" for number in range(10)], 429),
        ([f"2001:db8:1:{number:x}::1" for number in range(10)], 401),
        ([f"::ffff:192.0.2.{number}" for number in range(10)], 401),
    ],
    ids=["one subscriber", "ten subscribers", "IPv4 in IPv6"],
)
def test_a_subscriber_has_all_addresses_of_a_64_bit_prefix(addresses: list[str], last: int) -> None:
    def from_address(address: str) -> int:
        body = json.dumps({"email": "nobody@example.test", "password": WRONG})
        headers = {"X-Appwrite-Project": "demo", "Content-Type": "application/json"}
        status: int = invoke("POST", "/account/sessions/email", body, source=address, **headers)["statusCode"]
        return status

    assert [from_address(address) for address in addresses] == [401] * 10
    assert from_address(addresses[0].replace("::", "::a") if last == 429 else addresses[0]) == last


@pytest.mark.parametrize("named", [True, False])
def test_key_lifts_no_budget_of_a_mailbox(person: Person, team: TeamApi, named: bool) -> None:
    """A rendering server asks for many clients, or names none of them."""
    for number in range(100):
        assert_refused(by_server(team, person.email, WRONG, f"192.0.2.{number}" if named else ""), *INVALID)

    for forwarded in ("198.51.100.7", ""):
        refused = by_server(team, person.email, PASSWORD, forwarded)
        assert_refused(refused, *LIMITED)
        assert 0 < int(refused.header("Retry-After") or 0) <= 3600
        assert (refused.header("X-RateLimit-Limit"), refused.header("X-RateLimit-Remaining")) == ("100", "0")


def test_key_lifts_no_budget_of_the_client_that_it_names(person: Person, team: TeamApi, api: Api) -> None:
    for _ in range(10):
        assert_refused(by_server(team, person.email, WRONG, "192.0.2.1, 10.0.0.1"), *INVALID)

    assert_refused(by_server(team, person.email, PASSWORD, "192.0.2.1"), *LIMITED)
    assert by_server(team, person.email, PASSWORD, "192.0.2.2").status == 201
    assert by_server(team, person.email, PASSWORD).status == 201
    assert sign_in(api, person.email, PASSWORD).status == 201, "the server's own address is not the client's"


def test_spraying_through_a_server_spends_the_budget_of_the_client(people: People, team: TeamApi) -> None:
    person = people.new()
    for number in range(60):
        assert_refused(by_server(team, f"spray{number}@example.test", WRONG, "192.0.2.1"), *INVALID)

    assert_refused(by_server(team, person.email, PASSWORD, "192.0.2.1"), *LIMITED)
    assert by_server(team, person.email, PASSWORD, "192.0.2.2").status == 201


def test_clients_that_a_server_does_not_name_share_no_budget(people: People, team: TeamApi, tables: Tables) -> None:
    person = people.new()
    for number in range(61):
        assert_refused(by_server(team, f"spray{number}@example.test", WRONG), *INVALID)

    assert by_server(team, person.email, PASSWORD).status == 201
    assert [item["id"] for item in tables.items("limits") if "|ip:" in item["id"] and "sessions" in item["id"]] == []


def test_client_has_one_budget_with_and_without_a_server(person: Person, team: TeamApi, api: Api) -> None:
    guess(api.at("127.0.0.9"), person.email, 10)

    assert_refused(by_server(team, person.email, PASSWORD, "127.0.0.9"), *LIMITED)


@pytest.mark.race
def test_of_wrong_passwords_through_a_server_ten_are_judged_at_once(person: Person, team: TeamApi) -> None:
    answers = at_once(30, lambda number: by_server(team, person.email, WRONG, "192.0.2.1"))

    assert Counter(answer.status for answer in answers) == {401: 10, 429: 20}


def test_right_passwords_are_not_counted(person: Person, api: Api, tables: Tables) -> None:
    for _ in range(12):
        assert sign_in(api, person.email, PASSWORD).status == 201

    assert [item for item in tables.items("limits") if "sessions/email" in item["id"]] == []


def test_right_password_gives_one_client_a_fresh_budget_and_no_other(person: Person, api: Api) -> None:
    """Else an account of one's own would refill the budget of one's address."""
    for number in range(50):
        guess(api, f"spray{number}@example.test", 1)
    guess(api, person.email, 9)
    assert sign_in(api, person.email, PASSWORD).status == 201

    guess(api, person.email, 1)

    assert_refused(sign_in(api, person.email), *LIMITED)


@pytest.mark.race
def test_at_most_ten_are_judged_however_many_come_at_once(person: Person, api: Api) -> None:
    answers = at_once(40, lambda number: sign_in(api, person.email, f"guess number {number}"))

    assert Counter(answer.status for answer in answers) == {401: 10, 429: 30}


@pytest.mark.race
def test_of_many_at_once_a_right_one_counts_only_within_the_budget(person: Person, api: Api) -> None:
    """The tenth wrong one is counted while the right one is being judged."""

    with meanwhile(lambda: guess(api, person.email, 10), times=inf):
        assert_refused(sign_in(api, person.email, PASSWORD), *LIMITED)


def test_blocked_owner_is_no_oracle(person: Person, api: Api, tables: Tables) -> None:
    api.patch(f"/users/{person.id}/status", {"status": False}, key="local-api-key")
    for _ in range(10):
        assert_refused(sign_in(api, person.email, PASSWORD), 403, "user_blocked")

    assert_refused(sign_in(api, person.email, PASSWORD), *LIMITED)


@pytest.mark.parametrize("password", [WRONG, PASSWORD])
@pytest.mark.parametrize("operation", ["update_item", "transact_write_items"])
def test_unreachable_counters_let_nobody_in(person: Person, api: Api, password: str, operation: str) -> None:
    broken = Faulty(refusal_of_aws("InternalServerError"), operation, real=aws.client("dynamodb"))
    needed = "update_item" if password == WRONG else "transact_write_items"

    with container.override("dynamodb", broken):
        answer = sign_in(api, person.email, password)

    if operation == needed:
        assert_refused(answer, 503, "general_service_unavailable")
        assert answer.header("Retry-After") == "1"
    else:
        assert answer.status == (401 if password == WRONG else 201)


# Of a signed-in user

CHANGES: list[Callable[[Person, str], Answer]] = [
    lambda person, old: person.patch("/account/password", {"password": "battery staple", "oldPassword": old}),
    lambda person, old: person.patch("/account/email", {"email": "new@example.test", "password": old}),
    lambda person, old: person.patch("/account/phone", {"phone": "+4915112345678", "password": old}),
]


def test_old_passwords_have_one_budget_over_all_changes_and_sessions(person: Person) -> None:
    for number in range(9):
        assert_refused(CHANGES[number % 3](person, WRONG), *INVALID)
    person.sign_in()
    person.api = person.api.at("127.0.0.2")
    assert_refused(CHANGES[0](person, WRONG), *INVALID)

    for change in CHANGES:
        refused = change(person, PASSWORD)
        assert_refused(refused, *LIMITED)
        assert 0 < int(refused.header("Retry-After") or 0) <= 3600
    assert person.get("/account").json["email"] == person.email


@pytest.mark.race
def test_of_old_passwords_at_once_ten_are_judged(person: Person) -> None:
    answers = at_once(30, lambda number: CHANGES[number % 3](person, WRONG))

    assert Counter(answer.status for answer in answers) == {401: 10, 429: 20}


@pytest.mark.parametrize("change", CHANGES)
def test_right_old_password_refills_it(person: Person, change: Callable[[Person, str], Answer]) -> None:
    for _ in range(9):
        CHANGES[1](person, WRONG)

    assert change(person, PASSWORD).status == 200

    assert_refused(CHANGES[2](person, WRONG), *INVALID)


def test_probing_addresses_by_changes_of_ones_own_is_limited(people: People) -> None:
    """409 tells who has an account."""
    known, person = people.new(), people.new()
    for _ in range(20):
        answer = person.patch("/account/email", {"email": known.email, "password": person.password})
        assert_refused(answer, 409, "user_target_already_exists")

    assert_refused(person.patch("/account/phone", {"phone": "+4915112345678", "password": PASSWORD}), *LIMITED)
