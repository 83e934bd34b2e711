"""GET /users with filters and orders: each method and attribute, ways that cost little, and what is refused."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from chalicelib.accounts import lists
from chalicelib.storage import keys
from chalicelib.timestamps import iso
from tests.api.users.test_list import ids, query
from tests.support.api import Answer, TeamApi, assert_refused
from tests.support.cost import counted
from tests.support.many import Keep, user
from tests.support.tables import Tables

Ask = dict[str, Any]


def ask(method: str, attribute: str = "", *values: Any) -> Ask:
    named = {"attribute": attribute} if attribute else {}
    return {"method": method, **named, "values": list(values)}


def found(team: TeamApi, *queries: Ask | str, rest: str = "") -> Answer:
    texts = [each if isinstance(each, str) else json.dumps(each) for each in queries]
    pairs = [f"queries[{number}]={quote(each)}" for number, each in enumerate(texts)]
    return team.get("/users?" + "&".join([*pairs, rest]))


@pytest.fixture
def four(keep: Keep, tables: Tables) -> None:
    """Four users who differ in everything, oldest first."""
    keep(
        user(1, name="Ann Archer", email="ann@one.test", email_verified=True, labels=["vip", "Beta"]),
        user(
            2, name="bob", phone="+4915112345678", phone_by_team=True, blocked=True, accessed=5000, password_pwned=False
        ),
        user(3, name="Cecil", email="cecil@two.test", password_updated=3000, password_pwned=True, labels=["beta"]),
        user(4, name="Ann-Marie", phone="+4915112345679", phone_verified=True, updated=9000),
    )
    tables.put({keys.preferences("u0001"): {"updated": 7000, "text": "{}"}})


BOB = ask("equal", "name", "bob")
MATCHES: list[tuple[Ask, str]] = [
    (ask("equal", "$id", "u0002", "u0004", "nobody"), "24"),
    (ask("notEqual", "$id", "u0002"), "134"),
    (ask("startsWith", "$id", "u0"), "1234"),
    (ask("equal", "$id", "U0002"), ""),
    (ask("equal", "email", "ANN@one.test", "cecil@two.test"), "13"),
    (ask("notEqual", "email", "ann@one.test"), "3"),
    (ask("endsWith", "email", ".test"), "13"),
    (ask("notEndsWith", "email", "one.test"), "3"),
    (ask("startsWith", "email", "ann@"), "1"),
    (ask("contains", "email", "@one", "@two"), "13"),
    (ask("isNull", "email"), "24"),
    (ask("isNotNull", "email"), "13"),
    (ask("equal", "phone", "+4915112345678"), "2"),
    (ask("startsWith", "phone", "+4915"), "24"),
    (ask("isNull", "phone"), "13"),
    (ask("equal", "name", "ann archer"), "1"),
    (ask("equal", "name", "BOB", "Cecil"), "23"),
    (ask("notEqual", "name", "Bob"), "134"),
    (ask("startsWith", "name", "ann"), "14"),
    (ask("startsWith", "name", "Ann A"), "1"),
    (ask("startsWith", "name", "ann-", "c"), "34"),
    (ask("notStartsWith", "name", "ann"), "23"),
    (ask("contains", "name", "c"), "13"),
    (ask("notContains", "name", "c"), "24"),
    (ask("lessThan", "name", "bob"), "14"),
    (ask("lessThanEqual", "name", "bob"), "124"),
    (ask("greaterThan", "name", "bob"), "3"),
    (ask("greaterThanEqual", "name", "bob"), "23"),
    (ask("between", "name", "b", "c"), "2"),
    (ask("notBetween", "name", "b", "c"), "134"),
    (ask("equal", "status", False), "2"),
    (ask("equal", "status", True, False), "1234"),
    (ask("notEqual", "status", False), "134"),
    (ask("equal", "emailVerification", True), "1"),
    (ask("equal", "phoneVerification", True), "4"),
    (ask("equal", "impersonator", True), ""),
    (ask("equal", "labels", "BETA"), "13"),
    (ask("contains", "labels", "vip", "other"), "1"),
    (ask("notContains", "labels", "vip"), "234"),
    (ask("containsAny", "labels", "vip", "other"), "1"),
    (ask("containsAll", "labels", "BETA", "vip"), "1"),
    (ask("containsAll", "labels", "vip", "other"), ""),
    (ask("equal", "passwordPwned", True), "3"),
    (ask("notEqual", "passwordPwned", True), "2"),
    (ask("isNull", "passwordPwned"), "14"),
    (ask("isNull", "passwordUpdate"), "124"),
    (ask("greaterThan", "passwordUpdate", iso(2999)), "3"),
    (ask("greaterThan", "accessedAt", "1970-01-01T00:00:04Z"), "2"),
    (ask("greaterThanEqual", "$updatedAt", iso(7000)), "14"),
    (ask("equal", "$createdAt", iso(1002)), "2"),
    (ask("equal", "registration", iso(1002), iso(1003)), "23"),
    (ask("notEqual", "$createdAt", iso(1002)), "134"),
    (ask("lessThan", "$createdAt", iso(1003)), "12"),
    (ask("lessThanEqual", "$createdAt", iso(1003)), "123"),
    (ask("greaterThan", "registration", iso(1003)), "4"),
    (ask("greaterThanEqual", "registration", iso(1003)), "34"),
    (ask("between", "$createdAt", iso(1002), iso(1003)), "23"),
    (ask("between", "$createdAt", iso(1003), iso(1002)), ""),
    (ask("notBetween", "$createdAt", iso(1002), iso(1003)), "14"),
    (ask("or", "", ask("equal", "name", "bob"), ask("equal", "status", True)), "1234"),
    (ask("or", "", ask("equal", "name", "bob"), ask("equal", "$id", "u0004")), "24"),
    (ask("and", "", ask("startsWith", "name", "ann"), ask("isNull", "email")), "4"),
    (
        ask(
            "or",
            "",
            ask("and", "", ask("equal", "labels", "beta"), ask("contains", "name", "c")),
            ask("isNull", "name"),
        ),
        "13",
    ),
]


@pytest.mark.usefixtures("four")
@pytest.mark.parametrize(("asked", "numbers"), MATCHES, ids=lambda value: value if isinstance(value, str) else "")
def test_filter_finds(team: TeamApi, asked: Ask, numbers: str) -> None:
    wanted = [f"u000{number}" for number in numbers]

    answer = found(team, asked)

    assert (ids(answer), answer.json["total"]) == (wanted, len(wanted))
    assert ids(found(team, asked, rest="total=false")) == wanted


@pytest.mark.usefixtures("four")
def test_every_filter_must_be_passed_and_the_search_as_well(team: TeamApi) -> None:
    ann = ask("startsWith", "name", "ann")
    assert ids(found(team, ann, ask("isNotNull", "email"))) == ["u0001"]
    assert ids(found(team, ask("equal", "$id", "u0001", "u0003"), ask("equal", "$id", "u0003", "u0004"))) == ["u0003"]
    assert ids(found(team, ask("isNull", "email"), rest="search=ann")) == ["u0004"]
    assert ids(found(team, ask("equal", "email", "ann@one.test"), rest="search=cecil")) == []
    assert ids(found(team, ask("greaterThan", "$createdAt", iso(1001)), ask("equal", "status", True))) == [
        *("u0003", "u0004")
    ]


@pytest.mark.usefixtures("four")
@pytest.mark.parametrize(
    ("attribute", "upwards"),
    [
        *(("name", "1423"), ("email", "2413"), ("phone", "1324"), ("status", "2134"), ("accessedAt", "1342")),
        *(("$updatedAt", "2314"), ("$id", "1234"), ("$createdAt", "1234"), ("registration", "1234")),
        *(("$sequence", "1234"), ("passwordUpdate", "1243"), ("emailVerification", "2341")),
    ],
)
def test_order(team: TeamApi, attribute: str, upwards: str) -> None:
    wanted = [f"u000{number}" for number in upwards]
    up = ask("orderAsc", attribute)
    assert ids(found(team, up)) == wanted
    assert ids(found(team, up, query("limit", 2), query("cursorAfter", wanted[0]))) == wanted[1:3]
    assert ids(found(team, up, query("limit", 2), query("cursorBefore", wanted[3]))) == wanted[1:3]
    assert ids(found(team, up, query("limit", 2), query("offset", 1))) == wanted[1:3]

    down = ids(found(team, ask("orderDesc", attribute)))
    assert sorted(down) == sorted(wanted)
    assert found(team, ask("orderDesc", attribute), query("cursorAfter", down[1])).json["users"][0]["$id"] == down[2]


@pytest.mark.usefixtures("four")
def test_second_order_decides_where_the_first_does_not(team: TeamApi) -> None:
    orders = ask("orderAsc", "emailVerification"), ask("orderDesc", "name")

    assert ids(found(team, *orders)) == ["u0003", "u0002", "u0004", "u0001"]


@pytest.mark.usefixtures("four")
def test_cursor_that_does_not_pass_the_filters_is_a_place_all_the_same(team: TeamApi) -> None:
    blocked = ask("equal", "status", True)
    for total in ("true", "false"):
        rest = f"total={total}"
        assert ids(found(team, blocked, query("cursorAfter", "u0002"), rest=rest)) == ["u0003", "u0004"]
        assert ids(found(team, blocked, query("cursorBefore", "u0002"), rest=rest)) == ["u0001"]
    created = ask("greaterThan", "$createdAt", iso(1002))
    assert ids(found(team, created, query("cursorAfter", "u0001"))) == ["u0003", "u0004"]
    assert ids(found(team, created, query("cursorBefore", "u0001"))) == []
    assert_refused(found(team, blocked, query("cursorAfter", "x")), 400, "general_cursor_not_found")
    assert_refused(found(team, ask("equal", "$id", "x"), query("cursorAfter", "x")), 400, "general_cursor_not_found")


NO_FILTERS = [
    *(ask("equal", "shoes", "x"), ask("equal", "", "x"), ask("orderAsc", "shoes"), ask("orderAsc", "labels")),
    *(ask("select", "", "name"), ask("sideways", "name", "x"), ask("equal", "name"), ask("notEqual", "name", "a", "b")),
    *(ask("equal", "name", 1), ask("equal", "name", None), ask("equal", "name", ["a"]), ask("equal", "status", "true")),
    *(ask("equal", "status", 1), ask("startsWith", "status", True), ask("lessThan", "labels", "x")),
    *(ask("startsWith", "$createdAt", "2020"), ask("equal", "$createdAt", "x"), ask("equal", "$createdAt", 5)),
    *(ask("between", "name", "a"), ask("between", "name", "a", "b", "c"), ask("isNull", "name", "x")),
    *(ask("equal", "$sequence", "1"), ask("equal", "name", *["x"] * 501), ask("or", ""), ask("or", "", "x")),
    *(ask("and", "", ask("limit", "", 1)), ask("and", "", ask("orderAsc", "name")), {"method": "equal", "values": {}}),
    ask("or", "", ask("or", "", ask("or", "", ask("equal", "name", "x")))),
    ask("or", "", *[ask("equal", "name", "x")] * 101),
    {"method": "equal", "attribute": ["name"], "values": ["x"]},
]


@pytest.mark.parametrize("asked", NO_FILTERS, ids=lambda asked: json.dumps(asked)[:40])
def test_what_is_no_filter_is_refused(team: TeamApi, asked: Ask) -> None:
    answer = found(team, asked)

    assert_refused(answer, 400, "general_argument_invalid")
    assert answer.json["message"].startswith("Invalid `queries` param: Invalid query: ")


@pytest.mark.parametrize("method", ["select", "orderRandom", "regex", "sideways"])
def test_method_that_is_not_served_is_refused_with_those_that_are(team: TeamApi, method: str) -> None:
    [users, logs] = (
        team.get(f"{path}?queries[0]={quote(json.dumps(ask(method)))}") for path in ("/users", "/users/u0001/logs")
    )

    assert (
        users.json["message"].split("Invalid query: ")[1].startswith("there is no such method here; there are limit,")
    )
    assert "startsWith" in users.json["message"]
    assert logs.json["message"].endswith("there are limit, offset, cursorAfter, cursorBefore")


def test_search_of_one_attribute_is_refused_with_what_to_use(team: TeamApi) -> None:
    answer = found(team, ask("search", "name", "ann"))

    assert_refused(answer, 400, "general_query_invalid")
    assert "`search`" in answer.json["message"]


@pytest.fixture
def crowd(keep: Keep, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """More users than one request reads, every tenth of them blocked; the ids of those."""
    monkeypatch.setattr(lists, "MOST_READ", 100)
    keep(*(user(number, name=f"Name{number:03d} Same", blocked=number % 10 == 9) for number in range(120)))
    return [f"u{number:04d}" for number in range(9, 120, 10)]


BLOCKED = ask("equal", "status", False)


def test_list_that_would_read_too_many_is_refused_with_what_to_use(team: TeamApi, crowd: list[str]) -> None:
    for asked in ([BLOCKED], [ask("orderAsc", "name")], [BLOCKED, ask("orderDesc", "$createdAt")]):
        with counted() as cost:
            answer = found(team, *asked)

        assert_refused(answer, 400, "general_query_invalid")
        assert "total=false" in answer.json["message"]
        assert cost.read_units < 10  # refused before any of them is read


def test_page_that_can_be_decided_is_whole(team: TeamApi, crowd: list[str]) -> None:
    """In order of creation and without total as many are read as it takes; never is a part given for the whole."""
    rest = "total=false"
    assert ids(found(team, BLOCKED, query("limit", 5), rest=rest)) == crowd[:5]
    assert ids(found(team, BLOCKED, query("limit", 5), query("cursorAfter", crowd[4]), rest=rest)) == crowd[5:10]
    assert ids(found(team, BLOCKED, query("limit", 3), query("cursorBefore", crowd[4]), rest=rest)) == crowd[1:4]
    down = ask("orderDesc", "$createdAt")
    assert ids(found(team, BLOCKED, down, query("limit", 3), rest=rest)) == crowd[:-4:-1]
    assert_refused(found(team, BLOCKED, query("limit", 25), rest=rest), 400, "general_query_invalid")

    narrow = ask("greaterThan", "$createdAt", iso(1030))
    answer = found(team, BLOCKED, narrow)
    assert (ids(answer), answer.json["total"]) == (crowd[3:], len(crowd[3:]))
    assert ids(found(team, ask("orderDesc", "name"), narrow, query("limit", 1))) == ["u0119"]
    assert found(team, BLOCKED, rest="search=name01").json["total"] == 1


@pytest.mark.usefixtures("crowd")
def test_ids_and_addresses_are_looked_up_as_many_as_a_filter_may_have(team: TeamApi, keep: Keep) -> None:
    some = range(200, 260)
    keep(*(user(number, email=f"{number}@example.test") for number in some))
    wanted = [f"u{number:04d}" for number in some]
    strangers = [f"nobody{number}" for number in range(30)]
    limit = query("limit", 100)

    assert ids(found(team, ask("equal", "$id", *wanted, *strangers), limit)) == wanted
    addresses = (f"{each}@example.test" for each in (*some, *strangers))
    assert ids(found(team, ask("equal", "email", *addresses), limit)) == wanted


@pytest.mark.parametrize(
    ("asked", "trips"),
    [
        (ask("equal", "$id", "u0002"), 1),
        (ask("equal", "email", "ann@one.test"), 2),
        (ask("equal", "phone", "+4915112345678"), 2),
        (ask("equal", "labels", "vip"), 3),
        (ask("containsAll", "labels", "vip", "beta"), 3),
        (ask("startsWith", "name", "ann"), 2),
        (ask("greaterThan", "$createdAt", iso(1001)), 3),
    ],
)
@pytest.mark.usefixtures("four")
def test_what_is_looked_up_costs_a_few_reads(
    team: TeamApi,
    keep: Keep,
    asked: Ask,
    trips: int,
) -> None:
    keep(*(user(number, name="Nobody") for number in range(100, 160)))
    found(team, asked)

    with counted() as cost:
        found(team, asked)

    assert cost.trips == trips


def test_values_that_can_be_no_key_find_nobody(team: TeamApi) -> None:
    for attribute in ("$id", "email", "phone"):
        for value in ("", "x" * 5000, "#"):
            assert found(team, ask("equal", attribute, value)).json == {"total": 0, "users": []}
    assert found(team, ask("equal", "labels", "")).json == {"total": 0, "users": []}
    assert found(team, ask("equal", "name", "")).json == {"total": 0, "users": []}
