"""The tables of a stage, which `infra/stack.yaml` lists: restored to a second under other names, counted, removed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.runtime import clock
from infra.deploy.aws import client
from infra.deploy.stage import Refused, Stage
from infra.local.stack import Stack, read_stack

POLL_SECONDS = 10
SECOND = "%Y%m%dt%H%M%S"
"""How the second that tables are restored to stands in their names. It makes them longer than those of any stage."""

Description = dict[str, Any]


def defined(stage: Stage) -> dict[str, Description]:
    """How each table of the stack is made, by its name without the prefix."""
    return {each["TableName"].removeprefix(f"{stage.prefix}-"): each for each in _stack(stage.name).tables}


@cache
def _stack(name: str) -> Stack:
    return read_stack(name)


def expiry(stage: Stage) -> dict[str, str]:
    """The attribute by which items of a table end, by the table's whole name, where they do."""
    return _stack(stage.name).ttl


def encryption(stage: Stage) -> Description:
    """The stage's own key, which the stack encrypts its tables with."""
    return {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": f"alias/{stage.prefix}"}


def copies(stage: Stage, kind: str, second: datetime) -> str:
    """The prefix of the tables that are restored to that second, in UTC."""
    return f"{stage.prefix}-{kind}-{second.strftime(SECOND)}"


def leftovers(stage: Stage, kind: str) -> list[str]:
    """The tables that are there under such prefixes."""
    name = re.compile(rf"{re.escape(stage.prefix)}-{kind}-\d{{8}}t\d{{6}}-({'|'.join(defined(stage))})")
    pages = client("dynamodb").get_paginator("list_tables").paginate()
    return [each for page in pages for each in page["TableNames"] if name.fullmatch(each)]


def require(stage: Stage) -> None:
    """Refused if a table is not there."""
    for each in defined(stage):
        if not state(f"{stage.prefix}-{each}"):
            raise Refused(f"There is no table {stage.prefix}-{each}: make restore STAGE={stage.name} puts it back.")


def next_second(stage: Stage) -> datetime:
    """The second after this one, by the clock of AWS: everything that is written by now was written before it."""
    answer = client("dynamodb").describe_continuous_backups(TableName=f"{stage.prefix}-users")
    date: str = answer["ResponseMetadata"]["HTTPHeaders"]["date"]
    return parsedate_to_datetime(date) + timedelta(seconds=1)


def wait_until_restorable(stage: Stage, second: datetime) -> None:
    """Wait until every table can be restored to that second. Refused if one never can."""
    if second > next_second(stage):
        raise Refused(f"{second:%Y-%m-%dT%H:%M:%SZ} is in the future.")
    wait(lambda: all(_is_restorable(f"{stage.prefix}-{each}", second) for each in defined(stage)))


def _is_restorable(table: str, second: datetime) -> bool:
    answer = client("dynamodb").describe_continuous_backups(TableName=table)
    recovery = answer["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    if recovery["PointInTimeRecoveryStatus"] != "ENABLED":
        raise Refused(f"{table} has no point-in-time recovery: make deploy switches it on.")
    if second < recovery["EarliestRestorableDateTime"]:
        raise Refused(f"{table} goes back to {recovery['EarliestRestorableDateTime']:%Y-%m-%dT%H:%M:%S%z} only.")
    return bool(recovery["LatestRestorableDateTime"] >= second)


def restore(stage: Stage, second: datetime, prefix: str) -> None:
    """Restore every table to that second, all at once, and wait for the last. Those that are there already stay."""
    for each in defined(stage):
        try:
            client("dynamodb").restore_table_to_point_in_time(
                SourceTableName=f"{stage.prefix}-{each}",
                TargetTableName=f"{prefix}-{each}",
                RestoreDateTime=second,
                SSESpecificationOverride=encryption(stage),
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "TableAlreadyExistsException":
                raise
    wait_until_active(f"{prefix}-{each}" for each in defined(stage))


def remove(tables: Iterable[str]) -> None:
    """Delete these tables and wait until they are gone. DynamoDB deletes none that it is still restoring."""
    there = [each for each in tables if state(each)]
    wait(lambda: all(state(each) not in ("CREATING", "UPDATING") for each in there))
    for each in there:
        client("dynamodb").delete_table(TableName=each)
    wait(lambda: not any(map(state, there)))


def wait_until_active(tables: Iterable[str]) -> None:
    names = list(tables)
    wait(lambda: all(state(each) == "ACTIVE" for each in names))


def state(table: str) -> str:
    """DynamoDB's word for the state of a table; empty when there is none of that name."""
    found = describe(table)
    return str(found["TableStatus"]) if found else ""


def describe(table: str) -> Description | None:
    try:
        found: Description = client("dynamodb").describe_table(TableName=table)["Table"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return None
        raise
    return found


def count(stage: Stage, prefix: str) -> dict[str, int]:
    """How many items each table has. DynamoDB itself counts every six hours only, so all are read."""
    with ThreadPoolExecutor() as pool:
        found = pool.map(_count, (f"{prefix}-{each}" for each in defined(stage)))
        return dict(zip(defined(stage), found, strict=True))


def _count(table: str) -> int:
    pages = client("dynamodb").get_paginator("scan").paginate(TableName=table, Select="COUNT")
    return sum(page["Count"] for page in pages)


def wait(happened: Callable[[], bool]) -> None:
    """Ask until it has happened."""
    while not happened():
        clock.pause(POLL_SECONDS)
