"""Names and values of a write are never part of an expression's text."""

from __future__ import annotations

from chalicelib.runtime import container
from chalicelib.runtime.settings import Config
from chalicelib.storage.keys import Key
from chalicelib.storage.writes import Update


def test_values_and_names_never_become_part_of_an_expression() -> None:
    hostile = "x = :0 OR attribute_exists(pk)"
    update = Update(Key("users", ("user#" + hostile,))).when("status", "=", hostile).set("a.name", hostile)
    update.remove("a.token").add("used", 1).discard("set", hostile).when_contains("list", hostile)
    update.when_absent("b").when_absent_or("c", "<", 1).when_smaller("d", 2)

    with container.override("config", Config(stage="test", project="demo", table_prefix="t")):
        request = update.request()

    expressions = request["UpdateExpression"] + request["ConditionExpression"]
    assert hostile not in expressions
    assert not {"status", "name", "token", "used", "list"} & set(
        expressions.replace("(", " ").replace(".", " ").split()
    )
    assert sorted(request["ExpressionAttributeNames"]) == sorted(f"#{number}" for number in range(10))
    assert request["Key"] == {"pk": {"S": "user#" + hostile}}


def test_update_that_changes_nothing_is_a_check() -> None:
    """DynamoDB refuses an update without a clause."""
    update = Update(Key("users", ("user#ann",))).when_present("pk")

    with container.override("config", Config(stage="test", project="demo", table_prefix="t")):
        assert (update.operation, "UpdateExpression" in update.request()) == ("ConditionCheck", False)
        update.set("name", "Ann")
        assert (update.operation, "UpdateExpression" in update.request()) == ("Update", True)
