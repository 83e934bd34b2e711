"""GET /users: order, pages, cursors, total, and what is no query."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from chalicelib.accounts import lists
from chalicelib.models import User
from chalicelib.runtime import aws, container
from chalicelib.storage import keys, user_list
from chalicelib.storage.items import attributes
from tests.support.api import Answer, TeamApi, assert_refused
from tests.support.clock import Clock
from tests.support.cost import counted
from tests.support.person import Person
from tests.support.tables import Tables

MANY = 60
"""More than the default limit, and more than one BatchGetItem takes."""


@pytest.fixture
def many(tables: Tables, team: TeamApi, clock: Clock) -> list[str]:
    """So many users, put into the table as sign-ups would; their ids, oldest first."""
    ids = [f"user-{number:02d}" for number in reversed(range(MANY))]  # not in the order of their names
    items = {}
    for user_id in ids:
        now = int(clock() * 1000)
        user = User(id=user_id, created=now, updated=now, accessed=now, generation=1)
        items[keys.user(user_id)] = {**attributes(user), "listed": keys.LISTED}
    tables.put(items)
    return ids


class SmallPages:
    """A client of DynamoDB whose queries find seven items at once."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def __getattr__(self, operation: str) -> Any:
        return getattr(self._real, operation)

    def query(self, **given: Any) -> Any:
        return self._real.query(**given, Limit=7)


def query(method: str, *values: Any) -> str:
    return json.dumps({"method": method, "values": list(values)})


def users(team: TeamApi, *queries: Any, style: str = "queries[{}]", rest: str = "") -> Answer:
    texts = [each if isinstance(each, str) else json.dumps(each) for each in queries]
    pairs = [f"{style.format(at)}={quote(text)}" for at, text in enumerate(texts)]
    return team.get("/users?" + "&".join([*pairs, rest]))


def ids(answer: Answer) -> list[str]:
    assert answer.status == 200, answer.text
    return [user["$id"] for user in answer.json["users"]]


def test_nobody_is_an_empty_list(team: TeamApi) -> None:
    assert team.get("/users").json == {"total": 0, "users": []}


def test_list_has_the_users_as_they_are_given_one_by_one(team: TeamApi, person: Person) -> None:
    person.patch("/account/prefs", {"prefs": {"a": 1}})

    (listed,) = team.get("/users").json["users"]

    assert listed == team.get(f"/users/{person.id}").json
    assert listed["prefs"] == {"a": 1}


def test_claims_preferences_and_the_deleted_are_not_listed(team: TeamApi) -> None:
    for name in ("ann", "bob"):
        team.post(
            "/users",
            {"userId": name, "email": f"{name}@example.test", "phone": f"+4915112345{len(name)}{ord(name[0])}"},
        )
    team.delete("/users/ann")

    answer = team.get("/users")

    assert (ids(answer), answer.json["total"]) == (["bob"], 1)


def test_oldest_come_first_25_at_a_time(team: TeamApi, many: list[str]) -> None:
    answer = team.get("/users")

    assert ids(answer) == many[:25]
    assert answer.json["total"] == MANY


def test_all_come_at_once_when_asked(team: TeamApi, many: list[str]) -> None:
    assert ids(users(team, query("limit", 1000))) == many


def test_no_read_asks_for_more_than_dynamodb_takes(team: TeamApi, many: list[str]) -> None:
    sizes = []

    class Watched:
        def __getattr__(self, operation: str) -> Any:
            return getattr(real, operation)

        def batch_get_item(self, **given: Any) -> Any:
            sizes.append(sum(len(each["Keys"]) for each in given["RequestItems"].values()))
            return real.batch_get_item(**given)

    real = aws.client("dynamodb")
    with container.override("dynamodb", Watched()):
        users(team, query("limit", MANY))

    assert sum(sizes) >= 2 * MANY
    assert max(sizes) <= 100


@pytest.mark.parametrize(
    ("queries", "expected"),
    [
        ([query("limit", 1)], slice(0, 1)),
        ([query("limit", 5), query("offset", 3)], slice(3, 8)),
        ([query("offset", MANY - 2)], slice(MANY - 2, MANY)),
        ([query("offset", MANY)], slice(0, 0)),
        ([query("offset", 6000)], slice(0, 0)),
        ([query("offset", 0)], slice(0, 25)),
        ([query("limit", 3), query("cursorAfter", "user-50")], slice(10, 13)),
        ([query("limit", 3), query("cursorBefore", "user-50")], slice(6, 9)),
        ([query("limit", 30), query("cursorBefore", "user-50")], slice(0, 9)),
        ([query("cursorAfter", "user-00")], slice(0, 0)),
        ([query("cursorBefore", "user-59")], slice(0, 0)),
        ([query("limit", 2), query("offset", 1), query("cursorAfter", "user-50")], slice(11, 13)),
        ([query("limit", 2), query("limit", 4)], slice(0, 4)),
    ],
)
def test_page_is_what_was_asked_for(team: TeamApi, many: list[str], queries: list[str], expected: slice) -> None:
    answer = users(team, *queries)

    assert ids(answer) == many[expected]
    assert answer.json["total"] == MANY


def test_cursors_walk_through_all(team: TeamApi, many: list[str]) -> None:
    seen: list[str] = []
    while page := ids(users(team, query("limit", 25), *([query("cursorAfter", seen[-1])] if seen else []))):
        seen += page

    assert seen == many


