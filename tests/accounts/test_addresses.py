"""An e-mail address and a phone number have one form each, at every endpoint that takes one.

The endpoints are found in their definitions, so a new one is tried, too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from chalicelib.api import ROUTES
from chalicelib.delivery import mail_addresses
from chalicelib.runtime import container, settings
from chalicelib.web import parameters
from chalicelib.web.declaration import Served
from chalicelib.web.parameters import Rule
from infra.local.inbox import Inbox
from tests.routes import OF_IMPORTS
from tests.support.api import KEY, Answer, Api, TeamApi
from tests.support.clock import Clock
from tests.support.inputs import refuses
from tests.support.person import PASSWORD, RETURN_URL, People, Person

MAILBOX, NUMBER = "taken@example.test", "+447400123456"
SPELLED = {
    "email": [
        *(
            f" {MAILBOX}  ",
            f"\t{MAILBOX}\r\n",
            f"\u00a0{MAILBOX}\u2003",
            f"\u3000{MAILBOX}\u202f",
            "Taken@Example.TEST",
        ),
    ],
    "phone": [
        *("+44 7400 123456", "+44-7400-123-456", "(+44) 7400.123456", "+44\u00a07400\u2011123456\n"),
        *("+4407400123456", "+44 (0) 7400 123456", "\u202a+44 7400 123456\u202c"),
    ],
}
WRONG = {
    "email": ["", "taken", "1@1.1", "taken@example.test.", "a@" + ".".join(["b" * 63] * 4), "taken\u200b@example.test"],
    "phone": ["", "07400123456", "+44 00 7400 123456", "+447400123456x", "\uff0b447400123456", "+34 0 612 345 678"],
}
OTHERS = {"userId": "unique()", "password": PASSWORD, "url": RETURN_URL}
"""What endpoints ask for beside an address."""
HASHED = {route.path: route.body or {} for route in OF_IMPORTS}


SERVED = [served for routes in ROUTES for served in routes.served]


class Place(NamedTuple):
    """A parameter of an endpoint that is an address of that kind."""

    served: Served
    path: str
    name: str
    kind: str

    def __str__(self) -> str:
        return f"{self.served.method} {self.path} {self.name}"


def kind_of(rule: Rule) -> str:
    kinds: dict[Rule, str] = {
        parameters.email: "email",
        parameters.email_or_none: "email",
        parameters.phone: "phone",
        parameters.textable: "phone",
    }
    return kinds.get(rule, "")


def places() -> Iterator[Place]:
    for served in SERVED:
        for name, parameter in served.definition.params.items():
            if kind := kind_of(parameter.rule):
                yield from (Place(served, path, name, kind) for path in served.paths)


PLACES = pytest.mark.parametrize("place", list(places()), ids=str)


@pytest.fixture
def owner(people: People) -> Person:
    """Whose address and number are asked for."""
    owner = people.new(email=MAILBOX, email_verified=True)
    owner.set_phone(NUMBER)
    owner.verify_phone()
    return owner


@pytest.fixture
def unlimited(api: Api) -> Iterator[None]:
    with container.override("config", replace(settings.config(), rate_limits=False)):
        yield


def ask(caller: Person, place: Place, value: str) -> Answer:
    definition = place.served.definition
    needed = {name for name, each in definition.params.items() if each.default is parameters.REQUIRED} - {place.name}
    others = {**OTHERS, **HASHED.get(place.path, {})}
    body = {**{name: others[name] for name in needed}, place.name: value}
    options: dict[str, Any] = (
        {"key": KEY} if definition.key else {"session": caller.session} if definition.signed_in else {}
    )
    return caller.api.call(place.served.method, place.path.format(userId=caller.id), body, **options)


def test_addresses_are_found_where_they_are_known_to_be() -> None:
    assert {(place.served.definition.path, place.name) for place in places()} >= {
        *(("/account", "email"), ("/account/email", "email"), ("/account/recovery", "email")),
        *(("/account/sessions/email", "email"), ("/users", "email"), ("/users", "phone")),
        *(("/account/phone", "phone"), ("/account/tokens/phone", "phone")),
    }


def test_no_parameter_of_that_name_goes_without_the_rule() -> None:
    """And each has the name under which it is counted in its one form."""
    named = [
        (served.definition.path, name, kind_of(parameter.rule))
        for served in SERVED
        for name, parameter in served.definition.params.items()
        if kind_of(parameter.rule) or (name in parameters.ADDRESSES and parameter.rule is not parameters.boolean)
    ]

    assert [each for each in named if each[1] != each[2]] == []


@PLACES
def test_every_spelling_is_the_same_address(
    place: Place,
    owner: Person,
    people: People,
    clock: Clock,
    inbox: Inbox,
    unlimited: None,
    run_jobs: Callable[[], int],
) -> None:
    stranger = people.new()
    run_jobs()

    def outcome(value: str) -> tuple[int, str, list[str]]:
        clock.advance(minutes=2)
        inbox.clear()
        answer = ask(stranger, place, value)
        run_jobs()
        return answer.status, answer.json.get("type", ""), [message.to for message in inbox.messages()]

    canonical = {"email": MAILBOX, "phone": NUMBER}[place.kind]
    expected = outcome(canonical)
    assert expected[0] == 409 or (expected[0] == 201 and expected[2] in ([], [canonical]))
    assert {value: outcome(value) for value in SPELLED[place.kind]} == dict.fromkeys(SPELLED[place.kind], expected)


@PLACES
def test_what_is_no_address_is_a_400_and_changes_nothing(
    place: Place, owner: Person, people: People, unlimited: None, run_jobs: Callable[[], int], tables: Any
) -> None:
    stranger = people.new()
    run_jobs()
    before = tables.everything()

    removes = place.served.definition.params[place.name].rule is parameters.email_or_none
    for value in WRONG[place.kind][removes:]:
        answer = ask(stranger, place, value)
        assert (answer.status, answer.json["type"]) == (400, "general_argument_invalid"), value
        assert f"`{place.name}`" in answer.json["message"]
    assert run_jobs() == 0
    assert tables.everything() == before


def test_address_is_kept_and_shown_in_its_one_form(api: Api, team: TeamApi, person: Person, inbox: Inbox) -> None:
    made = team.post("/users", {"userId": "ada", "email": "\u00a0Ada@Example.TEST\n", "phone": "+44 (0) 7400 123457"})
    assert (made.json["email"], made.json["phone"]) == ("ada@example.test", "+447400123457")
    signed_up = api.post("/account", {"userId": "bob", "email": "\tBob@Example.test ", "password": PASSWORD})
    assert signed_up.json["email"] == "bob@example.test"
    changed = person.patch("/account/email", {"email": " Cy@Example.test\r\n", "password": PASSWORD})
    assert changed.json["email"] == "cy@example.test"
    changed = person.patch("/account/phone", {"phone": "+44 (0)7400 123-458", "password": PASSWORD})
    assert changed.json["phone"] == "+447400123458"
    assert person.post("/account/verifications/phone").status == 201
    assert [each.to for each in inbox.messages("+44-7400 123458")] == ["+447400123458"]


def test_phone_signs_in_to_one_account_however_its_number_is_typed(api: Api, inbox: Inbox, clock: Clock) -> None:
    signed_in = []
    for spelled in [NUMBER, *SPELLED["phone"]]:
        clock.advance(minutes=31)
        asked = api.post("/account/tokens/phone", {"userId": "unique()", "phone": spelled}).json
        proof = {"userId": asked["userId"], "secret": inbox.messages(NUMBER)[0].code}
        signed_in.append(api.post("/account/sessions/token", proof).json["userId"])

    assert len(signed_in) == 8
    assert len(set(signed_in)) == 1


# Budgets


@pytest.mark.parametrize(
    ("path", "body", "kind", "most"),
    [
        ("/account/tokens/phone", {"userId": "unique()"}, "phone", 3),
        ("/account/recovery", {"url": RETURN_URL}, "email", 3),
        ("/account/sessions/email", {"password": "a wrong one"}, "email", 10),
    ],
)
def test_spellings_share_the_budget_of_one_client(
    owner: Person, clock: Clock, path: str, body: dict[str, str], kind: str, most: int
) -> None:
    statuses = []
    for number in range(most + 1):
        clock.advance(seconds=31)
        spelled = SPELLED[kind][number % len(SPELLED[kind])]
        statuses.append(owner.api.post(path, {**body, kind: spelled}).status)

    assert 429 not in statuses[:-1]
    assert statuses[-1] == 429


def test_spellings_share_the_budget_of_the_number(api: Api, clock: Clock) -> None:
    statuses = []
    for number, spelled in enumerate(SPELLED["phone"][:6]):
        clock.advance(seconds=31)
        body = {"userId": "unique()", "phone": spelled}
        statuses.append(api.at(f"127.0.0.{number + 2}").post("/account/tokens/phone", body).status)

    assert statuses == [201] * 5 + [429]


# isemail's list


ROWS = json.loads((Path(__file__).parents[1] / "data" / "email_addresses.json").read_text())["addresses"]


def reason(row: dict[str, Any]) -> str:
    """Why an address is judged otherwise than by PHP's FILTER_VALIDATE_EMAIL, which is upstream's check."""
    address = row["address"]
    if not row["php"]:
        return "white space around it is left out" if address != address.strip() else ""
    if address.startswith('"'):
        return "SES is never given a quoted local part, which can hold control characters, blanks and more @"
    if address.endswith("]"):
        return "an address literal (RFC 5321 4.1.3) is a host without a name, to which SES sends nothing"
    return ""


DIFFERENCES = {
    "white space around it is left out": 31,
    "SES is never given a quoted local part, which can hold control characters, blanks and more @": 14,
    "an address literal (RFC 5321 4.1.3) is a host without a name, to which SES sends nothing": 7,
}


def test_every_difference_from_upstreams_check_is_meant() -> None:
    differing = [row for row in ROWS if refuses(parameters.email, row["address"]) == row["php"]]

    assert [row for row in differing if not reason(row)] == []
    found = [reason(row) for row in differing]
    assert {each: found.count(each) for each in found} == DIFFERENCES


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['id']}-{row['address'][:30]!a}")
def test_address_that_is_taken_can_be_mailed_to(row: dict[str, Any]) -> None:
    """By what isemail says of it: nothing that RFC 5321 does not know, and a name that DNS can have."""
    address = mail_addresses.in_one_form(row["address"])

    if address:
        assert address == row["address"].strip().lower()
        around = row["address"] != row["address"].strip()
        assert around or row["diagnosis"] in ("VALID", "DNSWARN_NO_RECORD", "DNSWARN_NO_MX_RECORD", "RFC5321_TLD", "")


# libphonenumber's example numbers


class Mobile(NamedTuple):
    """An example of a mobile number: its calling code, the digits after, and the region's trunk prefix."""

    region: str
    code: str
    digits: str
    trunk: str

    @property
    def canonical(self) -> str:
        return f"+{self.code}{self.digits}"


