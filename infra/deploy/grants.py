"""What the functions' roles grant while two releases are live at once.

A role is one for all versions of a function, and Chalice writes its policy before the new version has any traffic. So a
release begins with what both need, and ends with what is live.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from infra.deploy.aws import client
from infra.deploy.policies import Policy
from infra.deploy.stage import FUNCTIONS, Stage


def widened(stage: Stage) -> Stage:
    """The stage with policies that grant what its roles grant now, too."""
    both = {name: _union(policy, granted(stage, name)) for name, policy in stage.policies.items()}
    return replace(stage, policies=both)


def put(stage: Stage) -> None:
    """Let each role grant what the stage's policy says, and no more."""
    for name, policy in stage.policies.items():
        if granted(stage, name) != policy:
            role = _role(stage, name)
            client("iam").put_role_policy(RoleName=role, PolicyName=role, PolicyDocument=json.dumps(policy))


def granted(stage: Stage, function: str) -> Policy:
    """What the function's role grants now: nothing where there is no such role."""
    iam, role = client("iam"), _role(stage, function)
    try:
        policy: Any = iam.get_role_policy(RoleName=role, PolicyName=role)["PolicyDocument"]
    except iam.exceptions.NoSuchEntityException:
        return {"Statement": []}
    return dict(policy)


def _role(stage: Stage, function: str) -> str:
    """As Chalice names role and policy."""
    return f"{stage.prefix}-{FUNCTIONS[function]}"


def _union(policy: Policy, other: Policy) -> Policy:
    """The statements of the second that the first has not, too, under ids of their own: IAM takes each id once."""
    said = [_unnamed(each) for each in policy["Statement"]]
    more = [each for each in other["Statement"] if _unnamed(each) not in said]
    named = [{**each, "Sid": f"Before{number}"} for number, each in enumerate(more, 1)]
    return {**policy, "Statement": [*policy["Statement"], *named]}


def _unnamed(statement: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in statement.items() if name != "Sid"}
