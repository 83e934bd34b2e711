"""`make drill`: restores the tables under other names, signs in there with every factor, and leaves nothing behind."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from chalicelib.factors import totp
from chalicelib.runtime import clock, container
from chalicelib.storage import keys
from chalicelib.storage.data_key import DataKey, Keyring
from chalicelib.storage.keys import TABLES
from infra.deploy import console, demo, drill
from infra.deploy import tables as module
from infra.deploy.aws import Place
from infra.deploy.stage import FUNCTIONS, Stage
from infra.local.aws import SENDER
from infra.local.inbox import Inbox
from tests.conftest import Stack
from tests.support.api import Api
from tests.support.person import People
from tests.support.recovery import Recovering
from tests.support.servers import FAST_HASHES
from tests.support.tables import Tables

PREFIX = "chalice-mfa-local"
FACTORS = ["totp", "phone", "email", "recoverycode"]
SETTINGS = {
    "MFA_STAGE": "local",
    "MFA_PROJECT": "demo",
    "MFA_ORIGINS": "appwrite-ios://com.example.app,*.example.com",
    "MFA_MAIL_FROM": SENDER,
    "MFA_SMS_COUNTRIES": "de",
    **FAST_HASHES,
}
NO_GRANTS: dict[str, dict[str, Any]] = {function: {"Statement": []} for function in FUNCTIONS}
STAGE = Stage(name="local", api_stage="v1", environment=SETTINGS, policies=NO_GRANTS)


@pytest.fixture
def dynamodb(stack: Stack) -> Iterator[Recovering]:
    """No table that a test has restored is there after it."""
    client = stack.aws.client("dynamodb")
    yield Recovering(client)
    for name in names(client):
        if name not in {f"{PREFIX}-{table}" for table in TABLES} and name.startswith(PREFIX):
            client.delete_table(TableName=name)


@pytest.fixture(autouse=True)
def settings(api: Api, stack: Stack, dynamodb: Recovering, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """Those of the stage, for which the deployment of the tests stands in."""
    environment = dict(SETTINGS)
    stage = replace(STAGE, environment=environment)
    monkeypatch.setattr(drill, "check", lambda stage: None)
    monkeypatch.setattr(drill, "read", lambda name: stage)
    monkeypatch.setattr(console, "place", lambda: Place("123456789012", "aws", "us-east-1"))
    for each in (module, demo):
        monkeypatch.setattr(
            each, "client", lambda service: dynamodb if service == "dynamodb" else stack.aws.client(service)
        )
    with container.override("sleep", dynamodb.pass_time):
        yield environment


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    code = drill.main(["local", *arguments])
    captured = capsys.readouterr()
    return code, captured.out + captured.err


def names(client: Any) -> list[str]:
    return [name for page in client.get_paginator("list_tables").paginate() for name in page["TableNames"]]


def restored(stack: Stack) -> list[str]:
    """The tables that are there under other names than the deployment's."""
    return [name for name in names(stack.aws.client("dynamodb")) if re.match(rf"{PREFIX}-(drill|restored)-2", name)]


def assert_nothing_is_left(stack: Stack, tables: Tables) -> None:
    assert restored(stack) == []
    assert [table for table in TABLES if table not in ("limits", "settings") and tables.items(table)] == []


def ago(**time: float) -> str:
    return (datetime.now(timezone.utc) - timedelta(**time)).isoformat()


