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

TIME = "%Y-%m-%dT%H:%M:%S%z"

Backups = dict[str, dict[str, Any]]


def replace(stage: Stage, kept: str) -> None:
    """The kept tables take the place of the stage's own, of which DynamoDB keeps a backup for 35 days."""
    if not (since := in_place_since(stage, kept)):
        with step(f"Back up {kept}-..."):
            backups = _begun(stage, kept) or {each: _back_up(f"{kept}-{each}") for each in _filled(stage)}
            tables.wait(lambda: all(_is_available(each) for each in backups.values()))
        with step(f"Remove the tables of {stage.prefix}"):
            _remove(name for name in _names(stage) if _is_older(name, _first(backups)))
        _make(stage, backups)
    else:
        print(f"Already in place since {since:{TIME}}: what came after it stays.", flush=True)
    _complete(stage)


def in_place_since(stage: Stage, kept: str) -> datetime | None:
    """When the last of the stage's tables was made, if a run has made all of them of the kept ones."""
    found = [tables.describe(name) for name in _names(stage)]
    made: list[datetime] = [each["CreationDateTime"] for each in found if each]
    return max(made) if len(made) == len(found) and _begun(stage, kept) else None


def _begun(stage: Stage, kept: str) -> Backups:
    """The backups with which a run has begun to replace the stage's tables, and which the next goes on with.

    Empty if none has: as long as a table is there from before for each, the next makes backups of its own.
    """
    backups = {each: _newest(f"{kept}-{each}", "USER") for each in _filled(stage)}
    made = {each: backup for each, backup in backups.items() if backup}
    if len(made) < len(backups):
        return {}
    arns = {each["BackupArn"] for each in made.values()}
    found = [tables.describe(f"{stage.prefix}-{each}") for each in made]
    after = [each for each in found if each and each["CreationDateTime"] >= _first(made)]
    others = [each for each in after if each.get("RestoreSummary", {}).get("SourceBackupArn") not in arns]
    return made if not others and (after or None in found) else {}


def _first(backups: Backups) -> datetime:
    made: datetime = min(each["BackupCreationDateTime"] for each in backups.values())
    return made


def put_back(stage: Stage) -> None:
    """What was deleted of the stage's tables comes back as it was then."""
    gone = [each for each in tables.defined(stage) if not tables.state(f"{stage.prefix}-{each}")]
    print(f"Gone: {', '.join(gone) or 'none'}", flush=True)
    _refuse_unfinished(stage, gone)
    backups = {each: _newest(f"{stage.prefix}-{each}", "SYSTEM") for each in gone if each not in EMPTY}
    if lost := [each for each, backup in backups.items() if not backup]:
        raise Refused(f"DynamoDB has no backup of {', '.join(lost)}. It keeps that of a deleted table for 35 days.")
    _make(stage, {each: backup for each, backup in backups.items() if backup})
    _complete(stage)


def _refuse_unfinished(stage: Stage, gone: list[str]) -> None:
    """Refused if a run may have deleted them to put kept ones in their place: what comes back were the wrong ones."""
    for second in sorted({_second(stage, name) for name in tables.leftovers(stage, RESTORED)} if gone else ()):
        if _begun(stage, kept_prefix(stage, second)):
            command = f"make restore STAGE={stage.name} KEPT={second}"
            raise Refused(
                f"Tables of {second} are being put in place: {command} goes on with that. "
                f"If it was done, and {', '.join(gone)} deleted later: {command} DROP=1, and then this again."
            )


def kept_prefix(stage: Stage, second: str) -> str:
    return f"{stage.prefix}-{RESTORED}-{second}"


def _second(stage: Stage, table: str) -> str:
    return table.removeprefix(kept_prefix(stage, "")).partition("-")[0]


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


def _back_up(table: str) -> dict[str, Any]:
    if not tables.state(table):
        raise Refused(f"There is no table {table}: make drill STAGE=... FROM=... KEEP=1 makes it.")
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


def _complete(stage: Stage) -> None:
    """What the stack has switched on and no table is restored with."""
    with step("Switch on recovery, expiry and protection"):
        _switch_on(stage)


def _switch_on(stage: Stage) -> None:
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
        kept = kept_prefix(stage, options.kept)
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
    if options.kept and (since := in_place_since(stage, kept)):
        return f"deletes nothing: {kept}-... are in place since {since:{TIME}}; sees that they are set up"
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
