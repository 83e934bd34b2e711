"""The traffic of what is live moves to a new version in the steps of the stack's CodeDeploy group, or back."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from botocore.exceptions import WaiterError

from infra.deploy.aliases import LIVE
from infra.deploy.aws import client
from infra.deploy.stage import Refused, Stage

GROUP = "api"
"""In the stack's application, which has the stage's name."""

ALARMS = ("release", "crashes")
"""Of the stack, on which the group moves traffic back."""

MOVING = ["Created", "Queued", "InProgress", "Baking", "Ready"]
"""States of CodeDeploy's in which traffic may still be moved."""


def shift(stage: Stage, current: str, target: str) -> None:
    """Raises Refused when the traffic has gone back. An alarm that rings already is not asked: this may be the mend."""
    watched = [f"{stage.prefix}-{name}" for name in ALARMS]
    alarms = client("cloudwatch").describe_alarms(AlarmNames=watched)["MetricAlarms"]
    ringing = [alarm["AlarmName"] for alarm in alarms if alarm["StateValue"] == "ALARM"]
    for name in ringing:
        print(f"{name} rings already, so no alarm stops this release.", flush=True)
    function = {"Name": stage.function("api"), "Alias": LIVE, "CurrentVersion": current, "TargetVersion": target}
    resource = {"api": {"Type": "AWS::Lambda::Function", "Properties": function}}
    content = json.dumps({"version": 0.0, "Resources": [resource]})
    started = client("codedeploy").create_deployment(
        applicationName=stage.prefix,
        deploymentGroupName=GROUP,
        revision={"revisionType": "AppSpecContent", "appSpecContent": {"content": content}},
        **({"overrideAlarmConfiguration": {"enabled": False}} if ringing else {}),
    )["deploymentId"]
    print(f"Traffic moves from version {current} to {target} ({started}) ...", flush=True)
    if reason := _end(started):
        settle(stage)
        raise Refused(f"Version {target} of {stage.function('api')} is not live; {current} has all traffic: {reason}")


def moves(stage: Stage) -> list[str]:
    """CodeDeploy's deployments of the stage that still move traffic."""
    codedeploy, group = client("codedeploy"), {"applicationName": stage.prefix, "deploymentGroupName": GROUP}
    absent = codedeploy.exceptions.ApplicationDoesNotExistException
    with suppress(absent, codedeploy.exceptions.DeploymentGroupDoesNotExistException):
        found: list[str] = codedeploy.list_deployments(**group, includeOnlyStatuses=MOVING)["deployments"]
        return found
    return []


def settle(stage: Stage, stop: bool = False) -> None:
    """Wait until CodeDeploy moves no traffic of the stage, as after an interrupted command; or let it go back first."""
    for each in moves(stage):
        print(f"CodeDeploy moves traffic ({each}) ...", flush=True)
        if stop:
            client("codedeploy").stop_deployment(deploymentId=each, autoRollbackEnabled=True)
        _end(each)


def _end(deployment: str) -> str:
    """Wait for CodeDeploy; why it moved the traffic back, empty if it did not. The way back is a deployment of its own.
    Raises Refused after two hours.
    """
    try:
        client("codedeploy").get_waiter("deployment_successful").wait(
            deploymentId=deployment, WaiterConfig={"Delay": 15, "MaxAttempts": 480}
        )
    except WaiterError:
        info: dict[str, Any] = client("codedeploy").get_deployment(deploymentId=deployment)["deploymentInfo"]
        if info["status"] in MOVING:
            raise Refused(f"CodeDeploy still moves traffic ({deployment}). Run it again: it waits.") from None
        if back := info.get("rollbackInfo", {}).get("rollbackDeploymentId"):
            _end(back)
        return str(info.get("errorInformation", {}).get("message") or info["status"])
    return ""
