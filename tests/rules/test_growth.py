"""The figures of infra/GROWTH.md are those of the code, and its sizes are their multiples."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import fields

import pytest

from chalicelib.runtime.settings import Config
from chalicelib.storage import keys
from infra.bench.__main__ import REQUESTS
from infra.load.record import GROWTH_BOUND
from infra.local.stack import read_template
from tests.support.api import Api
from tests.support.cost import Cost, Place, counted
from tests.support.files import ROOT
from tests.support.person import PASSWORD, People, Person
from tests.support.tables import kept_as

PAGE = (ROOT / "infra" / "GROWTH.md").read_text()
OPERATION = (ROOT / "infra" / "README.md").read_text()
SIZES = (1, 10, 100, 1000)
DYNAMODB_MS = 8
REQUESTS_OF_A_FUNCTION = 10
"""A second, for each unit of concurrency (Lambda developer guide)."""
SECONDS_OF_A_MONTH = 730 * 3600


def rows(heading: str) -> dict[str, list[str]]:
    """The cells of the tables below a heading, by what stands first in their row."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    return {first: others for first, *others in cells}


def number(text: str) -> float:
    """The first in a text, such as 1,024."""
    found = re.search(r"\d[\d,]*(?:\.\d+)?", text)
    assert found, text
    return float(found[0].replace(",", ""))


def signing_in(person: Person) -> Cost:
    """With password and authenticator, on a process that has just read project and data keys."""
    _sign_in(person)
    person.clock.advance(seconds=60)
    person.get("/account")
    with counted() as cost:
        _sign_in(person)
    return cost


def _sign_in(person: Person) -> None:
    person.sign_in()
    assert person.get("/account/mfa/factors").status == 200
    assert person.answer(person.challenge("totp"), person.totp_code()).status == 200
    assert person.get("/account").status == 200


@pytest.fixture
def sign_in(people: People) -> Cost:
    return signing_in(people.new(authenticator=True, mfa=True))


def test_units_of_each_table(sign_in: Cost) -> None:
    told = rows("What a sign-in takes")

    assert {name: [int(cell) for cell in told[name]] for name in keys.TABLES} == {
        name: list(units) for name, units in sign_in.units.items()
    }
    assert [int(cell) for cell in told["all"]] == [sum(column) for column in zip(*sign_in.units.values(), strict=True)]


def test_calls_and_time_of_a_sign_in(sign_in: Cost) -> None:
    told = rows("What a sign-in takes")
    [billed] = re.findall(r"^\| 1,024 MB \| [\d,]+ ms \| (\d+) ms \|", OPERATION, re.MULTILINE)

    assert number(told["requests"][0]) == REQUESTS
    assert number(told["DynamoDB, one after the other"][0]) == sign_in.trips + sign_in.limit_trips
    assert (number(told["KMS"][0]), sign_in.kms) == (0, [])
    assert number(told["Lambda, 1,024 MB"][0]) == int(billed)


def test_what_it_costs_counts_the_same_units(sign_in: Cost) -> None:
    costs = OPERATION.partition("\n## What it costs\n")[2].partition("\n## ")[0]
    reads, writes = (sum(column) for column in zip(*sign_in.units.values(), strict=True))

    assert f"| DynamoDB writes | {writes}, with log and counters |" in costs
    assert f"| DynamoDB reads | {reads} |" in costs


def test_sign_up_writes_what_is_told(people: People, api: Api) -> None:
    """Of somebody with two names, which stand in the address too."""
    people.new()
    body = {"userId": "unique()", "email": "ada.lovelace@example.com", "name": "Ada Lovelace", "password": PASSWORD}
    with counted() as cost:
        assert api.post("/account", body).status == 201
    [(every, of_words)] = re.findall(r"A sign-up takes (\d+) write units, (\d+) of them in `words`", PAGE)

    assert (int(every), int(of_words)) == (
        sum(units.writes for units in cost.units.values()),
        cost.units["words"].writes,
    )


