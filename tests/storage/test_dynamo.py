"""Reads, queries, writes and transactions as DynamoDB gets them, and what its refusals become."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError

from chalicelib.errors import ApiError, fail
from chalicelib.runtime import container
from chalicelib.runtime.settings import Config
from chalicelib.storage import dynamo, keys
from chalicelib.storage.dynamo import Range
from chalicelib.storage.items import marshal_item
from chalicelib.storage.writes import Delete, Put, Update

ADA, EVE = keys.user("ada"), keys.user("eve")
CONFLICT, CONDITION, NONE = "TransactionConflict", "ConditionalCheckFailed", "None"


def error(code: str, *reasons: str, message: str = "secret detail") -> ClientError:
    response: dict[str, Any] = {"Error": {"Code": code, "Message": message}}
    if reasons:
        response["CancellationReasons"] = [{"Code": reason} for reason in reasons]
    return ClientError(response, "Operation")  # type: ignore[arg-type]


def cancelled(*reasons: str) -> ClientError:
    return error("TransactionCanceledException", *reasons)


class FakeDynamo:
    """Answers each call with the next of the given answers, the last one for ever; exceptions are raised."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, operation: str) -> Any:
        def call(**parameters: Any) -> Any:
            self.calls.append((operation, parameters))
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


@pytest.fixture
def waits() -> Iterator[list[float]]:
    """How long the code under test has waited before trying again."""
    waited: list[float] = []
    with (
        container.override("config", Config(stage="test", project="demo", table_prefix="t")),
        container.override("sleep", waited.append),
    ):
        yield waited


pytestmark = pytest.mark.usefixtures("waits")


def fake(*answers: Any) -> Any:
    return container.override("dynamodb", FakeDynamo(*answers))


def found(*names: str, unprocessed: dict[str, Any] | None = None) -> dict[str, Any]:
    items = [marshal_item({"pk": f"user#{name}", "id": name}) for name in names]
    return {"Responses": {"t-users": items}, "UnprocessedKeys": unprocessed or {}}


def two(one: Exception | None = None, other: Exception | None = None) -> tuple[Update, Delete]:
    return Update(ADA, one).when_present("pk").set("name", "Ada"), Delete(EVE, other).when("name", "=", "Eve")


# Reading


def test_items_come_in_the_order_of_the_keys_by_one_consistent_read() -> None:
    session = {"user_id": "ada", "id": "s"}
    answer = {"Responses": {"t-sessions": [marshal_item(session)], **found("ada")["Responses"]}}

    with fake(answer) as dynamodb:
        items = dynamo.read(EVE, ADA, keys.session("ada", "s"), ADA)

    ada = {"pk": "user#ada", "id": "ada"}
    assert items == [None, ada, session, ada]
    ((operation, parameters),) = dynamodb.calls
    assert operation == "batch_get_item"
    asked = parameters["RequestItems"]
    assert asked["t-users"] == {"Keys": [{"pk": {"S": "user#eve"}}, {"pk": {"S": "user#ada"}}], "ConsistentRead": True}
    assert asked["t-sessions"]["ConsistentRead"] is True


def test_unprocessed_keys_are_asked_for_again(waits: list[float]) -> None:
    rest = {"t-users": {"Keys": [{"pk": {"S": "user#eve"}}], "ConsistentRead": True}}

    with fake(found("ada", unprocessed=rest), found("eve")) as dynamodb:
        items = dynamo.read(ADA, EVE)

    assert [item and item["id"] for item in items] == ["ada", "eve"]
    assert dynamodb.calls[1][1]["RequestItems"] == rest
    assert len(waits) == 1


def test_keys_that_stay_unprocessed_are_a_busy_service(waits: list[float]) -> None:
    rest = {"t-users": {"Keys": [{"pk": {"S": "user#ada"}}]}}

    with fake(found(unprocessed=rest)) as dynamodb, pytest.raises(ApiError) as busy:
        dynamo.read(ADA)

    assert (busy.value.type, busy.value.retry_after) == ("general_service_unavailable", 1)
    assert len(dynamodb.calls) == dynamo.TRIES == len(waits) + 1


def queried(*names: str, looked_at: int = 0, more: bool = False) -> dict[str, Any]:
    """A page of a query that has looked at so many items, at least at those that it has."""
    rows = [marshal_item({"user_id": "ada", "id": name}) for name in names]
    counts = {"Items": rows, "Count": len(rows), "ScannedCount": max(looked_at, len(rows))}
    return {**counts, "LastEvaluatedKey": {"id": {"S": names[-1] if names else "x"}}} if more else counts


