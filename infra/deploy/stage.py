"""A stage as `.chalice/config.json` describes it, and what its names are made of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path
from typing import Any

from chalicelib.storage.keys import TABLES
from infra import settings
from infra.deploy import aws, config, policies

ROOT = Path(__file__).parents[2]

FUNCTIONS = {"api": "api_handler", "mail": "mail"}
"""The functions, each with a role and a policy of its own, and Chalice's names for them."""

TRACES = ("xray:PutTelemetryRecords", "xray:PutTraceSegments")
"""What a policy grants where X-Ray is on, and not where it is off."""

SERVICES = ("apigateway", "cloudformation", "dynamodb", "kms", "lambda", "sns", "sqs")
"""What a stage needs of its region, besides SES if it sends mail."""


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
        return f"{config.APP}-{self.name}"

    @property
    def queue(self) -> str:
        return f"{self.prefix}-mail"

    def function(self, name: str) -> str:
        """The name in the account of the function that FUNCTIONS has under this name."""
        return self.prefix if name == "api" else f"{self.prefix}-{name}"

    @property
    def sender(self) -> str:
        """The address that mails come from."""
        return parseaddr(self.environment.get("MFA_MAIL_FROM", ""))[1]


def read(name: str, root: Path = ROOT) -> Stage:
    """Raises Refused for a stage that is not configured, or in another way than it can be deployed."""
    try:
        return _read(name, root)
    except config.ConfigError as error:
        raise Refused(str(error)) from None


def _read(name: str, root: Path) -> Stage:
    top = config.load(root)
    stages = config.below(top, "stages")
    if name not in stages:
        raise Refused(f"There is no stage {name!r} in .chalice/config.json. Stages: {', '.join(stages)}")
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,19}", name):
        raise Refused(f"{name!r} is no name for a stage: small letters, digits and -, 20 at most, a letter first.")
    of_stage = config.below(stages, name)
    config.check(of_stage)
    known = list(FUNCTIONS.values())
    config.functions(top, known)
    functions = config.functions(of_stage, known)
    for function, chalice in FUNCTIONS.items():
        file = policies.file_name(name, function)
        if functions.get(chalice, {}).get("iam_policy_file") != file:
            raise Refused(f"Stage {name} in .chalice/config.json must name {file} as iam_policy_file of {chalice}.")
    environment = config.variables(top, of_stage)
    xray = bool({**top, **of_stage}.get("xray"))
    return Stage(
        name=name,
        api_stage=top["api_gateway_stage"],
        environment=environment,
        policies=policies.rendered(name, environment, xray),
        xray=xray,
    )


def check(stage: Stage) -> None:
    """What would otherwise fail halfway, or only when the first mail is sent. Raises Refused with a line for each
    mistake.
    """
    if mistakes := [*settings.mistakes(stage.environment), *_name(stage)]:
        raise Refused("\n".join([f"Stage {stage.name} in .chalice/config.json:", *mistakes]))
    if mistakes := [*_region(stage), *(line for function in FUNCTIONS for line in _policy(stage, function))]:
        raise Refused("\n".join(mistakes))


def _name(stage: Stage) -> Iterator[str]:
    given = stage.environment.get("MFA_STAGE")
    if given and given != stage.name:
        yield f"MFA_STAGE is {given}: write {stage.name}"


def _region(stage: Stage) -> Iterator[str]:
    region = aws.region()
    if not region:
        yield "No region is set: AWS_DEFAULT_REGION=eu-central-1, or region in ~/.aws/config."
        return
    wanted = [*SERVICES, *(["sesv2"] if stage.sender else [])]
    if missing := [service for service in wanted if not aws.serves(region, service)]:
        yield f"Region {region} has no {', '.join(missing)}, as far as botocore knows. Choose another."


def _policy(stage: Stage, function: str) -> Iterator[str]:
    statements = stage.policies[function]["Statement"]
    policy = f"the policy of stage {stage.name} for {FUNCTIONS[function]}"
    allowed = [each["Condition"]["StringEquals"]["ses:FromAddress"] for each in statements if each["Sid"] == "Mail"]
    if stage.sender and stage.sender not in allowed:
        yield f"MFA_MAIL_FROM is {stage.sender}, but {policy} is for {', '.join(allowed) or 'nobody'}."
    missing = [action for action in TRACES if not any(action in each["Action"] for each in statements)]
    if stage.xray and missing:
        yield f"X-Ray is on, but {policy} does not grant {' and '.join(missing)}."
    for arn in _resources(statements):
        if not _is_ours(stage, arn):
            yield f"{arn} is not this stage's, but in {policy}: infra/deploy/policies/{function}.json has it."


def _resources(statements: list[dict[str, Any]]) -> list[str]:
    given = [each["Resource"] for each in statements]
    return [arn for each in given for arn in ([each] if isinstance(each, str) else each)]


def _is_ours(stage: Stage, arn: str) -> bool:
    """Whether a table or queue is the stage's own. Of other services a policy may name what it likes."""
    prefix = stage.environment.get("MFA_TABLE_PREFIX") or stage.prefix
    named = re.fullmatch(r"arn:[^:]*:(?:dynamodb|sqs):[^:]*:[^:]*:(?:table/)?([^/]*)(?:/.*)?", arn)
    return named is None or named[1] in {f"{prefix}-{name}" for name in (*TABLES, "mail")}