def mobiles() -> Iterator[Mobile]:
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        number = phonenumbers.example_number_for_type(region, PhoneNumberType.MOBILE)
        if number:
            written, code = phonenumbers.format_number(number, PhoneNumberFormat.E164), str(number.country_code)
            trunk = phonenumbers.ndd_prefix_for_region(region, strip_non_digits=True) or ""
            yield Mobile(region, code, written[1 + len(code) :], trunk)


MOBILES = list(mobiles())
STYLES = [
    *("+{code}{trunk}{digits}", "+{code} {trunk}{digits}", "+{code} ({trunk}) {digits}", "+{code} ({trunk}){digits}"),
    *("+{code}-{trunk}-{digits}", "+{code}\u00a0{trunk}\u2009{digits}", "(+{code}) {trunk} {digits}\n"),
]


def typed(mobile: Mobile, trunk: str) -> list[str]:
    """The number in every style, once with its digits together and once in pairs."""
    pairs = " ".join(mobile.digits[at : at + 2] for at in range(0, len(mobile.digits), 2))
    parts = [(style, digits) for style in STYLES for digits in (mobile.digits, pairs, pairs.replace(" ", "-"))]
    return [style.format(code=mobile.code, trunk=trunk, digits=digits).replace("()", "") for style, digits in parts]


