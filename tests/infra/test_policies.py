"""The policies that are made for a stage from the template of each function."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chalicelib.runtime import settings
from infra.deploy import policies
from infra.deploy.stage import FUNCTIONS, read
from tests.infra.project import copy_project

SENDING = {"MFA_MAIL_FROM": "Demo <no-reply@example.com>", "MFA_SMS": "on"}
OPTIONAL = {"Mail", "Sms", "NoTopics", "Traces"}


def sids(policy: dict[str, Any]) -> set[str]:
    return {each["Sid"] for each in policy["Statement"]}


def test_second_stage_is_one_block(tmp_path: Path) -> None:
    file = copy_project(tmp_path) / ".chalice" / "config.json"
    config = json.loads(file.read_text())
    config["stages"]["staging"] = json.loads(json.dumps(config["stages"]["dev"]).replace("dev", "staging"))
    file.write_text(json.dumps(config))

    dev, staging = (read(name, tmp_path).policies for name in ("dev", "staging"))

    assert staging == json.loads(json.dumps(dev).replace("chalice-mfa-dev", "chalice-mfa-staging"))
    assert "chalice-mfa-staging-users" in str(staging)


def test_templates_are_those_of_the_functions() -> None:
    assert set(policies.rendered("dev", {}, xray=False)) == set(FUNCTIONS)


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize(
    ("environment", "xray", "granted"),
    [
        ({**SENDING}, True, OPTIONAL),
        ({**SENDING, "MFA_SMS": "off"}, False, {"Mail"}),
        ({"MFA_SMS": "on"}, False, {"Sms", "NoTopics"}),
        ({}, False, {"Sms", "NoTopics"}),
        ({"MFA_SMS": "off"}, True, {"Traces"}),
    ],
)
def test_mail_sms_and_traces_are_granted_where_the_stage_has_them(
    function: str, environment: dict[str, str], xray: bool, granted: set[str]
) -> None:
    everything = sids(policies.rendered("dev", SENDING, xray=True)[function])

    found = sids(policies.rendered("dev", environment, xray)[function])

    assert found == everything - OPTIONAL | granted


def test_policies_follow_the_settings() -> None:
    """Of a stage that works on other tables, under another key, as one restored from a backup."""
    moved = {"MFA_TABLE_PREFIX": "restored", "MFA_KMS_KEY": "alias/old", "MFA_MAIL_CONFIGURATION_SET": "mails"}

    text = json.dumps(policies.rendered("drill", {**SENDING, **moved}, xray=True))

    assert "chalice-mfa-drill" in text.replace(
        "/aws/lambda/chalice-mfa-drill", "", 1
    )  # the logs are the functions' own
    for name in ("table/restored-users", "sqs:*:*:restored-mail", '"alias/old"', "configuration-set/mails"):
        assert name in text
    assert "table/chalice-mfa-drill" not in text
    assert "alias/chalice-mfa-drill" not in text


@pytest.mark.parametrize(
    "environment",
    [{}, {"MFA_TABLE_PREFIX": "restored"}, {"MFA_TABLE_PREFIX": "restored", "MFA_KEY_CONTEXT": "chalice-mfa-dev"}],
)
def test_data_keys_may_be_opened_in_the_context_that_the_app_names(environment: dict[str, str]) -> None:
    context = settings.load({"MFA_STAGE": "dev", "MFA_PROJECT": "demo", "MFA_SMS": "off", **environment}).key_context

    [statement] = [
        each
        for each in policies.rendered("dev", environment, xray=False)["api"]["Statement"]
        if each["Sid"] == "DataKeys"
    ]

    assert statement["Condition"]["StringEquals"]["kms:EncryptionContext:tables"] == context


def test_setting_cannot_write_a_policy() -> None:
    odd = 'a"}]}, "Action": "*@example.com'

    made = policies.rendered("dev", {**SENDING, "MFA_MAIL_CONFIGURATION_SET": odd}, xray=False)
    [mail] = [each for each in made["mail"]["Statement"] if each["Sid"] == "Mail"]

    assert mail["Resource"][1] == f"arn:aws:ses:*:*:configuration-set/{odd}"
    assert mail["Action"] == ["ses:SendEmail", "ses:SendRawEmail"]