def test_every_factor_signs_in_on_the_restored_tables(
    stack: Stack, tables: Tables, dynamodb: Recovering, inbox: Inbox, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told = run(capsys)

    assert code == 0, told
    assert told.startswith("drill stage local in account 123456789012, region us-east-1:\n")
    assert re.findall(r"Sign in with the password and (\w+) \.\.\. done in \d+\.\d s", told) == FACTORS
    assert re.search(r"\n  users +3 +3\n", told)  # the user and the claims of both addresses
    assert told.endswith("The backup works.\n")
    assert_nothing_is_left(stack, tables)
    assert inbox.messages() == []
    queue = stack.aws.client("sqs").get_queue_url(QueueName=f"{PREFIX}-mail")["QueueUrl"]
    assert "Messages" not in stack.aws.client("sqs").receive_message(QueueUrl=queue)


def test_all_tables_are_restored_at_once_to_one_second_with_the_key_of_the_stage(
    dynamodb: Recovering, capsys: pytest.CaptureFixture[str]
) -> None:
    before = datetime.now(timezone.utc)
    assert run(capsys)[0] == 0

    second = dynamodb.restored[0]["RestoreDateTime"]
    assert before < second < datetime.now(timezone.utc) + timedelta(seconds=1)
    assert second.microsecond == 0
    copy = f"{PREFIX}-drill-{second:%Y%m%dt%H%M%S}"
    assert dynamodb.restored == [
        {
            "SourceTableName": f"{PREFIX}-{table}",
            "TargetTableName": f"{copy}-{table}",
            "RestoreDateTime": second,
            "SSESpecificationOverride": {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": f"alias/{PREFIX}"},
            "waited": dynamodb.restored[0]["waited"],
        }
        for table in TABLES
    ]


@pytest.mark.parametrize("left_out", TABLES)
def test_drill_without_one_of_the_tables_fails(
    left_out: str, stack: Stack, tables: Tables, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    some = {name: table for name, table in module.defined(STAGE).items() if name != left_out}
    monkeypatch.setattr(module, "defined", lambda stage: some)

    code, told = run(capsys)

    assert (code, "FAILED: " in told) == (1, True)
    assert_nothing_is_left(stack, tables)


@pytest.mark.parametrize("table", ["users", "sessions", "recovery-codes", "events", "settings"])
def test_table_that_comes_back_empty_is_noticed(
    table: str, stack: Stack, tables: Tables, dynamodb: Recovering, capsys: pytest.CaptureFixture[str]
) -> None:
    dynamodb.emptied = f"-{table}"

    code, told = run(capsys)

    assert (code, "FAILED: " in told) == (1, True)
    assert_nothing_is_left(stack, tables)


def test_data_keys_in_another_context_are_noticed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    running = demo.running

    def misled(stage: Stage, **changed: str) -> Any:
        return running(stage, **{name: value for name, value in changed.items() if name != "MFA_KEY_CONTEXT"})

    monkeypatch.setattr(demo, "running", misled)

    code, told = run(capsys)

    assert (code, "password and totp ... failed" in told) == (1, True)
    assert "got 503 general_service_unavailable" in told


def test_factor_that_takes_any_answer_is_noticed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    steps = itertools.count(2**40)
    monkeypatch.setattr(totp, "matching_step", lambda *_: next(steps))

    code, told = run(capsys)

    assert (code, "password and totp ... failed" in told) == (1, True)
    assert "expected 401 user_invalid_token, got 200" in told


def test_recovery_code_that_lives_on_is_noticed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    give, given = demo.DemoUser._give, set()

    def living_on(user: demo.DemoUser, app: demo.App, challenge: str, answer: str, **expected: Any) -> None:
        give(user, app, challenge, user.codes[0] if answer in given else answer, **expected)
        given.add(answer)

    monkeypatch.setattr(demo.DemoUser, "_give", living_on)

    code, told = run(capsys)

    assert (code, "password and recoverycode ... failed" in told) == (1, True)
    assert "expected 401 user_invalid_token, got 200" in told


PLACES = [
    ("transact_write_items", 1),
    ("transact_write_items", 9),
    ("describe_continuous_backups", 3),
    ("restore_table_to_point_in_time", 1),
    ("restore_table_to_point_in_time", 5),
    ("describe_table", 10),
    ("batch_get_item", 40),
    ("delete_table", 2),
]


@pytest.mark.parametrize(("operation", "call"), PLACES)
def test_interrupted_drill_leaves_nothing(
    operation: str,
    call: int,
    stack: Stack,
    tables: Tables,
    dynamodb: Recovering,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with dynamodb.stopped(operation, call):
        code, told = run(capsys)
    assert (code, told.endswith("Interrupted.\n")) == (1, True)
    if operation != "delete_table":  # for it was cleaning up
        assert_nothing_is_left(stack, tables)

    assert run(capsys)[0] == 0
    assert_nothing_is_left(stack, tables)


@pytest.mark.parametrize(("operation", "call"), PLACES)
def test_drill_that_died_is_cleaned_up_by_the_next(
    operation: str,
    call: int,
    stack: Stack,
    tables: Tables,
    dynamodb: Recovering,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with dynamodb.stopped(operation, call, killed=True):
        assert run(capsys)[0] == 1

    code, told = run(capsys)

    assert code == 0, told
    assert_nothing_is_left(stack, tables)


def test_tables_of_a_given_second_are_kept_without_the_demo_user(
    stack: Stack, tables: Tables, people: People, dynamodb: Recovering, capsys: pytest.CaptureFixture[str]
) -> None:
    person = people.new(authenticator=True)
    everybody = tables.items("users")

    code, told = run(capsys, "--from", ago(hours=2), "--keep")

    assert code == 0, told
    assert "Make a demo user in the restored tables ... done" in told
    assert re.findall(r"password and (\w+) \.\.\. done", told) == FACTORS
    second = dynamodb.restored[0]["RestoreDateTime"]
    assert f"  make restore STAGE=local KEPT={second:%Y%m%dt%H%M%S} puts them in place\n" in told
    kept = [f"{PREFIX}-restored-{second:%Y%m%dt%H%M%S}-{table}" for table in TABLES]
    assert restored(stack) == kept
    assert tables.items("users") == everybody
    found = stack.aws.client("dynamodb").scan(TableName=kept[0])["Items"]
    assert {item["pk"]["S"] for item in found} == {item["pk"] for item in everybody}
    assert person.get("/account").status == 200

    assert run(capsys)[0] == 0
    assert restored(stack) == kept


def test_kept_tables_are_taken_up_after_an_interruption(
    stack: Stack, dynamodb: Recovering, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--from", ago(hours=2), "--keep")
    with dynamodb.stopped("restore_table_to_point_in_time", 5):
        assert run(capsys, *words)[0] == 1
    assert len(restored(stack)) == 4

    assert run(capsys, *words)[0] == 0
    assert len(restored(stack)) == len(dynamodb.restored) == len(TABLES)


def test_tables_of_another_stage_with_such_a_name_are_left_alone(
    stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    client = stack.aws.client("dynamodb")
    other = f"{PREFIX}-drill-users"
    key = {"AttributeName": "pk", "AttributeType": "S"}
    schema = [{"AttributeName": "pk", "KeyType": "HASH"}]
    client.create_table(TableName=other, KeySchema=schema, AttributeDefinitions=[key], BillingMode="PAY_PER_REQUEST")

    assert run(capsys)[0] == 0

    assert other in names(client)


def test_deployment_without_mail_and_sms_is_drilled_with_what_it_has(
    settings: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    settings.update(MFA_MAIL_FROM="", MFA_SMS="off")

    code, told = run(capsys)

    assert (code, re.findall(r"password and (\w+) \.\.\. done", told)) == (0, ["totp", "recoverycode"])


def test_codes_that_the_team_delivers_are_tried_too(tables: Tables, capsys: pytest.CaptureFixture[str]) -> None:
    tables.change(keys.PROJECT, factors={"custom": True})

    code, told = run(capsys)

    assert (code, "password and custom ... done" in told) == (0, True), told


def demo_id() -> str:
    with demo.running(STAGE):
        return demo.user_id()


def test_nobody_who_does_not_know_the_data_key_can_take_the_demo_users_id(
    api: Api, tables: Tables, dynamodb: Recovering, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in (demo.NAME, f"{demo.NAME}-{'0' * 16}"):
        body = {"userId": name, "email": f"success+{name}{demo.MAILBOX}", "password": "correct horse battery"}
        assert api.post("/account", body).status == 201
    users = tables.items("users")

    code, told = run(capsys)

    assert code == 0, told
    assert tables.items("users") == users
    assert re.fullmatch(rf"{demo.NAME}-[0-9a-f]{{16}}", demo_id())


def test_demo_users_id_is_of_the_first_data_key() -> None:
    first, other = DataKey(b"1" * 32, 0), DataKey(b"2" * 32, 0)
    ids = []
    for known in ([first], [first, other], [other]):
        with demo.running(STAGE), container.override("data-keys", Keyring(known, clock.now())):
            ids.append(demo.user_id())

    assert ids[0] == ids[1] != ids[2]


def test_somebody_elses_account_is_not_removed(api: Api, tables: Tables, capsys: pytest.CaptureFixture[str]) -> None:
    id_ = demo_id()
    body = {"userId": id_, "email": "ann@example.test", "password": "correct horse battery"}
    assert api.post("/account", body).status == 201

    code, told = run(capsys)

    assert (code, f"There is a user {id_}, who is not the drill's" in told) == (1, True)
    assert tables.item(keys.user(id_))["email"] == "ann@example.test"


def test_what_cannot_be_restored_is_said(
    dynamodb: Recovering, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told = run(capsys, "--from", ago(days=36))
    assert (code, f"FAILED: {PREFIX}-users goes back to " in told) == (1, True)
    code, told = run(capsys, "--from", ago(days=-1))
    assert (code, " is in the future" in told) == (1, True)
    with pytest.raises(SystemExit):
        run(capsys, "--from", "2026-01-31T12:00:00")
    assert "is no time with its zone" in capsys.readouterr().err
    dynamodb.enabled = False
    code, told = run(capsys)
    assert (code, f"{PREFIX}-users has no point-in-time recovery" in told) == (1, True)
    monkeypatch.setattr(module, "defined", lambda stage: {"letters": {}})
    code, told = run(capsys)
    assert (code, f"There is no table {PREFIX}-letters: make restore" in told) == (1, True)
    assert dynamodb.restored == []
