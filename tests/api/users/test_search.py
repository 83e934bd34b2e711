"""GET /users with `search`: by words, the last one begun, sequences in quotes; a user is found as soon as they are."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from chalicelib.models import User
from chalicelib.storage import keys, user_list, words
from tests.api.users.test_list import ids, query
from tests.support.api import Answer, TeamApi, assert_refused
from tests.support.cost import counted
from tests.support.many import Keep, user
from tests.support.tables import Tables

RONALDO = User(
    id="cr7.id",
    created=1000,
    updated=1000,
    accessed=1000,
    generation=1,
    name="Cristiano Ronaldo",
    email="cristiano.ronaldo@manchester-united.co.uk",
    phone="+491511234567",
    phone_by_team=True,
    labels=["vip", "Goal7"],
)


def search(team: TeamApi, text: str, *queries: str, rest: str = "") -> Answer:
    pairs = [f"queries[{number}]={quote(each)}" for number, each in enumerate(queries)]
    return team.get("/users?" + "&".join([f"search={quote(text)}", *pairs, rest]))


FINDS = """
Ronaldo|ronaldo|RONALDO|Rónaldo|man|manchester|united.co.uk|cristiano.ronaldo|uk cristiano|~ronaldo>|cr7.id
cristiano.ronaldo@manchester-united.co.uk|"cristiano.ronaldo@manchester-united.co.uk"|"Cristiano Ronaldo"|"co uk" cris
+491511234567|+49151|label:vip|label:goal7|label:go|"label:vip"|label|ronaldo label:vip
"""
FINDS_NOT = """
>|@+-*()<>~|""|"|...|onaldo|ron cristiano|vip|goal|label:vi label:goal7|ronaldos|ronaldo nobody
"Ronaldo Cristiano"|"cristiano ron"|"ron"
"""


def texts(table: str) -> list[str]:
    return [text for line in table.strip().splitlines() for text in line.split("|")]


@pytest.mark.parametrize("text", texts(FINDS))
def test_user_is_found_by(team: TeamApi, keep: Keep, text: str) -> None:
    keep(user(1, name="Somebody Else", email="other@example.test"), RONALDO)

    answer = search(team, text)

    assert (ids(answer), answer.json["total"]) == (["cr7.id"], 1)


@pytest.mark.parametrize("text", [*texts(FINDS_NOT), "a" * 256])
def test_user_is_not_found_by(team: TeamApi, keep: Keep, text: str) -> None:
    keep(RONALDO)

    assert search(team, text).json == {"total": 0, "users": []}


def test_search_finds_what_has_just_been_written_and_no_longer_what_was(team: TeamApi) -> None:
    team.post("/users", {"userId": "ann", "name": "Ann Archer", "email": "ann@example.test"})
    assert ids(search(team, "archer")) == ["ann"]

    team.delete("/users/ann")

    assert search(team, "archer").json == {"total": 0, "users": []}


def test_those_who_are_found_come_in_order_of_creation_in_pages(team: TeamApi, keep: Keep) -> None:
    keep(*(user(number, name=f"Ann {number:03d}") for number in reversed(range(60))))
    everybody = [f"u{number:04d}" for number in range(60)]

    first = search(team, "ann")
    assert (ids(first), first.json["total"]) == (everybody[:25], 60)
    assert ids(search(team, "ann", query("cursorAfter", "u0024"))) == everybody[25:50]
    assert ids(search(team, "ann", query("cursorBefore", "u0024"), query("limit", 3))) == everybody[21:24]
    assert ids(search(team, "ann", query("limit", 5), query("offset", 50))) == everybody[50:55]
    downwards = '{"method": "orderDesc", "attribute": "$createdAt"}'
    assert ids(search(team, "ann", downwards, query("limit", 3))) == everybody[:-4:-1]
    assert search(team, "ann", rest="total=false").json["total"] == 0
    assert_refused(search(team, "ann", query("cursorAfter", "nobody")), 400, "general_cursor_not_found")


def test_word_of_too_many_is_passed_over_beside_a_narrower_one(
    team: TeamApi, keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(user_list, "MOST_COUNTED", 20)
    keep(*(user(number, name=f"Common {'Rare' if number % 10 == 0 else number}") for number in range(50)))

    refused = search(team, "common")
    assert_refused(refused, 400, "general_query_invalid")
    assert "give more of them" in refused.json["message"]

    answer = search(team, "common rare")
    assert (ids(answer), answer.json["total"]) == ([f"u00{number}0" for number in range(5)], 5)
    wrong = search(team, "commons rare")
    assert (ids(wrong), wrong.json["total"]) == ([], 0)


def test_words_beyond_those_that_are_looked_up_are_held_against_the_records(team: TeamApi, keep: Keep) -> None:
    name = "eeeee ddddd ccccc bbbbb aaaaa"
    keep(*(user(number, name=name if number % 2 else name[:-5]) for number in range(60)))

    answer = search(team, name)

    assert answer.json["total"] == 30
    assert ids(answer) == [f"u{number:04d}" for number in range(1, 50, 2)]


def test_users_with_more_labels_than_have_entries_are_found_by_each(team: TeamApi, keep: Keep) -> None:
    many = [f"label{number}" for number in range(words.MOST_LABELS + 1)]
    keep(user(1, labels=many), user(2, labels=["label3"]), user(3, labels=[f"other{number}" for number in range(30)]))

    answer = search(team, "label:label3")
    assert (ids(answer), answer.json["total"]) == (["u0001", "u0002"], 2)
    for method in ("contains", "containsAny", "containsAll", "equal"):
        asked = f'{{"method": "{method}", "attribute": "labels", "values": ["label3"]}}'
        assert ids(team.get(f"/users?queries[]={quote(asked)}")) == ["u0001", "u0002"]


def test_long_words_are_held_against_the_records(team: TeamApi, keep: Keep) -> None:
    keep(user(1, name="a" * 100), user(2, name="a" * 99 + "b"))

    answer = search(team, "a" * 99 + "b")

    assert (ids(answer), answer.json["total"]) == (["u0002"], 1)


def test_search_costs_what_it_finds(team: TeamApi, keep: Keep) -> None:
    """One look-up and one read; a second word is not looked up for a handful."""
    keep(RONALDO, *(user(number, name="Nobody") for number in range(40)))
    search(team, "warm")

    with counted() as cost:
        search(team, "cristiano ronaldo")

    assert cost.trips == 2


def test_entry_whose_user_has_gone_shows_nobody(team: TeamApi, keep: Keep, tables: Tables) -> None:
    """As between the look-up and the read."""
    keep(RONALDO)
    tables.delete(keys.user(RONALDO.id))

    assert ids(search(team, "ronaldo")) == []