def test_query_is_consistent_and_bounded() -> None:
    with fake(queried("c", "b", "a")) as dynamodb:
        items = dynamo.query(Range("sessions", "ada"))

    assert [item["id"] for item in items] == ["c", "b", "a"]
    ((_, parameters),) = dynamodb.calls
    assert (parameters["ConsistentRead"], parameters["Limit"], parameters["TableName"]) == (True, 100, "t-sessions")
    assert parameters["ScanIndexForward"] is False
    assert parameters["KeyConditionExpression"] == "#key = :key"
    assert parameters["ExpressionAttributeNames"] == {"#key": "user_id"}
    assert parameters["ExpressionAttributeValues"] == {":key": {"S": "ada"}}
    assert not {"ExclusiveStartKey", "Select"} & set(parameters)


def test_query_goes_on_where_a_page_ended_until_it_has_looked_at_as_many() -> None:
    pages = [
        queried("f", looked_at=4, more=True),
        queried(looked_at=3, more=True),
        queried("a", looked_at=3, more=True),
    ]
    with fake(*pages) as dynamodb:
        items = dynamo.query(Range("sessions", "ada", since="a"), 10)

    assert [item["id"] for item in items] == ["f", "a"]
    asked = [parameters for _, parameters in dynamodb.calls]
    assert [parameters["Limit"] for parameters in asked] == [10, 6, 3]
    assert [parameters.get("ExclusiveStartKey") for parameters in asked] == [
        None,
        {"id": {"S": "f"}},
        {"id": {"S": "x"}},
    ]
    assert asked[2]["KeyConditionExpression"] == "#key = :key AND #range >= :range"
    assert asked[2]["ExpressionAttributeNames"] == {"#key": "user_id", "#range": "id"}
    assert asked[2]["ExpressionAttributeValues"] == {":key": {"S": "ada"}, ":range": {"S": "a"}}


def test_what_a_query_skips_is_counted_and_not_read() -> None:
    with fake(queried(looked_at=3, more=True), queried("b")) as dynamodb:
        assert [item["id"] for item in dynamo.query(Range("sessions", "ada"), 2, skipped=3)] == ["b"]

    (_, passed), (_, shown) = dynamodb.calls
    assert (passed["Limit"], passed["Select"], shown["Limit"]) == (3, "COUNT", 2)
    assert (shown["ExclusiveStartKey"], "Select" in shown) == ({"id": {"S": "x"}}, False)


def test_beyond_the_end_there_is_nothing_to_read() -> None:
    with fake(queried(looked_at=3)) as dynamodb:
        assert dynamo.query(Range("sessions", "ada"), 2, skipped=5) == []

    assert len(dynamodb.calls) == 1


def test_items_are_counted_over_pages_up_to_a_bound() -> None:
    with fake(queried("c", "b", more=True), queried("a", more=True)) as dynamodb:
        assert dynamo.count(Range("sessions", "ada"), 3) == 3

    assert [(parameters["Limit"], parameters["Select"]) for _, parameters in dynamodb.calls] == [
        (3, "COUNT"),
        (1, "COUNT"),
    ]


# One write


def test_one_write_without_a_condition_is_no_transaction() -> None:
    with fake({}) as dynamodb:
        dynamo.commit(Put(ADA, {"name": "Ada"}))
        dynamo.commit(Update(ADA).set("name", "Ada"))
        dynamo.commit(Delete(ADA))

    assert [operation for operation, _ in dynamodb.calls] == ["put_item", "update_item", "delete_item"]


def test_one_write_with_a_condition_is_a_transaction() -> None:
    with fake({}) as dynamodb:
        dynamo.commit(Put(ADA, {"name": "Ada"}).when_absent("pk"))

    ((operation, parameters),) = dynamodb.calls
    assert (operation, len(parameters["TransactItems"])) == ("transact_write_items", 1)


def test_failed_condition_is_the_refusal_of_the_write() -> None:
    with (
        fake(cancelled(CONDITION)) as dynamodb,
        pytest.raises(ApiError, match="user_invalid_token"),
    ):
        dynamo.commit(Update(ADA, fail("user_invalid_token")).when_present("pk").set("a", 1))

    assert len(dynamodb.calls) == 1


def test_write_without_a_refusal_of_its_own_asks_to_try_again_later() -> None:
    with fake(cancelled(CONDITION)), pytest.raises(ApiError) as busy:
        dynamo.commit(Update(ADA).when_present("pk").set("a", 1))

    assert (busy.value.status, busy.value.retry_after) == (503, 1)


