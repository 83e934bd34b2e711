"""What each function may do in AWS: one template for each, in `policies/`, made to the measure of a stage."""

from __future__ import annotations

import json
from collections.abc import Mapping
from email.utils import parseaddr
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from infra.deploy.stage import Stage

TEMPLATES = Path(__file__).with_name("policies")

Policy = dict[str, Any]


def rendered(stage: str, environment: Mapping[str, str], xray: bool) -> dict[str, Policy]:
    """The policy of each function, by the stage's settings. It grants mail, SMS and traces only where the stage has
    them.
    """
    values = names(stage, environment)
    sms = environment.get("MFA_SMS") != "off"
    has = {"Mail": bool(values["Sender"]), "Sms": sms, "NoTopics": sms, "Traces": xray}
    policies = {file.stem: filled(file.read_text(), values) for file in sorted(TEMPLATES.glob("*.json"))}
    for policy in policies.values():
        policy["Statement"] = [each for each in policy["Statement"] if has.get(each["Sid"], True)]
    return policies


def names(stage: str, environment: Mapping[str, str]) -> dict[str, str]:
    """What templates have in `${...}`."""
    name = f"chalice-mfa-{stage}"
    tables = environment.get("MFA_TABLE_PREFIX") or name
    return {
        "Stage": stage,
        "Tables": tables,
        "KeyContext": environment.get("MFA_KEY_CONTEXT") or tables,
        "Key": environment.get("MFA_KMS_KEY") or f"alias/{name}",
        "Sender": parseaddr(environment.get("MFA_MAIL_FROM", ""))[1],
        "ConfigurationSet": environment.get("MFA_MAIL_CONFIGURATION_SET") or name,
    }


def filled(template: str, values: Mapping[str, str]) -> Policy:
    in_json = {name: json.dumps(value)[1:-1] for name, value in values.items()}
    policy: Policy = json.loads(Template(template).substitute(in_json))
    return policy


def file_name(stage: str, function: str) -> str:
    """What `.chalice/config.json` calls the policy."""
    return f"policy-{stage}-{function}.json"


def write(stage: Stage, folder: Path) -> None:
    """Put the policies where Chalice looks for them, which is its own folder `.chalice`."""
    for function, policy in stage.policies.items():
        (folder / file_name(stage.name, function)).write_text(json.dumps(policy, indent=2) + "\n")
