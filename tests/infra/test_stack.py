"""The stack with every parameter switched on, against an AWS account that is moto in a process of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from infra.deploy.stack import CAPABILITIES, TEMPLATE, outputs
from tests.infra.project import Account

GROWTH = {
    "RequestsPerSecond": "2000",
    "RequestBurst": "4000",
    "ReservedConcurrency": "400",
    "ProvisionedConcurrency": "20",
    "MailConcurrency": "10",
}
EVERYTHING = {
    **GROWTH,
    "Stage": "dev",
    "AlarmEmail": "team@example.com",
    "MonthlyBudgetUsd": "200",
    "CanaryEndpoint": "https://mfa.example.com/v1",
    "CanaryProject": "demo",
    "BackupCopyVaultArn": "arn:aws:backup:us-east-1:210987654321:backup-vault:copies",
    "WarmReadUnits": "20000",
    "WarmWriteUnits": "10000",
}


@pytest.fixture
def stack(account: Account) -> Iterator[dict[str, Any]]:
    cloudformation = account.client("cloudformation")
    given = [{"ParameterKey": name, "ParameterValue": value} for name, value in EVERYTHING.items()]
    cloudformation.create_stack(
        StackName="everything", TemplateBody=TEMPLATE.read_text(), Parameters=given, Capabilities=CAPABILITIES
    )
    yield cloudformation.describe_stacks(StackName="everything")["Stacks"][0]
    cloudformation.delete_stack(StackName="everything")


def test_stack_stands_and_tells_the_deployment_how_it_shall_grow(stack: dict[str, Any]) -> None:
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert {name: value for name, value in outputs(stack).items() if name in GROWTH} == GROWTH


def test_canary_is_told_where_it_walks(account: Account, stack: dict[str, Any]) -> None:
    canary = account.client("lambda").get_function_configuration(FunctionName="chalice-mfa-dev-canary")

    told = canary["Environment"]["Variables"]  # moto makes no secret, whose name is the third
    assert told == {"ENDPOINT": EVERYTHING["CanaryEndpoint"], "PROJECT": "demo"}


def test_default_stack_has_neither_canary_nor_bounds(account: Account) -> None:
    cloudformation = account.client("cloudformation")
    cloudformation.create_stack(StackName="plain", TemplateBody=TEMPLATE.read_text(), Capabilities=CAPABILITIES)

    found = outputs(cloudformation.describe_stacks(StackName="plain")["Stacks"][0])
    assert {found[name] for name in ("ReservedConcurrency", "ProvisionedConcurrency", "MailConcurrency")} == {"0"}
    assert (found["RequestsPerSecond"], found["RequestBurst"]) == ("500", "1000")
    assert account.client("lambda").list_functions()["Functions"] == []
    cloudformation.delete_stack(StackName="plain")