def test_each_size_is_a_multiple_of_one_sign_in(sign_in: Cost) -> None:
    units, calls = sign_in.units, sign_in.trips + sign_in.limit_trips
    of_one = rows("What a sign-in takes")
    milliseconds = number(of_one["Lambda, 1,024 MB"][0]) + calls * DYNAMODB_MS
    [dollars] = re.findall(r"\*\*about (\d+) USD\*\*", OPERATION)
    assert f"{dollars} USD a million sign-ins" in PAGE
    assert units["sessions"].writes == units["events"].writes
    assert units["users"].writes == units["challenges"].writes
    expected: dict[str, Callable[[int], float]] = {
        "requests a second": lambda size: size * REQUESTS,
        "functions at once, by Little's law": lambda size: math.ceil(size * round(milliseconds / 1000, 1)),
        "functions at once, for 10 requests a second each": lambda size: math.ceil(
            size * REQUESTS / REQUESTS_OF_A_FUNCTION
        ),
        "read units of users": lambda size: size * units["users"].reads,
        "write units of limits": lambda size: size * units["limits"].writes,
        "write units of sessions, of events": lambda size: size * units["sessions"].writes,
        "write units of users, of challenges": lambda size: size * units["users"].writes,
        "logs, KB a second": lambda size: size * number(of_one["logs"][0]),
        "USD a month, if it never ends": lambda size: round(size * int(dollars) * SECONDS_OF_A_MONTH / 1e6),
    }
    told = rows("What each size takes")

    assert [number(cell) for cell in told.pop("Sign-ins a second")] == list(SIZES)
    assert {name: [number(cell) for cell in cells] for name, cells in told.items() if name != "---"} == {
        name: [value(size) for size in SIZES] for name, value in expected.items()
    }


def test_hottest_tables_are_those_that_are_named(sign_in: Cost) -> None:
    """By them the parameters say how far the tables go when they are new."""
    assert max(sign_in.units, key=lambda table: sign_in.units[table].reads) == "users"
    assert max(sign_in.units, key=lambda table: sign_in.units[table].writes) == "limits"
    assert f"{12_000 // sign_in.units['users'].reads:,} sign-ins a second by `users`" in PAGE
    assert f"{4_000 // sign_in.units['limits'].writes:,} sign-ins a second by `limits`" in PAGE


def counters(places: set[Place]) -> set[str]:
    """Their names, without the end of their window."""
    return {place.key[0].rpartition("|")[0] for place in places}


@pytest.mark.parametrize(
    ("addresses", "item"),
    [
        (("127.1.0.1", "127.1.0.2"), set()),
        (("127.1.0.1", "127.1.0.1"), {kept_as("POST /account/sessions/email|ip:127.1.0.1")}),
    ],
    ids=["two addresses", "one address"],
)
def test_sign_ins_of_two_people_have_no_item_in_common_but_their_address(
    people: People, addresses: tuple[str, str], item: set[str]
) -> None:
    costs = []
    for address in addresses:
        person = people.new(authenticator=True, mfa=True)
        person.api = person.api.at(address)
        costs.append(signing_in(person))

    one, other = costs
    assert counters(one.written & other.written) == item
    assert counters(one.read & other.read) == item
    assert "POST /account/sessions/email\\|ip:<address>" in PAGE


def test_codes_by_sms_write_two_items_of_everybody(people: People) -> None:
    costs = []
    for address in ("127.1.0.1", "127.1.0.2"):
        person = people.new(phone_verified=True)
        person.api = person.api.at(address)
        person.clock.advance(seconds=60)
        with counted() as cost:
            person.challenge("phone")
        costs.append(cost)

    one, other = costs
    assert counters(one.written & other.written) == {"sms|all", "sms|sent|DE"}
    assert "`sms\\|all` and `sms\\|sent\\|<country>`" in PAGE


def test_settings_that_are_named_have_these_values() -> None:
    defaults = {field.name: field.default for field in fields(Config)}

    assert f"`MFA_SMS_PER_DAY` ({defaults['sms_per_day']:,})" in PAGE
    assert f"bounded by {defaults['sign_ins_per_client']} sign-ins an hour from one address" in PAGE
    assert f"up to {defaults['wrong_passwords_per_address']} times an hour and address" in PAGE
    assert f"{defaults['wrong_passwords_per_email']} times and e-mail" in PAGE


def test_parameters_have_these_names_and_defaults() -> None:
    template = read_template("dev")["Parameters"]
    told = {name.strip("`"): number(default) for name, (default, _) in rows("Parameters").items() if name[0] == "`"}
    group = OPERATION.partition("\n**Growth**\n")[2].partition("\n## ")[0]

    assert told == {name: template[name]["Default"] for name in told}
    assert list(told) == re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.*?) \|", group, re.MULTILINE)))


def test_load_run_is_that_of_the_picture() -> None:
    picture = (ROOT / "infra" / "growth.svg").read_text()
    [title] = re.findall(r"(\d+ clients, \d+ minutes: [\d,]+ sign-ins, [\d,]+ requests)", picture)
    section = " ".join(PAGE.partition("\n## A load run\n")[2].split())

    assert title in section
    assert f"by more than {GROWTH_BOUND:g} MB a minute" in section
