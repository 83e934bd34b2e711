"""`python -m infra.deploy.restore STAGE`: gives a stage its tables back under their own names. `make restore`.

With `--kept SECOND` they are those that `make drill ... KEEP=1` has left, and take the place of what is there. Without,
what was deleted comes back as it was then. Sessions and challenges are made anew, empty: what was ended or spent since
does not live again, and everybody signs in anew. Interrupted, it is run again. `--drop` removes what was kept.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.runtime import clock
from infra.deploy import functions, stack, tables
from infra.deploy.aws import client
from infra.deploy.console import announce, confirm
from infra.deploy.drill import RESTORED, step
from infra.deploy.stage import Refused, Stage, check, read

EMPTY = ("sessions", "challenges")
BACKUP = "restore"
"""The name of the backups by which a kept table takes the place of the stage's own."""

Backups = dict[str, dict[str, Any]]


def replace(stage: Stage, kept: str) -> None:
    """The kept tables take the place of the stage's own, of which DynamoDB keeps a backup for 35 days."""
    with step(f"Back up {kept}-..."):
        backups = {each: _backed_up(f"{kept}-{each}") for each in _filled(stage)}
        tables.wait(lambda: all(_is_available(each) for each in backups.values()))
    begun = min(each["BackupCreationDateTime"] for each in backups.values())
    with step(f"Remove the tables of {stage.prefix}"):
        _remove(name for name in _names(stage) if _is_older(name, begun))
    _make(stage, backups)


def put_back(stage: Stage) -> None:
    """What was deleted of the stage's tables comes back as it was then."""
    gone = [each for each in tables.defined(stage) if not tables.state(f"{stage.prefix}-{each}")]
    print(f"Gone: {', '.join(gone) or 'none'}", flush=True)
    backups = {each: _newest(f"{stage.prefix}-{each}", "SYSTEM") for each in gone if each not in EMPTY}
    if lost := [each for each, backup in backups.items() if not backup]:
        raise Refused(f"DynamoDB has no backup of {', '.join(lost)}. It keeps that of a deleted table for 35 days.")
    _make(stage, {each: backup for each, backup in backups.items() if backup})


def drop(stage: Stage, kept: str) -> None:
    """Remove kept tables and their backups."""
    with step(f"Remove {kept}-... and the backups of it"):
        names = [f"{kept}-{each}" for each in tables.defined(stage)]
        tables.remove(names)
        for name in names:
            while backup := _newest(name, "USER"):
                client("dynamodb").delete_backup(BackupArn=backup["BackupArn"])


def _names(stage: Stage) -> list[str]:
    return [each["TableName"] for each in tables.defined(stage).values()]


def _filled(stage: Stage) -> list[str]:
    return [each for each in tables.defined(stage) if each not in EMPTY]


def _backed_up(table: str) -> dict[str, Any]:
    """The backup of a kept table, made now unless an interrupted run has made it."""
    found = _newest(table, "USER")
    if found is None and not tables.state(table):
        raise Refused(f"There is no table {table}: make drill STAGE=... FROM=... KEEP=1 makes it.")
    return found or _back_up(table)


def _back_up(table: str) -> dict[str, Any]:
    made: dict[str, Any] = client("dynamodb").create_backup(TableName=table, BackupName=BACKUP)["BackupDetails"]
    return made


def _newest(table: str, kind: str) -> dict[str, Any] | None:
    pages = client("dynamodb").get_paginator("list_backups").paginate(TableName=table, BackupType="ALL")
    found = [each for page in pages for each in page["BackupSummaries"] if each["BackupType"] == kind]
    return max(found, key=lambda each: each["BackupCreationDateTime"], default=None)


def _is_available(backup: dict[str, Any]) -> bool:
    found = client("dynamodb").describe_backup(BackupArn=backup["BackupArn"])["BackupDescription"]
    return bool(found["BackupDetails"]["BackupStatus"] == "AVAILABLE")


