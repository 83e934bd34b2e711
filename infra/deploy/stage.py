"""A stage as `.chalice/config.json` describes it, and what its names are made of."""

from __future__ import annotations

import json
from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path
from typing import Any

from chalicelib.runtime.settings import SettingsError, load

ROOT = Path(__file__).parents[2]

FUNCTIONS = {"api": "api_handler", "mail": "mail"}
"""The functions, each with a role and a policy of its own, and Chalice's names for them."""

TRACES = ("xray:PutTelemetryRecords", "xray:PutTraceSegments")
"""What a policy grants where X-Ray is on, and not where it is off."""


class Refused(Exception):
    """The command cannot be done as it was given; the text says why, and what to do."""


@dataclass(frozen=True)
class Stage:
    """`api_stage` is the first part of every path of the API, `environment` what the functions are told, `policies`
    what each of them may do, `xray` whether requests are traced.
    """

    name: str
    api_stage: str
    environment: dict[str, str]
    policies: dict[str, dict[str, Any]]
    xray: bool = False

    @property
    def prefix(self) -> str:
        """What the name of everything in the account begins with."""
        return f"chalice-mfa-{self.name}"

    @property
    def sender(self) -> str:
        """The address that mails come from."""
        return parseaddr(self.environment.get("MFA_MAIL_FROM", ""))[1]


def read(name: str, root: Path = ROOT) -> Stage:
    """Raises Refused for a stage that is not configured, or has no policy for a function."""
    folder = root / ".chalice"
    config = json.loads((folder / "config.json").read_text())
    stages = config["stages"]
    if name not in stages:
        raise Refused(f"There is no stage {name!r} in .chalice/config.json. Stages: {', '.join(stages)}")
    settings = stages[name]
    functions = settings.get("lambda_functions", {})
    files = {each: functions.get(chalice, {}).get("iam_policy_file", "") for each, chalice in FUNCTIONS.items()}
    if missing := [FUNCTIONS[each] for each, file in files.items() if not file]:
        raise Refused(f"Stage {name} in .chalice/config.json has no iam_policy_file for {' and '.join(missing)}.")
    return Stage(
        name=name,
        api_stage=config["api_gateway_stage"],
        environment=settings["environment_variables"],
        policies={each: json.loads((folder / file).read_text()) for each, file in files.items()},
        xray=settings.get("xray", False),
    )


def check(stage: Stage) -> None:
    """What would otherwise fail halfway, or only when the first mail is sent. Raises Refused."""
    try:
        settings = load(stage.environment)
    except SettingsError as error:
        raise Refused(f"Stage {stage.name} in .chalice/config.json:\n{error}") from None
    if settings.stage != stage.name:
        raise Refused(f"MFA_STAGE of stage {stage.name} in .chalice/config.json is {settings.stage}.")
    for function in FUNCTIONS:
        _check_policy(stage, function)


def _check_policy(stage: Stage, function: str) -> None:
    statements = stage.policies[function]["Statement"]
    policy = f"the policy of stage {stage.name} for {FUNCTIONS[function]}"
    allowed = [each["Condition"]["StringEquals"]["ses:FromAddress"] for each in statements if each["Sid"] == "Mail"]
    if stage.sender and stage.sender not in allowed:
        raise Refused(f"MFA_MAIL_FROM is {stage.sender}, but {policy} is for {', '.join(allowed) or 'nobody'}.")
    missing = [action for action in TRACES if not any(action in each["Action"] for each in statements)]
    if stage.xray and missing:
        raise Refused(f"X-Ray is on, but {policy} does not grant {' and '.join(missing)}.")
