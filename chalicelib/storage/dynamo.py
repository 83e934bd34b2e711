"""DynamoDB as this project uses it: strongly consistent reads by key, and writes that happen whole or not at all.

Every failure of the service itself leaves here as 503 `general_service_unavailable` with a time to retry after.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any, NamedTuple

from chalicelib.errors import ApiError, fail
from chalicelib.runtime import aws, container, retries
from chalicelib.storage.items import Item, marshal, unmarshal_item
from chalicelib.storage.keys import BY_CREATION, BY_PHONE, LISTED, LISTED_PASSKEY, TABLES, Key
from chalicelib.storage.writes import Update, Write, key_attributes, table_name

log = logging.getLogger("chalicelib")
TRIES = 8
QUERY_LIMIT = 100
PASSING = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})


def read(*keys: Key) -> list[Item | None]:
    """The items at these keys, None where there is none: one strongly consistent BatchGetItem for all of them."""
    request: dict[str, Any] = {}
    for key in dict.fromkeys(keys):
        entry = request.setdefault(table_name(key.table), {"Keys": [], "ConsistentRead": True})
        entry["Keys"].append(key_attributes(key))
    found: dict[tuple[str, tuple[str, ...]], Item] = {}
    for attempt in range(TRIES):
        retries.back_off(attempt)
        answer = _call("batch_get_item", RequestItems=request)
        for table, raw_items in answer["Responses"].items():
            names = TABLES[table.removeprefix(table_name(""))]
            for item in map(unmarshal_item, raw_items):
                found[table, tuple(item[name] for name in names)] = item
        request = answer.get("UnprocessedKeys") or {}
        if not request:
            return [found.get((table_name(key.table), key.values)) for key in keys]
    raise fail("general_service_unavailable", retry_after=1, reason="dynamodb leaves keys unprocessed")


class Range(NamedTuple):
    """The items of a table whose hash key is `value`, and whose range key is at least `since` or begins with `prefix`,
    if there is one.
    """

    table: str
    value: str
    since: str = ""
    prefix: str = ""


def query(
    items: Range, most: int = QUERY_LIMIT, skipped: int = 0, beyond: Key | None = None, forwards: bool = False
) -> list[Item]:
    """The last items of a range, last first: `most` of them, without the `skipped` very last ones.

    Only those `beyond` a key, if it is given. `forwards` means the first items, first ones first.
    """
    start = key_attributes(beyond) if beyond else None
    order = {"ScanIndexForward": forwards}
    if skipped:
        *_, passed = _pages(items, skipped, start, **order, Select="COUNT")
        start = passed.get("LastEvaluatedKey")
        if start is None:
            return []
    return [unmarshal_item(raw) for page in _pages(items, most, start, **order) for raw in page["Items"]]


def count(items: Range, most: int) -> int:
    """How many items a range has, as far as `most`."""
    return sum(page["Count"] for page in _pages(items, most, Select="COUNT"))


def _pages(items: Range, most: int, start: Any = None, **options: Any) -> Iterator[dict[str, Any]]:
    """DynamoDB's answers, last items first unless told otherwise, from a position on, `most` items in all."""
    request = {**_expressions(items), "ConsistentRead": True, "ScanIndexForward": False, **options}
    while most > 0:
        position = {"ExclusiveStartKey": start} if start else {}
        answer = _call("query", TableName=table_name(items.table), Limit=most, **request, **position)
        yield answer
        start = answer.get("LastEvaluatedKey")
        if start is None:
            return
        most -= answer["ScannedCount"]


def _expressions(items: Range) -> dict[str, Any]:
    """What a query says of the items that it wants."""
    conditions, wanted = ["#key = :key"], [items.value]
    if items.since or items.prefix:
        conditions.append("begins_with(#range, :range)" if items.prefix else "#range >= :range")
        wanted.append(items.prefix or items.since)
    return {
        "KeyConditionExpression": " AND ".join(conditions),
        "ExpressionAttributeNames": dict(zip(("#key", "#range")[: len(wanted)], TABLES[items.table], strict=False)),
        "ExpressionAttributeValues": dict(zip((":key", ":range"), map(marshal, wanted), strict=False)),
    }


def query_users(
    start: dict[str, Any] | None, since: int, until: int, backwards: bool = False, **options: Any
) -> dict[str, Any]:
    """A page of the keys of the users who were created from `since` to `until` (milliseconds), in that order, in
    DynamoDB's own form, from a position on. An index is read a moment late.
    """
    return _query_listed(LISTED, start, since, until, ScanIndexForward=not backwards, **options)


def has_passkeys(until: int) -> bool:
    """Whether any passkey was created until then, whoever it is of. As above."""
    return bool(_query_listed(LISTED_PASSKEY, None, 0, until, Limit=1)["Items"])