def taken_as(spelled: str) -> str:
    """What a number is taken for; empty when it is refused."""
    return "" if refuses(parameters.phone, spelled) else str(parameters.phone(spelled))


def test_there_is_an_example_for_nearly_every_region() -> None:
    assert len(MOBILES) > 240
    assert sum(bool(mobile.trunk) for mobile in MOBILES) > 140


@pytest.mark.parametrize("mobile", MOBILES, ids=lambda mobile: mobile.region)
def test_mobile_number_is_taken_in_every_style(mobile: Mobile) -> None:
    assert {taken_as(spelled) for spelled in typed(mobile, "")} == {mobile.canonical}


NOT_STRIPPED = {"CO"}
"""Where libphonenumber takes the trunk prefix off landlines only. With it, a mobile number is refused."""


@pytest.mark.parametrize("mobile", [each for each in MOBILES if each.trunk], ids=lambda mobile: mobile.region)
def test_trunk_prefix_makes_no_second_number(mobile: Mobile) -> None:
    expected = "" if mobile.region in NOT_STRIPPED else mobile.canonical

    assert {taken_as(spelled) for spelled in typed(mobile, mobile.trunk)} == {expected}


ITALIAN = {"IT", "VA"}
"""Landlines begin with a zero there, and some go on as mobile numbers do: +39 031 ... is one in Como."""


@pytest.mark.parametrize("mobile", MOBILES, ids=lambda mobile: mobile.region)
@pytest.mark.parametrize("trunk", ["0", "00"])
def test_zero_where_none_belongs_makes_no_second_number(mobile: Mobile, trunk: str) -> None:
    taken = {taken_as(spelled) for spelled in typed(mobile, trunk)}

    if mobile.region in ITALIAN and trunk == "0":
        (other,) = taken
        assert phonenumbers.number_type(phonenumbers.parse(other)) == PhoneNumberType.FIXED_LINE
    else:
        assert taken in ({""}, {mobile.canonical})
