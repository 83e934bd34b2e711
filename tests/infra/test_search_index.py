"""`make search-index`: users from before there was a table of words are found, whatever happens meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.models import User
from chalicelib.runtime import container
from chalicelib.storage import keys, words
from chalicelib.storage.items import record
from chalicelib.storage.keys import LISTED, Key
from infra.deploy import keys as operators
from infra.deploy import search_index
from infra.deploy.stage import FUNCTIONS, Stage
from tests import conftest
from tests.support.api import Api, TeamApi
from tests.support.many import items, user
from tests.support.tables import Tables


@pytest.fixture(autouse=True)
def deployment(api: Api, stack: conftest.Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """The deployment of the tests stands in for a stage. The operator has rights of his own, not those of the app."""
    environment = {"MFA_STAGE": "local", "MFA_PROJECT": "demo"}
    policies: dict[str, dict[str, Any]] = {function: {"Statement": []} for function in FUNCTIONS}
    stage = Stage(name="local", api_stage="v1", environment=environment, policies=policies)
    monkeypatch.setattr(search_index, "read", lambda name: stage)
    for module in (search_index, operators):
        monkeypatch.setattr(module, "client", stack.aws.client)


@pytest.fixture
def older(tables: Tables, api: Api) -> list[str]:
    """Users without entries, beside claims."""
    crowd = [user(number, name=f"Old {number}", email=f"old{number}@example.test") for number in range(12)]
    found = {key: item for each in crowd for key, item in items(each).items()}
    tables.put({key: item for key, item in found.items() if key.table != "words"})
    return [each.id for each in crowd]


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert search_index.main(["local", *arguments]) == 0
    return capsys.readouterr().out


def found(team: TeamApi, search: str) -> list[str]:
    return [each["$id"] for each in team.get(f"/users?search={search}").json["users"]]


def test_older_users_are_found_afterwards(
    team: TeamApi, older: list[str], tables: Tables, capsys: pytest.CaptureFixture[str]
) -> None:
    assert found(team, "old") == []

    assert run(capsys).endswith("12 users are found by their words.\n")

    assert found(team, "old") == older
    kept = tables.items("words")
    run(capsys)
    assert tables.items("words") == kept


def test_interrupted_run_goes_on_after_whom_it_named(
    team: TeamApi, older: list[str], tables: Tables, capsys: pytest.CaptureFixture[str]
) -> None:
    order = [item["id"] for item in tables.items("users") if item.get("listed") == LISTED]

    assert "8 users are found" in run(capsys, "--after", order[3])

    assert found(team, "old") == sorted(order[4:])


def changed(team: TeamApi) -> None:
    assert team.patch("/users/u0003/name", {"name": "Newer"}).status == 200


def deleted(team: TeamApi) -> None:
    assert team.delete("/users/u0003").status == 204


@pytest.mark.parametrize(("act", "newer"), [(changed, ["u0003"]), (deleted, [])])
def test_user_who_changes_between_read_and_write_is_read_again(
    team: TeamApi,
    older: list[str],
    tables: Tables,
    stack: conftest.Stack,
    act: Callable[[TeamApi], None],
    newer: list[str],
) -> None:
    """What was read is no longer so: entries of it would find somebody by what they no longer are."""
    before = user(3, name="Old 3", email="old3@example.test")
    act(team)

    with container.override("dynamodb", stack.aws.client("dynamodb")):
        search_index._index_one(before)

    assert (found(team, "old3"), found(team, "newer")) == (newer, newer)
    kept = {item["entry"].split("#")[0] for item in tables.items("words")}
    assert kept == ({"u0003", "newer", "old3", "example", "test"} if newer else set())


# What releases from before the table leave


def gone(tables: Tables) -> None:
    tables.delete(keys.user("u0003"))


def renamed(tables: Tables) -> None:
    tables.change(keys.user("u0003"), name="Newer")


def begun_anew(tables: Tables) -> None:
    tables.change(keys.user("u0003"), created=7)


@pytest.mark.parametrize("act", [gone, renamed, begun_anew])
def test_entries_of_words_that_nobody_has_any_more_are_removed(
    older: list[str], tables: Tables, capsys: pytest.CaptureFixture[str], act: Callable[[Tables], None]
) -> None:
    run(capsys)
    act(tables)

    run(capsys)

    users = [record(User, item) for item in tables.items("users") if item.get("listed") == LISTED]
    assert {Key("words", (item["head"], item["entry"])) for item in tables.items("words")} == {
        entry for each in users for entry in words.entries(each)
    }


def test_entry_of_a_word_that_a_user_has_again_stays(
    team: TeamApi, older: list[str], tables: Tables, stack: conftest.Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys)
    kept, entry = (
        tables.items("words"),
        keys.word_entry("3", tables.item(keys.user("u0003"))["created"], "u0003", "name"),
    )
    without = replace(user(3), name="Without")

    with container.override("dynamodb", stack.aws.client("dynamodb")):
        search_index._clear_one(entry, without)

    assert tables.items("words") == kept