def _query_listed(listed: str, start: dict[str, Any] | None, since: int, until: int, **options: Any) -> dict[str, Any]:
    return _call(
        "query",
        TableName=table_name("users"),
        IndexName=BY_CREATION,
        KeyConditionExpression="#key = :key AND #created BETWEEN :since AND :until",
        ExpressionAttributeNames={"#key": "listed", "#created": "created"},
        ExpressionAttributeValues={":key": marshal(listed), ":since": marshal(since), ":until": marshal(until)},
        **options,
        **({"ExclusiveStartKey": start} if start else {}),
    )


def count_users(since: int, until: int) -> int:
    """How many users were created from then on, before then. As above."""
    found, start = 0, None
    while True:
        answer = query_users(start, since, until - 1, Select="COUNT")
        found += int(answer["Count"])
        start = answer.get("LastEvaluatedKey")
        if start is None:
            return found


def query_phone(number: str, most: int) -> list[Item]:
    """The keys of at most so many users with that number. An index is read a moment late."""
    answer = _call(
        "query",
        TableName=table_name("users"),
        IndexName=BY_PHONE,
        KeyConditionExpression="#key = :key",
        ExpressionAttributeNames={"#key": "phone"},
        ExpressionAttributeValues={":key": marshal(number)},
        Limit=most,
    )
    return [unmarshal_item(raw) for raw in answer["Items"]]


def commit(*writes: Write) -> None:
    """Do all the writes or none of them.

    Raises the `refusal` of the first write whose condition failed. A clash with another transaction is tried again.

    A single write with a condition is a transaction as well: the client asks again when an answer is lost, and DynamoDB
    knows a transaction by its ClientRequestToken, while a plain write would fail on what it has done itself.
    """
    if len(writes) == 1 and not writes[0].conditional:
        _commit_one(writes[0])
        return
    requests = [{write.operation: write.request()} for write in writes]
    for attempt in range(TRIES):
        retries.back_off(attempt)
        try:
            _call("transact_write_items", TransactItems=requests)
            return
        except _Cancelled as cancelled:
            for write, reason in zip(writes, cancelled.reasons, strict=True):
                if reason == "ConditionalCheckFailed":
                    raise write.why_refused() from None
            if not set(cancelled.reasons) <= {"None", *PASSING}:
                raise
    raise _contended()


def update(write: Update) -> Item:
    """Do one update and give back the attributes that it touched, with their new values."""
    return unmarshal_item(_commit_one(write, ReturnValues="UPDATED_NEW").get("Attributes", {}))


def _commit_one(write: Write, **options: Any) -> dict[str, Any]:
    for attempt in range(TRIES):
        retries.back_off(attempt)
        try:
            return _call(f"{write.operation.lower()}_item", **write.request(), **options)
        except _Cancelled as cancelled:
            if cancelled.reasons != ["TransactionConflict"]:
                raise write.why_refused() from None
    raise _contended()


def _contended() -> ApiError:
    reason = f"{TRIES} tries clashed with other transactions"
    return fail("general_service_unavailable", retry_after=1, reason=reason)


class _Cancelled(Exception):
    """A condition failed or writes clashed: the reason of each item of the write, in order."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(reasons)
        self.reasons = reasons


def calls() -> int:
    """How many calls of DynamoDB this process has made. Lambda gives a process one request at a time."""
    return _tally()["calls"]


def _tally() -> dict[str, int]:
    tally: dict[str, int] = container.get("dynamodb-calls", lambda: {"calls": 0})
    return tally


def _call(operation: str, **parameters: Any) -> dict[str, Any]:
    _tally()["calls"] += 1
    try:
        answer: dict[str, Any] = getattr(aws.client("dynamodb"), operation)(**parameters)
    except Exception as error:
        raise _meaning(operation, error) from None
    return answer


def _meaning(operation: str, error: Exception) -> Exception:
    """What an exception of the client comes to; itself where it is a mistake of ours."""
    from botocore.exceptions import BotoCoreError, ClientError  # where nothing fails, a cold start is without it

    if isinstance(error, BotoCoreError):
        return _unavailable(operation, type(error).__name__)
    if not isinstance(error, ClientError):
        return error
    code = error.response["Error"]["Code"]
    if code == "TransactionCanceledException":
        return _Cancelled([reason["Code"] for reason in error.response["CancellationReasons"]])
    if code == "ConditionalCheckFailedException":
        return _Cancelled(["ConditionalCheckFailed"])
    if code == "TransactionConflictException":
        return _Cancelled(["TransactionConflict"])
    if code in ("ValidationException", "ResourceNotFoundException", "AccessDeniedException"):
        return error
    return _unavailable(operation, code)


def _unavailable(operation: str, code: str) -> ApiError:
    log.warning("dynamodb %s failed: %s", operation, code)
    return fail("general_service_unavailable", retry_after=1, reason=f"dynamodb {operation} failed: {code}")