def test_users_of_one_moment_are_not_lost_between_pages(team: TeamApi, many: list[str], tables: Tables) -> None:
    for user_id in many[:10]:
        tables.change(keys.user(user_id), created=1)
    seen: list[str] = []
    while len(seen) < 10:
        seen += ids(users(team, query("limit", 3), *([query("cursorAfter", seen[-1])] if seen else [])))

    assert sorted(seen[:10]) == sorted(many[:10])


@pytest.mark.parametrize("style", ["queries[{}]", "queries[]", "queries%5B{}%5D", "queries%5B%5D"])
def test_sdks_spell_lists_in_several_ways(team: TeamApi, many: list[str], style: str) -> None:
    assert ids(users(team, query("limit", 2), query("offset", 1), style=style)) == many[1:3]


@pytest.mark.parametrize(("given", "total"), [("false", 0), ("0", 0), ("true", MANY), ("1", MANY)])
def test_total_is_counted_unless_told_not_to(team: TeamApi, many: list[str], given: str, total: int) -> None:
    answer = users(team, query("limit", 2), rest=f"total={given}")

    assert (answer.json["total"], ids(answer)) == (total, many[:2])


def test_list_beyond_its_bound_is_refused_and_never_cut(
    team: TeamApi, many: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(user_list, "MOST_COUNTED", 40)

    assert (users(team).json["total"], ids(users(team, query("limit", 40)))) == (40, many[:40])
    rest = query("cursorAfter", many[39])
    assert ids(users(team, rest, query("limit", 1000))) == many[40:]
    assert ids(users(team, rest, query("offset", 1000))) == []
    for beyond in (query("limit", 1000), query("offset", 30), query("offset", 10**9)):
        answer = users(team, beyond)
        assert_refused(answer, 400, "general_query_invalid")
        assert "cursorAfter" in answer.json["message"]


def test_far_offset_reads_no_more_than_the_bound(
    team: TeamApi, many: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(user_list, "MOST_COUNTED", 10)

    with container.override("dynamodb", SmallPages(aws.client("dynamodb"))), counted() as cost:
        assert users(team, query("offset", 10**9), rest="total=false").status == 400

    assert cost.trips == 1 + 2  # the key, and two pages of seven


def test_page_that_is_too_long_for_an_answer_is_refused(
    team: TeamApi, tables: Tables, many: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lambda answers 6 MB at most, and a user may have preferences of 64 KB."""
    tables.put({keys.preferences(many[0]): {"updated": 1, "text": json.dumps({"a": "x" * 50_000})}})
    monkeypatch.setattr(lists, "LARGEST", 110_000)

    assert len(ids(users(team))) == 25
    for asked in ([query("limit", 40)], [{"method": "orderAsc", "attribute": "name"}, query("limit", 40)]):
        answer = users(team, *asked)
        assert_refused(answer, 400, "general_query_invalid")
        assert "limit" in answer.json["message"]
    assert len(ids(users(team, query("limit", 40), query("offset", 1)))) == 40


def test_several_pages_of_the_index_make_one_list(team: TeamApi, many: list[str]) -> None:
    with container.override("dynamodb", SmallPages(aws.client("dynamodb"))):
        answer = users(team, query("limit", 50), query("offset", 5))

    assert (ids(answer), answer.json["total"]) == (many[5:55], MANY)


@pytest.mark.parametrize("method", ["cursorAfter", "cursorBefore"])
def test_unknown_cursor_is_told(team: TeamApi, many: list[str], method: str) -> None:
    assert_refused(users(team, query(method, "nobody")), 400, "general_cursor_not_found")


def test_cursor_must_be_an_id(team: TeamApi, many: list[str]) -> None:
    for cursor in ("", "a#b", "a" * 3000, "ä", 1, None, ["user-50"], {"$id": "user-50"}):
        assert_refused(users(team, query("cursorAfter", cursor)), 400, "general_argument_invalid")


NO_QUERIES = [
    *("", "x", "null", "1", "[]", "{", "{}", '{"method": 1}', '{"method": "sideways"}', "[" * 9999),
    *('{"method": "limit"}', '{"method": "limit", "values": 5}', '{"method": "limit", "values": [1, 2]}'),
    *(query("limit", value) for value in [0, -1, 1.5, "5", True, None, [], 10**10, float("nan")]),
    *(query("offset", value) for value in [-1, 1.5, "5", False, None, 10**10]),
]


def test_what_is_no_query_is_refused(team: TeamApi) -> None:
    for text in NO_QUERIES:
        answer = users(team, text)

        assert_refused(answer, 400, "general_argument_invalid")
        assert answer.json["message"].startswith("Invalid `queries` param: Invalid query: ")


def test_what_is_no_list_or_boolean_is_refused(team: TeamApi) -> None:
    for rest in ("queries=x", "queries=x&queries[0]=y", "queries[0]=y&queries=x", "total=x", "total="):
        assert_refused(users(team, rest=rest), 400, "general_argument_invalid")


def test_queries_have_a_bound(team: TeamApi) -> None:
    assert users(team, *[query("limit", 1)] * 100).status == 200
    assert_refused(users(team, *[query("limit", 1)] * 101), 400, "general_argument_invalid")


def test_search_has_a_bound(team: TeamApi) -> None:
    assert team.get("/users?search=").status == 200
    assert_refused(team.get(f"/users?search={'a' * 257}"), 400, "general_argument_invalid")
