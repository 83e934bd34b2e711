"""`make drill` and `make restore` as they are typed: a stage gets its tables back, and all goes on from there."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chalicelib.storage.keys import TABLES
from infra.deploy import restore
from infra.deploy import stack as deployed_stack
from infra.deploy import tables as deployed_tables
from infra.deploy.restore import EMPTY
from infra.deploy.stage import ROOT, Refused, Stage
from infra.local.stack import read_stack
from tests.conftest import Stack
from tests.infra.project import Account, copy_project
from tests.support.api import Api, assert_refused
from tests.support.person import People
from tests.support.recovery import Recovering
from tests.support.tables import Tables

STAGE = "chalice-mfa-dev"
FILLED = [table for table in TABLES if table not in EMPTY]
ANN = {"pk": {"S": "user#ann"}}
BOB = {"pk": {"S": "user#bob"}}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return copy_project(tmp_path)


@pytest.fixture
def deployed(tree: Path, account: Account) -> Iterator[None]:
    """The stack of stage dev, protected, with its first data key."""
    cloudformation, dynamodb = account.client("cloudformation"), account.client("dynamodb")
    parameters = {"Stage": "dev", "Protected": "true"}
    cloudformation.create_stack(
        StackName=STAGE,
        TemplateBody=(ROOT / "infra" / "stack.yaml").read_text(),
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    made(tree, account, "data-key")
    yield
    for table in names(account):
        dynamodb.update_table(TableName=table, DeletionProtectionEnabled=False)
    cloudformation.delete_stack(StackName=STAGE)
    for table in names(account):  # what a stack keeps, and what a test has not removed
        dynamodb.delete_table(TableName=table)
    for backup in dynamodb.list_backups()["BackupSummaries"]:
        dynamodb.delete_backup(BackupArn=backup["BackupArn"])


def make(
    tree: Path, account: Account, target: str, *words: str, confirm: str = "dev"
) -> subprocess.CompletedProcess[str]:
    installed = f"VENV={sys.prefix}", f"--assume-old={sys.prefix}/run"
    environment = {**account.environment, "CONFIRM": confirm}
    command = ["make", *installed, target, "STAGE=dev", *words]
    return subprocess.run(command, cwd=tree, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)


def made(tree: Path, account: Account, target: str, *words: str) -> str:
    done = make(tree, account, target, *words)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def names(account: Account) -> list[str]:
    found: list[str] = account.client("dynamodb").list_tables()["TableNames"]
    return [name for name in found if name.startswith(STAGE)]


def items(account: Account, table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = account.client("dynamodb").scan(TableName=f"{STAGE}-{table}")["Items"]
    return found


def fill(account: Account) -> dict[str, list[dict[str, Any]]]:
    """An item in each table; what the tables hold that are to come back."""
    dynamodb = account.client("dynamodb")
    for table, key in TABLES.items():
        item = {name: {"S": "ann"} for name in key} if table != "users" else ANN
        dynamodb.put_item(TableName=f"{STAGE}-{table}", Item=item)
    return {table: items(account, table) for table in FILLED}


def held(account: Account) -> dict[str, list[dict[str, Any]]]:
    return {table: items(account, table) for table in FILLED}


def assert_set_up(account: Account) -> None:
    """The tables are as the stack makes them."""
    dynamodb = account.client("dynamodb")
    expiring = set()
    for table in TABLES:
        name = f"{STAGE}-{table}"
        found = dynamodb.describe_table(TableName=name)["Table"]
        assert (found["TableStatus"], found["DeletionProtectionEnabled"]) == ("ACTIVE", True)
        backups = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
        assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
        if dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]["TimeToLiveStatus"] == "ENABLED":
            expiring.add(table)
    assert expiring == {"sessions", "challenges", "limits", "events"}
    indexes = dynamodb.describe_table(TableName=f"{STAGE}-users")["Table"]["GlobalSecondaryIndexes"]
    assert {index["IndexName"] for index in indexes} == {"by-creation", "by-phone"}


@pytest.mark.usefixtures("deployed")
def test_drill_leaves_the_deployment_as_it_was(tree: Path, account: Account) -> None:
    before, tables = fill(account), names(account)

    told = made(tree, account, "drill")

    assert re.findall(r"password and (\w+) \.\.\. done", told) == ["totp", "email", "recoverycode"]
    assert names(account) == tables
    assert {**held(account), "limits": []} == {**before, "limits": []}  # counters of it end by themselves


@pytest.mark.usefixtures("deployed")
def test_wrong_tables_are_replaced_by_those_of_a_second(tree: Path, account: Account) -> None:
    dynamodb = account.client("dynamodb")
    fill(account)
    second = dynamodb.describe_continuous_backups(TableName=f"{STAGE}-users")["ContinuousBackupsDescription"]
    time = second["PointInTimeRecoveryDescription"]["LatestRestorableDateTime"].isoformat()
    told = made(tree, account, "drill", f"FROM={time}", "KEEP=1")
    [kept] = re.findall(r"make restore STAGE=dev (KEPT=\w+) puts", told)
    right = {table: dynamodb.scan(TableName=f"{STAGE}-restored-{kept[5:]}-{table}")["Items"] for table in FILLED}
    assert right["users"] == [ANN]
    dynamodb.delete_item(TableName=f"{STAGE}-users", Key=ANN)
    dynamodb.put_item(TableName=f"{STAGE}-users", Item=BOB)

    for confirm in ("", "prod"):
        done = make(tree, account, "restore", kept, confirm=confirm)
        assert (done.returncode, "Nothing was changed" in done.stderr) == (2, True)
    assert items(account, "users") == [BOB]
    told = made(tree, account, "restore", kept)

    assert told.startswith(
        "restore stage dev in account 123456789012, region us-east-1:\n  deletes the tables of chalice-mfa-dev "
    )
    assert held(account) == right
    assert [items(account, table) for table in EMPTY] == [[], []]
    assert_set_up(account)
    dynamodb.put_item(TableName=f"{STAGE}-users", Item=BOB)
    told = made(tree, account, "restore", kept)
    assert re.search(r"^  deletes nothing: .* in place since 2\d{3}-", told, re.MULTILINE)
    assert re.search(r"^Already in place since 2\d{3}-.*: what came after it stays\.$", told, re.MULTILINE)
    assert "Remove" not in told
    assert BOB in items(account, "users")
    made(tree, account, "restore", kept, "DROP=1")
    assert sorted(names(account)) == sorted(f"{STAGE}-{table}" for table in TABLES)
    assert {each["BackupType"] for each in dynamodb.list_backups()["BackupSummaries"]} == {"SYSTEM"}
    made(tree, account, "drill")


@pytest.mark.usefixtures("deployed")
def test_deleted_tables_come_back_as_they_were(tree: Path, account: Account) -> None:
    dynamodb, before = account.client("dynamodb"), fill(account)
    for table in ("users", "settings", "sessions"):
        dynamodb.update_table(TableName=f"{STAGE}-{table}", DeletionProtectionEnabled=False)
        dynamodb.delete_table(TableName=f"{STAGE}-{table}")
    done = make(tree, account, "drill")
    assert (done.returncode, "make restore STAGE=dev puts it back" in done.stderr) == (2, True)

    told = made(tree, account, "restore")

    assert "Gone: users, sessions, settings\n" in told
    assert held(account) == before
    assert items(account, "sessions") == []
    assert_set_up(account)


@pytest.mark.usefixtures("deployed")
def test_what_is_not_there_is_not_restored(tree: Path, account: Account) -> None:
    done = make(tree, account, "restore", "KEPT=20260131t120000")
    assert (done.returncode, "There is no table chalice-mfa-dev-restored-20260131t120000-users" in done.stderr) == (
        2,
        True,
    )
    assert len(names(account)) == len(TABLES)

    dynamodb = account.client("dynamodb")
    lost = {"TableName": f"{STAGE}-limits"}
    dynamodb.update_continuous_backups(**lost, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False})
    dynamodb.update_table(**lost, DeletionProtectionEnabled=False)
    dynamodb.delete_table(**lost)
    for backup in dynamodb.list_backups(**lost)["BackupSummaries"]:  # of earlier tests
        dynamodb.delete_backup(BackupArn=backup["BackupArn"])
    done = make(tree, account, "restore")
    assert (done.returncode, "DynamoDB has no backup of limits" in done.stderr) == (2, True)
    assert make(tree, account, "restore", "DROP=1").returncode == 2
    again = next(each for each in read_stack("dev").tables if each["TableName"] == lost["TableName"])
    dynamodb.create_table(**again)  # for the stack, which is removed now


KEPT = "chalice-mfa-local-restored-20260131t120000"
LATER = "chalice-mfa-local-restored-20260131t130000"
PLACES = [
    ("create_backup", 3),
    ("delete_table", 1),
    ("delete_table", 4),
    ("restore_table_from_backup", 2),
    ("create_table", 1),
    ("update_time_to_live", 1),
    ("update_continuous_backups", 2),
]


@pytest.fixture
def stage(api: Api, stack: Stack, dynamodb: Recovering, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """That of the tests, empty. No kept table and no backup is there after it."""
    clients = {"dynamodb": dynamodb, "cloudformation": stack.aws.client("cloudformation")}
    for module in (restore, deployed_tables, deployed_stack):
        monkeypatch.setattr(module, "client", clients.__getitem__)
    found = Stage(name="local", api_stage="v1", environment={}, policies={})
    yield found
    for kept in (KEPT, LATER):
        restore.drop(found, kept)


@pytest.fixture
def dynamodb(stack: Stack) -> Recovering:
    return Recovering(stack.aws.client("dynamodb"))


def keep(stack: Stack, prefix: str) -> None:
    """The tables as they are now, under other names, as a drill keeps them."""
    for table in TABLES:
        names = {"SourceTableName": f"chalice-mfa-local-{table}", "TargetTableName": f"{prefix}-{table}"}
        stack.aws.client("dynamodb").restore_table_to_point_in_time(**names)


@pytest.mark.parametrize(("operation", "call"), PLACES)
def test_interrupted_restoration_is_finished_by_the_next(
    operation: str, call: int, stage: Stage, people: People, tables: Tables, stack: Stack, dynamodb: Recovering
) -> None:
    client = stack.aws.client("dynamodb")
    person = people.new(authenticator=True)
    keep(stack, KEPT)
    before = tables.everything()
    people.new()

    with dynamodb.stopped(operation, call), pytest.raises(KeyboardInterrupt):
        restore.replace(stage, KEPT)
    restore.replace(stage, KEPT)

    assert tables.everything() == {**before, "sessions": [], "challenges": []}
    assert_refused(person.get("/account"), 401, "general_unauthorized_scope")
    person.sign_in()
    restore.replace(stage, KEPT)  # which is done: what came after it stays
    restore.drop(stage, KEPT)
    person.clock.advance(seconds=60)
    assert person.answer(person.challenge("totp"), person.totp_code()).status == 200
    assert [each for each in client.list_tables()["TableNames"] if each.startswith(KEPT)] == []
    assert client.list_backups()["BackupSummaries"] == []


@pytest.mark.parametrize(("operation", "call"), [("create_backup", 3), ("describe_backup", 1), ("delete_table", 1)])
def test_kept_tables_that_were_mended_before_anything_was_removed_are_backed_up_anew(
    operation: str, call: int, stage: Stage, tables: Tables, stack: Stack, dynamodb: Recovering
) -> None:
    keep(stack, KEPT)
    with dynamodb.stopped(operation, call), pytest.raises(KeyboardInterrupt):
        restore.replace(stage, KEPT)
    stack.aws.client("dynamodb").put_item(TableName=f"{KEPT}-users", Item=BOB)

    restore.replace(stage, KEPT)

    assert tables.items("users") == [{"pk": "user#bob"}]


def test_tables_that_others_took_the_place_of_are_put_in_place_again(
    stage: Stage, people: People, tables: Tables, stack: Stack
) -> None:
    keep(stack, KEPT)
    people.new()
    keep(stack, LATER)

    for kept, users in ((KEPT, 0), (LATER, 2), (KEPT, 0)):
        assert restore.in_place_since(stage, kept) is None
        restore.replace(stage, kept)
        assert restore.in_place_since(stage, kept)
        assert len(tables.items("users")) == users


@pytest.mark.parametrize(("operation", "call"), [("delete_table", 2), ("restore_table_from_backup", 1)])
def test_wrong_tables_that_a_killed_run_has_deleted_do_not_come_back(
    operation: str, call: int, stage: Stage, people: People, tables: Tables, stack: Stack, dynamodb: Recovering
) -> None:
    keep(stack, KEPT)
    before = tables.everything()
    people.new()
    with dynamodb.stopped(operation, call, killed=True), pytest.raises(KeyboardInterrupt):
        restore.replace(stage, KEPT)

    with pytest.raises(Refused, match="make restore STAGE=local KEPT=20260131t120000 goes on with that"):
        restore.put_back(stage)

    restore.replace(stage, KEPT)
    assert tables.everything() == before
    restore.put_back(stage)  # of which nothing is gone
    assert tables.everything() == before
