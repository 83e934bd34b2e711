"""What the code uses besides tables is in the stack, what the stack makes is used, and what must last is kept."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.delivery import mail_queue
from chalicelib.runtime import container, settings
from chalicelib.storage.keys import BY_CREATION, BY_PHONE
from infra.deploy import aliases, gateway, stack
from infra.deploy.stage import read
from infra.local.stack import parse_template
from tests.support.template import full_template, of_type

STAGES = ("dev", "prod")
LIMIT_OF_CLOUDFORMATION = 51_200
"""Bytes of a template that is handed over in the request."""


def properties(kind: str, stage: str = "dev") -> list[dict[str, Any]]:
    return [each["Properties"] for each in of_type(kind, stage).values() if each["Type"] == kind]


@pytest.fixture(params=STAGES)
def stage(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_indexes_are_those_that_are_queried() -> None:
    indexes = {
        table["TableName"]: [index["IndexName"] for index in table["GlobalSecondaryIndexes"]]
        for table in properties("AWS::DynamoDB::Table")
        if "GlobalSecondaryIndexes" in table
    }

    assert indexes == {"chalice-mfa-dev-users": [BY_CREATION, BY_PHONE]}


def test_queues_key_and_configuration_set_have_the_names_that_the_app_goes_by(stage: str) -> None:
    config = settings.load(read(stage).environment)
    with container.override("config", config):
        queue = mail_queue.name()

    queues = [each["QueueName"] for each in properties("AWS::SQS::Queue", stage)]
    assert queues == [queue, f"{queue}-dead-letters"]
    assert [each["AliasName"] for each in properties("AWS::KMS::Alias", stage)] == [config.kms_key]
    configurations = [each["Name"] for each in properties("AWS::SES::ConfigurationSet", stage)]
    assert configurations == [config.mail_configuration_set]


def test_tables_and_key_outlive_the_stack_where_they_are_kept() -> None:
    kept = full_template()["Conditions"]["Kept"]
    lasting = [*of_type("AWS::DynamoDB::Table").values(), of_type("AWS::KMS::Key")["Key"]]

    for each in lasting:
        assert each["DeletionPolicy"] == each["UpdateReplacePolicy"] == {"Fn::If": ["Kept", "Retain", "Delete"]}
    assert kept["Fn::Or"][0] == {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}


def test_logs_are_those_that_functions_and_gateway_write(stage: str) -> None:
    groups = properties("AWS::Logs::LogGroup", stage)

    functions = {f"/aws/lambda/chalice-mfa-{stage}{function}" for function in ("", "-mail", "-canary")}
    assert {group["LogGroupName"] for group in groups} == {*functions, f"chalice-mfa-{stage}-access"}


def test_no_two_alarms_are_alike() -> None:
    alarms = [*properties("AWS::CloudWatch::Alarm"), *properties("AWS::CloudWatch::CompositeAlarm")]

    assert len({alarm["AlarmName"] for alarm in alarms}) == len(alarms) > 20


def test_throttle_alarms_watch_every_table() -> None:
    tables = set(of_type("AWS::DynamoDB::Table"))
    watched = [
        {
            metric["MetricStat"]["Metric"]["Dimensions"][0]["Value"]["Ref"]
            for metric in alarm["Metrics"]
            if "MetricStat" in metric
        }
        for alarm in properties("AWS::CloudWatch::Alarm")
        if "dynamodb" in alarm["AlarmName"]
    ]

    assert watched == [tables, tables]


def test_alarms_on_api_gateway_watch_what_it_writes() -> None:
    [throttled] = properties("AWS::Logs::MetricFilter")
    field = throttled["FilterPattern"].split()[1].removeprefix("$.")
    stages = {
        dimension["Value"]
        for alarm in properties("AWS::CloudWatch::Alarm")
        for metric in [alarm, *(each["MetricStat"]["Metric"] for each in alarm.get("Metrics", [])[1:])]
        if metric.get("Namespace") == "AWS/ApiGateway"
        for dimension in metric["Dimensions"]
        if dimension["Name"] == "Stage"
    }

    assert gateway.LOG_FIELDS[field] == "$context.error.responseType"
    assert '"THROTTLED"' in throttled["FilterPattern"]
    assert stages == {read("dev").api_stage}


def test_crashes_of_a_candidate_do_not_stop_a_release(stage: str) -> None:
    [crashes] = [
        each
        for each in properties("AWS::CloudWatch::Alarm", stage)
        if each["AlarmName"] == f"chalice-mfa-{stage}-crashes"
    ]
    function = read(stage).function("api")

    assert crashes["Dimensions"] == [
        {"Name": "FunctionName", "Value": function},
        {"Name": "Resource", "Value": f"{function}:{aliases.LIVE}"},
    ]


def test_backups_are_of_every_table() -> None:
    [selection] = properties("AWS::Backup::BackupSelection")

    saved = {each["Fn::GetAtt"][0] for each in selection["BackupSelection"]["Resources"]}
    assert saved == set(of_type("AWS::DynamoDB::Table"))


def test_access_logs_have_no_query_and_no_path() -> None:
    """The links of verifications carry their secret in the query."""
    assert not {value for value in gateway.LOG_FIELDS.values() if "query" in value.lower() or value.endswith(".path")}


def test_template_fits_into_a_request_and_says_the_same() -> None:
    assert len(stack.body().encode()) < LIMIT_OF_CLOUDFORMATION
    assert parse_template("", stack.body()) == parse_template("", stack.TEMPLATE.read_text())
