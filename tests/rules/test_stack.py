"""What the code uses besides tables is in the stack, what the stack makes is used, and what must last is kept."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.delivery import mail_queue
from chalicelib.runtime import container, settings
from chalicelib.storage.keys import BY_CREATION, BY_PHONE
from infra.deploy import gateway, stack
from infra.deploy.stage import read
from infra.local.stack import read_template

STAGES = ("dev", "prod")
EVER_LASTING = ("AWS::DynamoDB::Table", "AWS::KMS::Key")
LIMIT_OF_CLOUDFORMATION = 51_200
"""Bytes of a template that is handed over in the request."""


def of_type(kind: str, stage: str = "dev") -> list[dict[str, Any]]:
    return [each["Properties"] for each in read_template(stage)["Resources"].values() if each["Type"] == kind]


@pytest.fixture(params=STAGES)
def stage(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_indexes_are_those_that_are_queried() -> None:
    indexes = {
        table["TableName"]: [index["IndexName"] for index in table["GlobalSecondaryIndexes"]]
        for table in of_type("AWS::DynamoDB::Table")
        if "GlobalSecondaryIndexes" in table
    }

    assert indexes == {"chalice-mfa-dev-users": [BY_CREATION, BY_PHONE]}


def test_queues_key_and_configuration_set_have_the_names_that_the_app_goes_by(stage: str) -> None:
    config = settings.load(read(stage).environment)
    with container.override("config", config):
        queue = mail_queue.name()

    queues = [each["QueueName"] for each in of_type("AWS::SQS::Queue", stage)]
    assert queues == [queue, f"{queue}-dead-letters"]
    assert [each["AliasName"] for each in of_type("AWS::KMS::Alias", stage)] == [config.kms_key]
    configurations = [each["Name"] for each in of_type("AWS::SES::ConfigurationSet", stage)]
    assert configurations == [config.mail_configuration_set]


def test_tables_are_encrypted_restorable_and_protected() -> None:
    for table in of_type("AWS::DynamoDB::Table"):
        assert table["SSESpecification"] == {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": "Key.Arn"}
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
        assert table["DeletionProtectionEnabled"] == ["Kept", True, False]


def test_tables_and_key_outlive_the_stack_where_they_are_kept() -> None:
    template = read_template("dev")
    lasting = [each for each in template["Resources"].values() if each["Type"] in EVER_LASTING]

    assert len(lasting) > 1
    for each in lasting:
        assert each["DeletionPolicy"] == each["UpdateReplacePolicy"] == ["Kept", "Retain", "Delete"]
    assert template["Conditions"]["Kept"][0] == ["Stage", "prod"]


def test_key_turns_and_queues_are_encrypted() -> None:
    assert [key["EnableKeyRotation"] for key in of_type("AWS::KMS::Key")] == [True]
    assert {queue["SqsManagedSseEnabled"] for queue in of_type("AWS::SQS::Queue")} == {True}


def test_logs_end(stage: str) -> None:
    groups = of_type("AWS::Logs::LogGroup", stage)

    names = {f"/aws/lambda/chalice-mfa-{stage}", f"/aws/lambda/chalice-mfa-{stage}-mail", f"chalice-mfa-{stage}-access"}
    assert {group["LogGroupName"] for group in groups} == names
    assert {group["RetentionInDays"] for group in groups} == {"LogDays"}


def test_alarms_reach_somebody_and_no_two_are_alike() -> None:
    alarms = of_type("AWS::CloudWatch::Alarm")

    assert len({alarm["AlarmName"] for alarm in alarms}) == len(alarms) > 10
    assert {alarm["AlarmActions"][0] for alarm in alarms} == {"Alarms"}


def test_throttle_alarms_watch_every_table() -> None:
    tables = {name for name, each in read_template("dev")["Resources"].items() if each["Type"] == EVER_LASTING[0]}
    watched = [
        {
            metric["MetricStat"]["Metric"]["Dimensions"][0]["Value"]
            for metric in alarm["Metrics"]
            if "MetricStat" in metric
        }
        for alarm in of_type("AWS::CloudWatch::Alarm")
        if "dynamodb" in alarm["AlarmName"]
    ]

    assert watched == [tables, tables]


def test_access_logs_have_no_query_and_no_path() -> None:
    """The links of verifications carry their secret in the query."""
    assert not {value for value in gateway.LOG_FIELDS.values() if "query" in value.lower() or value.endswith(".path")}


def test_template_fits_into_a_request() -> None:
    assert len(stack.TEMPLATE.read_bytes()) < LIMIT_OF_CLOUDFORMATION
