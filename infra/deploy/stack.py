"""The CloudFormation stack of a stage: `infra/stack.yaml` with its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError, WaiterError

from infra.deploy.aws import client
from infra.deploy.stage import Refused, Stage

TEMPLATE = Path(__file__).parents[1] / "stack.yaml"
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
"""One role, and the transform that lets a deletion policy depend on the stage."""

Outputs = dict[str, str]


def deploy(stage: Stage, parameters: Mapping[str, str]) -> Outputs:
    """Create or update the stack and wait until it stands; its outputs.

    A parameter that is not given keeps the value that it had. Raises Refused with CloudFormation's reasons.
    """
    before = describe(stage)
    request = {
        "StackName": stage.prefix,
        "TemplateBody": TEMPLATE.read_text(),
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


def delete(stage: Stage) -> None:
    found = describe(stage)
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


def outputs(stack: Mapping[str, Any]) -> Outputs:
    return {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}


def _parameters(before: Mapping[str, Any] | None, given: Mapping[str, str]) -> list[dict[str, str]]:
    """Those given, and of the others what they were, unless the template has them no more."""
    known = client("cloudformation").get_template_summary(TemplateBody=TEMPLATE.read_text())["Parameters"]
    names = {each["ParameterKey"] for each in known}
    if unknown := set(given) - names:
        missing, there = ", ".join(sorted(unknown)), ", ".join(sorted(names))
        raise Refused(f"infra/stack.yaml has no parameter {missing}. It has {there}.")
    earlier = {each["ParameterKey"]: each["ParameterValue"] for each in (before or {}).get("Parameters", [])}
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