def _is_older(table: str, begun: datetime) -> bool:
    """Whether a table is there from before: what an interrupted run has made since then stays."""
    found = tables.describe(table)
    return found is not None and found["CreationDateTime"] < begun


def _remove(names: Iterable[str]) -> None:
    old = list(names)
    for name in old:
        _protect(name, False)
    tables.wait_until_active(old)
    tables.remove(old)


def _make(stage: Stage, backups: Backups) -> None:
    """The tables that are not there, as the stack has them."""
    with step(f"Restore the tables of {stage.prefix}"):
        for table, arguments in tables.defined(stage).items():
            name = arguments["TableName"]
            if tables.state(name):
                continue
            if table in EMPTY:
                client("dynamodb").create_table(**arguments, SSESpecification=tables.encryption(stage))
            else:
                client("dynamodb").restore_table_from_backup(
                    TargetTableName=name,
                    BackupArn=backups[table]["BackupArn"],
                    SSESpecificationOverride=tables.encryption(stage),
                )
        tables.wait_until_active(_names(stage))
    with step("Switch on recovery, expiry and protection"):
        _complete(stage)


def _complete(stage: Stage) -> None:
    """What the stack has switched on and no table is restored with."""
    found = stack.describe(stage)
    kept = found is not None and stack.outputs(found).get("Kept") == "true"
    for name, attribute in tables.expiry(stage).items():
        now = client("dynamodb").describe_time_to_live(TableName=name)["TimeToLiveDescription"]
        if now["TimeToLiveStatus"] == "DISABLED":
            wanted = {"AttributeName": attribute, "Enabled": True}
            client("dynamodb").update_time_to_live(TableName=name, TimeToLiveSpecification=wanted)
    for name in _names(stage):
        tables.wait(partial(_is_recoverable, name))
        _protect(name, kept)


def _is_recoverable(table: str) -> bool:
    """Switch point-in-time recovery on, which a table that was made just now does not take yet."""
    wanted = {"PointInTimeRecoveryEnabled": True}
    try:
        client("dynamodb").update_continuous_backups(TableName=table, PointInTimeRecoverySpecification=wanted)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ContinuousBackupsUnavailableException":
            raise
        return False
    return True


def _protect(table: str, on: bool) -> None:
    found = tables.describe(table)
    if found and found.get("DeletionProtectionEnabled", False) != on:
        client("dynamodb").update_table(TableName=table, DeletionProtectionEnabled=on)


def main(arguments: list[str]) -> int:
    options = _parsed(arguments)
    try:
        stage = read(options.stage)
        check(stage)
        kept = f"{stage.prefix}-{RESTORED}-{options.kept}"
        announce("restore", stage, [_plan(stage, kept, options)])
        confirm(stage)
        if options.drop:
            drop(stage, kept)
        else:
            replace(stage, kept) if options.kept else put_back(stage)
            functions.renew(stage, f"Tables restored {clock.now()}")
            print(f"Now make deploy STAGE={stage.name}, for running functions know data keys that may be gone.")
    except KeyboardInterrupt:
        print("Interrupted: run it again.", file=sys.stderr)
        return 1
    except (Refused, BotoCoreError, ClientError) as error:
        print(f"FAILED: {error}", file=sys.stderr)
        return 1
    return 0


def _plan(stage: Stage, kept: str, options: argparse.Namespace) -> str:
    if options.drop:
        return f"removes the tables {kept}-... and their backups"
    if options.kept:
        return f"deletes the tables of {stage.prefix} and puts {kept}-... in their place; nobody is served meanwhile"
    return f"restores those tables of {stage.prefix} that are gone"


def _parsed(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m infra.deploy.restore")
    parser.add_argument("stage")
    parser.add_argument("--kept", metavar="SECOND", default="", help="as make drill ... KEEP=1 has told it")
    parser.add_argument("--drop", action="store_true", help="remove the kept tables and their backups")
    options = parser.parse_args(arguments)
    if options.drop and not options.kept:
        parser.error("--drop needs --kept")
    return options


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main(sys.argv[1:]))
