"""A stage as `.chalice/config.json` describes it, and what its names are made of."""

from __future__ import annotations

import json
from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path
from typing import Any

from chalicelib.config import SettingsError, load

ROOT = Path(__file__).parents[2]

TRACES = ("xray:PutTelemetryRecords", "xray:PutTraceSegments")
"""What a policy grants where X-Ray is on, and not where it is off."""


class Refused(Exception):
    """The command cannot be done as it was given; the text says why, and what to do."""


@dataclass(frozen=True)
class Stage:
    """`api_stage` is the first part of every path of the API, `environment` what the functions are told, `xray` whether
    requests are traced.
    """

    name: str
    api_stage: str
    environment: dict[str, str]
    policy: dict[str, Any]
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
    """Raises Refused for a stage that is not configured."""
    folder = root / ".chalice"
    config = json.loads((folder / "config.json").read_text())
    stages = config["stages"]
    if name not in stages:
        raise Refused(f"There is no stage {name!r} in .chalice/config.json. Stages: {', '.join(stages)}")
    settings = stages[name]
    return Stage(
        name=name,
        api_stage=config["api_gateway_stage"],
        environment=settings["environment_variables"],
        policy=json.loads((folder / settings["iam_policy_file"]).read_text()),
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
    allowed = [
        statement["Condition"]["StringEquals"]["ses:FromAddress"]
        for statement in stage.policy["Statement"]
        if statement["Sid"] == "Mail"
    ]
    if stage.sender and stage.sender not in allowed:
        others = ", ".join(allowed) or "nobody"
        raise Refused(f"MFA_MAIL_FROM is {stage.sender}, but the policy of stage {stage.name} is for {others}.")
    missing = [action for action in TRACES if not any(action in each["Action"] for each in stage.policy["Statement"])]
    if stage.xray and missing:
        raise Refused(f"X-Ray is on, but the policy of stage {stage.name} does not grant {' and '.join(missing)}.")
