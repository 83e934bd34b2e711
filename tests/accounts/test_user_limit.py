"""The project's limit of users: whom it binds, and that the count is right whatever happens meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from chalicelib.models import Project
from chalicelib.runtime import container
from chalicelib.storage import keys
from chalicelib.storage.switches import ProjectCache
from infra.local.inbox import Inbox
from tests.support.api import Answer, Api, TeamApi, assert_refused
from tests.support.clock import Clock
from tests.support.faults import meanwhile
from tests.support.person import NUMBER, PASSWORD, People
from tests.support.tables import Tables

EXCEEDED = (400, "user_count_exceeded")


def limit(team: TeamApi, total: int) -> None:
    assert team.patch("/project/policies/user-limit", {"total": total}).status == 200


def sign_up(api: Api, name: str) -> Answer:
    return api.post("/account", {"userId": name, "email": f"{name}@example.test", "password": PASSWORD})


def counted(tables: Tables) -> int:
    count: int = tables.item(keys.USER_COUNT)["users"]
    return count


@contextmanager
def another_process() -> Iterator[None]:
    """One that has just looked at the project, and not seen the limit."""
    now = container.get("clock", lambda: None)() * 1000
    with container.override("project", ProjectCache(Project(), read_at=int(now))):
        yield


def test_policy_is_shown_as_it_was_set_and_null_is_none(team: TeamApi) -> None:
    path = "/project/policies/user-limit"
    for body, total in (({"total": 7}, 7), ({"total": None}, 0), ({"total": 7}, 7), ({}, 0), ({"total": 0}, 0)):
        assert team.patch(path, body).status == 200
        assert team.get(path).json == {"$id": "user-limit", "total": total}


def test_no_client_makes_a_user_beyond_the_limit(api: Api, team: TeamApi, tables: Tables) -> None:
    assert sign_up(api, "one").status == 201
    limit(team, 2)

    assert sign_up(api, "two").status == 201
    before = tables.items("users")
    assert_refused(sign_up(api, "three"), *EXCEEDED)
    assert_refused(sign_up(team, "three"), *EXCEEDED)
    assert_refused(api.post("/account/sessions/anonymous"), *EXCEEDED)

    assert tables.items("users") == before
    limit(team, 3)
    assert sign_up(api, "three").status == 201


def test_code_to_a_new_number_opens_nothing_beyond_the_limit_and_stays_good(team: TeamApi, people: People) -> None:
    person = people.new()
    limit(team, 1)
    token = person.api.post("/account/tokens/phone", {"userId": "unique()", "phone": NUMBER}).json
    answer = {"userId": token["userId"], "secret": person.inbox.messages(NUMBER)[0].code}

    assert_refused(person.api.post("/account/sessions/token", answer), *EXCEEDED)

    limit(team, 2)
    assert person.api.post("/account/sessions/token", answer).status == 201


def test_code_by_mail_makes_no_user_beyond_the_limit_either(api: Api, team: TeamApi, inbox: Inbox) -> None:
    assert sign_up(api, "one").status == 201
    limit(team, 1)
    asked = api.post("/account/tokens/email", {"userId": "unique()", "email": "two@example.test"})
    proof = {"userId": asked.json["userId"], "secret": inbox.messages("two@example.test")[0].code}

    assert_refused(api.post("/account/sessions/token", proof), *EXCEEDED)

    limit(team, 2)
    assert api.post("/account/sessions/token", proof).status == 201


def test_owners_sign_in_at_the_limit(team: TeamApi, people: People) -> None:
    person = people.new()
    limit(team, 1)
    person.sign_in()


def test_team_is_not_bound_and_its_users_count(api: Api, team: TeamApi, tables: Tables) -> None:
    limit(team, 1)
    for _ in range(3):
        assert team.post("/users", {"userId": "unique()"}).status == 201

    assert counted(tables) == 3
    limit(team, 3)
    assert_refused(sign_up(api, "one"), *EXCEEDED)


def test_deleted_user_makes_room(api: Api, team: TeamApi, tables: Tables) -> None:
    limit(team, 1)
    assert sign_up(api, "one").status == 201

    assert team.delete("/users/one").status == 204

    assert counted(tables) == 0
    assert sign_up(api, "two").status == 201


def test_refused_sign_up_is_not_counted(api: Api, team: TeamApi, tables: Tables) -> None:
    limit(team, 5)
    assert sign_up(api, "one").status == 201

    assert sign_up(api, "one").status == 409

    assert counted(tables) == 1


def test_sign_up_costs_nothing_more_without_a_limit(api: Api, team: TeamApi, tables: Tables) -> None:
    limit(team, 5)
    limit(team, 0)
    before = tables.item(keys.USER_COUNT)

    assert sign_up(api, "one").status == 201
    assert team.delete("/users/one").status == 204

    assert tables.item(keys.USER_COUNT) == before


# While a limit is new


def test_users_that_other_processes_make_meanwhile_are_counted_later(
    api: Api, team: TeamApi, tables: Tables, clock: Clock
) -> None:
    assert sign_up(api, "before").status == 201
    clock.advance(minutes=5)
    assert sign_up(api, "just-before").status == 201
    limit(team, 5)
    with another_process():
        assert sign_up(api, "unseen").status == 201
    assert sign_up(api, "seen").status == 201
    assert counted(tables) == 3

    clock.advance(seconds=71)
    assert sign_up(api, "later").status == 201

    assert counted(tables) == 5
    assert_refused(sign_up(api, "too-late"), *EXCEEDED)


def test_they_are_counted_once(api: Api, team: TeamApi, tables: Tables, clock: Clock) -> None:
    limit(team, 9)
    with another_process():
        assert sign_up(api, "unseen").status == 201
    clock.advance(seconds=71)

    old = ProjectCache(Project(user_limit=9, users_counted_anew=tables.item(keys.USER_COUNT)["until"]))
    assert sign_up(api, "first").status == 201
    with container.override("project", old):
        old.read_at = int(clock() * 1000)
        assert sign_up(api, "second").status == 201
    clock.advance(seconds=71)
    assert sign_up(api, "third").status == 201

    assert counted(tables) == 4


def test_whoever_is_deleted_meanwhile_is_not_counted(api: Api, team: TeamApi, tables: Tables, clock: Clock) -> None:
    limit(team, 9)
    with another_process():
        assert sign_up(api, "unseen").status == 201
        assert sign_up(api, "unseen-too").status == 201
    assert sign_up(api, "seen").status == 201
    for name in ("unseen", "seen"):
        assert team.delete(f"/users/{name}").status == 204

    clock.advance(seconds=71)
    assert sign_up(api, "later").status == 201

    assert counted(tables) == 2


def test_second_count_waits_where_somebody_is_counted_meanwhile(
    api: Api, team: TeamApi, tables: Tables, clock: Clock
) -> None:
    limit(team, 9)
    with another_process():
        assert sign_up(api, "unseen").status == 201
    clock.advance(seconds=71)

    def straggler() -> None:
        item: dict[str, Any] = tables.item(keys.USER_COUNT)
        tables.change(keys.USER_COUNT, early=item["early"] + 1, users=item["users"] + 1)

    with meanwhile(straggler, of="until"):
        assert sign_up(api, "first").status == 201
    assert counted(tables) == 2, "the first, and the straggler, who is not in the table of users here"
    assert sign_up(api, "second").status == 201

    assert counted(tables) == 3


def test_limit_that_moves_counts_nobody_again(api: Api, team: TeamApi, tables: Tables) -> None:
    limit(team, 5)
    assert sign_up(api, "one").status == 201
    tables.change(keys.USER_COUNT, users=4)

    limit(team, 6)

    assert counted(tables) == 4


@pytest.mark.parametrize("users", [0, 3])
def test_new_limit_counts_who_is_there(api: Api, team: TeamApi, tables: Tables, clock: Clock, users: int) -> None:
    for number in range(users):
        assert sign_up(api, f"user-{number}").status == 201
        clock.advance(minutes=2)

    limit(team, 3)

    assert counted(tables) == users
    assert sign_up(api, "another").status == (400 if users == 3 else 201)
