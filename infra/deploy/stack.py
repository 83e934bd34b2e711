"""The CloudFormation stack of a stage: `infra/stack.yaml` with its parameters."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError, WaiterError

from infra.deploy.aws import client
from infra.deploy.stage import Refused, Stage
from infra.local.stack import parse_template

TEMPLATE = Path(__file__).parents[1] / "stack.yaml"
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
"""Roles, and the transform that lets a deletion policy depend on the stage."""

NOT_MADE = ("REVIEW_IN_PROGRESS", "CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED")
"""States of a stack that can only be deleted; the first is that of one whose first change nobody has executed."""

SECONDS = 5.0
"""Between two looks at a stack that is being changed."""

Outputs = dict[str, str]


def body() -> str:
    """The template without its comments and with less indentation, since CloudFormation takes 51,200 bytes."""
    lines = [line.rstrip() for line in TEMPLATE.read_text().splitlines()]
    kept = [line for line in lines if line and not line.lstrip().startswith("#")]
    return "".join(f"{_moved_left(line)}\n" for line in kept)


def _moved_left(line: str) -> str:
    """Two blanks less from the third level on, and one on the second: so levels stay levels, and lists in line."""
    return line[2:] if line.startswith("    ") else line.replace("  ", " ", 1) if line.startswith("  ") else line


def deploy(stage: Stage, parameters: Mapping[str, str]) -> Outputs:
    """Create or update the stack and wait until it stands; its outputs.

    A parameter that is not given keeps the value that it had. What an interrupted command began comes to its end
    first. Raises Refused with CloudFormation's reasons.
    """
    before = settled(stage)
    request = {
        "StackName": stage.prefix,
        "TemplateBody": body(),
        "Parameters": _parameters(before, {**parameters, "Stage": stage.name}),
        "Capabilities": CAPABILITIES,
    }
    if before is None:
        created = client("cloudformation").create_stack(**request, OnFailure="DELETE")
        _wait("stack_create_complete", created["StackId"])
    else:
        _update(before["StackId"], request)
    after = describe(stage)
    return outputs(after) if after else {}


def check(given: Mapping[str, str]) -> None:
    """What CloudFormation would refuse halfway. Raises Refused with a line for each mistake."""
    known = parse_template("", body())["Parameters"]
    mistakes = [line for name, value in given.items() if (line := _mistake(name, value, known))]
    if mistakes:
        raise Refused("\n".join(mistakes))


def _mistake(name: str, value: str, known: Mapping[str, Mapping[str, Any]]) -> str:
    if name == "Stage" or name not in known:
        there = ", ".join(sorted(known.keys() - {"Stage"}))
        return f"infra/stack.yaml has no parameter {name} to be given. It has {there}."
    rule = known[name]
    if rule["Type"] == "Number":
        low, high = rule.get("MinValue", 0), rule.get("MaxValue", math.inf)
        if not (value.isascii() and value.isdigit() and low <= int(value) <= high):
            return f"{name} must be a whole number from {low}" + (f" to {high}" if high < math.inf else "")
    if (allowed := rule.get("AllowedValues")) and value not in map(str, allowed):
        return f"{name} must be one of {', '.join(map(str, allowed))}"
    if (pattern := rule.get("AllowedPattern")) and not re.fullmatch(pattern, value):
        return f"{name} must be of the form {pattern}"
    return ""


def delete(stage: Stage) -> None:
    found = settled(stage)
    if found is not None:
        client("cloudformation").delete_stack(StackName=stage.prefix)
        _wait("stack_delete_complete", found["StackId"])


def describe(stage: Stage) -> dict[str, Any] | None:
    try:
        stacks: list[dict[str, Any]] = client("cloudformation").describe_stacks(StackName=stage.prefix)["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":  # so CloudFormation says that there is none
            return None
        raise
    return stacks[0]


def settled(stage: Stage) -> dict[str, Any] | None:
    """As `describe`, once CloudFormation is at rest. What is left of a stack that was never made is taken away."""
    found = describe(stage)
    while found is not None and found["StackStatus"].endswith("_IN_PROGRESS") and found["StackStatus"] not in NOT_MADE:
        print(f"CloudFormation is at work: {found['StackStatus']} ...", flush=True)
        time.sleep(SECONDS)
        found = describe(stage)
    if found is not None and found["StackStatus"] in NOT_MADE:
        client("cloudformation").delete_stack(StackName=stage.prefix)
        _wait("stack_delete_complete", found["StackId"])
        return None
    return found


def changes(stage: Stage, found: Mapping[str, Any] | None, given: Mapping[str, str]) -> list[str]:
    """What `deploy` is about to change, a line each: resources of the template, and parameters."""
    new = parse_template(stage.name, body())["Resources"]
    if found is None or found["StackStatus"] in NOT_MADE:
        return [f"+ {len(new)} resources, all that infra/stack.yaml has, by its conditions"]
    deployed = client("cloudformation").get_template(StackName=stage.prefix, TemplateStage="Original")
    old = parse_template(stage.name, deployed["TemplateBody"])["Resources"]
    earlier = parameters(found)
    return [
        *(f"+ {name}" for name in sorted(new.keys() - old.keys())),
        *(f"- {name}" for name in sorted(old.keys() - new.keys())),
        *(f"~ {name}" for name in sorted(new.keys() & old.keys()) if new[name] != old[name]),
        *(
            f"~ parameter {name}: {earlier.get(name, 'default')} -> {value}"
            for name, value in sorted(given.items())
            if earlier.get(name) != value
        ),
    ]


def parameters(stack: Mapping[str, Any] | None) -> dict[str, str]:
    return {each["ParameterKey"]: each["ParameterValue"] for each in (stack or {}).get("Parameters", [])}


def outputs(stack: Mapping[str, Any]) -> Outputs:
    return {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}


def _parameters(before: Mapping[str, Any] | None, given: Mapping[str, str]) -> list[dict[str, str]]:
    """Those given, and of the others what they were, unless the template has them no more."""
    names = parse_template("", body())["Parameters"]
    earlier = parameters(before)
    if before is None and client("apigateway").get_account().get("cloudwatchRoleArn"):
        earlier["GatewayLogRole"] = "false"  # else each new stack would leave one more role behind
    values = {name: value for name, value in {**earlier, **given}.items() if name in names}
    return [{"ParameterKey": name, "ParameterValue": value} for name, value in sorted(values.items())]


def _update(stack_id: str, request: Mapping[str, Any]) -> None:
    try:
        client("cloudformation").update_stack(**request)
    except ClientError as error:
        if "No updates are to be performed" in error.response["Error"]["Message"]:
            return
        raise
    _wait("stack_update_complete", stack_id)


def _wait(state: str, stack_id: str) -> None:
    try:
        client("cloudformation").get_waiter(state).wait(
            StackName=stack_id, WaiterConfig={"Delay": 5, "MaxAttempts": 360}
        )
    except WaiterError as error:
        raise Refused("\n".join(["The stack failed:", *_reasons(stack_id)])) from error


def _reasons(stack_id: str) -> list[str]:
    events = client("cloudformation").describe_stack_events(StackName=stack_id)["StackEvents"]
    failed = [each for each in events if each["ResourceStatus"].endswith("_FAILED")]
    return [f"  {each['LogicalResourceId']}: {each.get('ResourceStatusReason', '')}" for each in reversed(failed)]