def test_clash_of_one_write_is_tried_again(waits: list[float]) -> None:
    clash = error("TransactionConflictException")

    with fake(clash, clash, {"Attributes": {"used": {"N": "3"}}}) as dynamodb:
        assert dynamo.update(Update(ADA).add("used", 1)) == {"used": 3}

    assert len(dynamodb.calls) == 3
    assert dynamodb.calls[0] == dynamodb.calls[2]
    assert dynamodb.calls[0][1]["ReturnValues"] == "UPDATED_NEW"
    assert len(waits) == 2


# Transactions


def test_several_writes_are_one_transaction() -> None:
    with fake({}) as dynamodb:
        dynamo.commit(*two())

    ((operation, parameters),) = dynamodb.calls
    assert operation == "transact_write_items"
    assert [list(item) for item in parameters["TransactItems"]] == [["Update"], ["Delete"]]


@pytest.mark.parametrize(
    ("reasons", "refusal"),
    [
        ((CONDITION, NONE), "user_not_found"),
        ((NONE, CONDITION), "user_blocked"),
        ((CONDITION, CONDITION), "user_not_found"),
        ((CONFLICT, CONDITION), "user_blocked"),
    ],
)
def test_refusal_of_the_first_write_whose_condition_failed_is_raised(reasons: tuple[str, str], refusal: str) -> None:
    with fake(cancelled(*reasons)) as dynamodb, pytest.raises(ApiError, match=refusal):
        dynamo.commit(*two(fail("user_not_found"), fail("user_blocked")))

    assert len(dynamodb.calls) == 1


@pytest.mark.parametrize("reason", [CONFLICT, "ThrottlingError", "ProvisionedThroughputExceeded"])
def test_clash_is_tried_again(reason: str, waits: list[float]) -> None:
    with fake(cancelled(NONE, reason), cancelled(reason, reason), {}) as dynamodb:
        dynamo.commit(*two())

    assert len(dynamodb.calls) == 3
    assert len(waits) == 2


@pytest.mark.parametrize("writes", [1, 2])
def test_clash_without_end_is_a_busy_service(writes: int, waits: list[float]) -> None:
    clash = cancelled(CONFLICT, NONE) if writes == 2 else error("TransactionConflictException")

    with fake(clash) as dynamodb, pytest.raises(ApiError, match="general_service_unavailable"):
        dynamo.commit(*two()[:writes])

    assert len(dynamodb.calls) == dynamo.TRIES
    assert len(waits) == dynamo.TRIES - 1
    assert all(0 <= wait < 0.01 * 2 ** min(number, 5) for number, wait in enumerate(waits))


@pytest.mark.parametrize("reasons", [("ValidationError", NONE), (NONE, "ItemCollectionSizeLimitExceeded")])
def test_any_other_reason_is_a_mistake_of_ours_and_not_tried_again(reasons: tuple[str, str]) -> None:
    with fake(cancelled(*reasons)) as dynamodb, pytest.raises(Exception) as mistake:  # noqa: PT011
        dynamo.commit(*two())

    assert not isinstance(mistake.value, ApiError)
    assert len(dynamodb.calls) == 1


# Failures of the service


@pytest.mark.parametrize(
    "failure",
    [
        error("ProvisionedThroughputExceededException"),
        error("ThrottlingException"),
        error("RequestLimitExceeded"),
        error("InternalServerError"),
        error("TransactionInProgressException"),
        EndpointConnectionError(endpoint_url="http://t"),
        ConnectTimeoutError(endpoint_url="http://t"),
        ReadTimeoutError(endpoint_url="http://t"),
    ],
    ids=lambda failure: str(failure)[:60],
)
def test_failing_service_is_a_busy_one(failure: Exception) -> None:
    for request in (
        lambda: dynamo.read(ADA),
        lambda: dynamo.query(Range("sessions", "ada")),
        lambda: dynamo.commit(Delete(ADA)),
        lambda: dynamo.commit(*two()),
        lambda: dynamo.update(Update(ADA).add("used", 1)),
    ):
        with fake(failure), pytest.raises(ApiError) as busy:
            request()
        assert (busy.value.type, busy.value.retry_after) == ("general_service_unavailable", 1)
        assert "detail" not in busy.value.message


@pytest.mark.parametrize("code", ["ValidationException", "ResourceNotFoundException", "AccessDeniedException"])
def test_mistake_of_ours_is_raised_as_it_is(code: str) -> None:
    for request in (lambda: dynamo.read(ADA), lambda: dynamo.commit(Delete(ADA)), lambda: dynamo.commit(*two())):
        with fake(error(code)) as dynamodb, pytest.raises(ClientError, match=code):
            request()
        assert len(dynamodb.calls) == 1
