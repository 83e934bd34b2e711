"""Releases: a version of each function and a deployment of the API, which go live together and in steps.

What Chalice has deployed is published and served under another stage of the API, `candidate`, where it is walked
through. Then CodeDeploy moves the traffic of the alias `live` to it in the steps that the stack names, and back by
itself on the stack's alarm. Only after that the API's own stage serves the new definition. All of it is kept in the
account: the description of an API's deployment names the versions that went live with it.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import WaiterError

from infra.deploy import gateway
from infra.deploy.aws import client, place
from infra.deploy.record import Deployment
from infra.deploy.stage import FUNCTIONS, Refused, Stage

LIVE = "live"
CANDIDATE = "candidate"
"""Aliases of the functions. The second is a stage of the API too."""

KEPT = 10
"""Releases that `make rollback` can go back to."""

GROUP = "api"
"""CodeDeploy's group, in the stack's application of the stage's name."""

ALARMS = ("release", "crashes")
"""Of the stack, on which the group moves traffic back."""

MOVING = ["Created", "Queued", "InProgress", "Baking", "Ready"]
"""States of CodeDeploy's in which traffic may still be moved."""

SETTLING_SECONDS = 2.0
"""Between two looks at a mapping that is being changed."""

Versions = dict[str, str]
"""By our names of the functions."""

_DESCRIPTION = re.compile(r"release: api (\d+), mail (\d+)")


@dataclass(frozen=True)
class Release:
    """`deployment` is the API's."""

    deployment: str
    versions: Versions
    made: datetime

    def __str__(self) -> str:
        return f"{self.deployment} of {self.made:%Y-%m-%d %H:%M %Z}, {_named(self.versions)}"


def propose(stage: Stage, found: Deployment) -> Versions:
    """Publish what Chalice has deployed and serve it as the candidate; nothing changes for anybody else."""
    versions = {name: _publish(stage.function(name)) for name in FUNCTIONS}
    _set_alias(stage.function("api"), CANDIDATE, versions["api"])
    _permit(stage, found.api, CANDIDATE)
    gateway.put(stage, found.api, found.functions["api"])
    deployment = gateway.deploy(found.api, f"candidate: {_named(versions)}")
    gateway.serve(found.api, CANDIDATE, deployment, CANDIDATE)
    return versions


def go_live(stage: Stage, found: Deployment, versions: Versions, outputs: Mapping[str, str]) -> None:
    """Let these versions have the traffic. Raises Refused when CodeDeploy has moved it back."""
    before = {name: _alias(stage.function(name), LIVE) for name in FUNCTIONS}
    _set_alias(stage.function("mail"), LIVE, versions["mail"])  # jobs are tried again, so without steps
    if not before["api"]:
        _set_alias(stage.function("api"), LIVE, versions["api"])
    elif before["api"] != versions["api"]:
        try:
            _shift(stage, before["api"], versions["api"])
        except Refused:
            _set_alias(stage.function("mail"), LIVE, before["mail"] or versions["mail"])
            raise
    _permit(stage, found.api, LIVE)
    deployment = gateway.deploy(found.api, f"release: {_named(versions)}")
    gateway.serve(found.api, stage.api_stage, deployment, LIVE, gateway.settings(stage, outputs))
    gateway.attach(stage, found.api, outputs)
    call_for_jobs(stage, found, LIVE, outputs)
    _provision(stage, int(outputs["ProvisionedConcurrency"]))
    _forget_old(stage, found.api)


def go_back(stage: Stage, found: Deployment, to: str) -> Release:
    """Let the release before the present one, or that with the id `to`, have all traffic at once. While one is still
    going live, that is the one from which traffic moves away.
    """
    stopped = settle(stage, stop=True)
    known, present = releases(found.api), _present(stage, found.api)
    if to or stopped:
        chosen = [each for each in known if each.deployment == (to or present)]
    else:
        chosen = _before(present, known)
    if not chosen:
        listed = "\n".join(f"  {each}" for each in known) or "  none"
        raise Refused(
            f"There is no such release of stage {stage.name} to go back to. Releases, TO=... takes an id:\n{listed}"
        )
    for name in FUNCTIONS:
        _set_alias(stage.function(name), LIVE, chosen[0].versions[name])
    gateway.serve(found.api, stage.api_stage, chosen[0].deployment, LIVE)
    return chosen[0]


def releases(api: str) -> list[Release]:
    """Those that went live, the newest first."""
    pages = client("apigateway").get_paginator("get_deployments").paginate(restApiId=api).build_full_result()["items"]
    named = [(each, _DESCRIPTION.fullmatch(each.get("description", ""))) for each in pages]
    found = [
        Release(each["id"], dict(zip(FUNCTIONS, match.groups(), strict=True)), each["createdDate"])
        for each, match in named
        if match
    ]
    return sorted(found, key=lambda release: (release.made, int(release.versions["api"])), reverse=True)


def settle(stage: Stage, stop: bool = False) -> bool:
    """Wait until CodeDeploy moves no traffic of the stage, as after an interrupted command; or let it go back first.
    Whether it moved any.
    """
    group = {"applicationName": stage.prefix, "deploymentGroupName": GROUP}
    moving = client("codedeploy").list_deployments(**group, includeOnlyStatuses=MOVING)["deployments"]
    for each in moving:
        print(f"CodeDeploy moves traffic ({each}) ...", flush=True)
        if stop:
            client("codedeploy").stop_deployment(deploymentId=each, autoRollbackEnabled=True)
        _end(each)
    return bool(moving)


def call_for_jobs(stage: Stage, found: Deployment, alias: str, outputs: Mapping[str, str]) -> None:
    """Let the queue call this alias of the mail function; the function itself without one."""
    arn = ":".join(filter(None, [place().arn("lambda", f"function:{stage.function('mail')}"), alias]))
    most = int(outputs.get("MailConcurrency", 0))  # a stack of before has none
    scaling = {"MaximumConcurrency": most} if most else {}
    for mapping in found.mappings:
        while client("lambda").get_event_source_mapping(UUID=mapping["UUID"])["State"].endswith("ing"):
            time.sleep(SETTLING_SECONDS)
        client("lambda").update_event_source_mapping(UUID=mapping["UUID"], FunctionName=arn, ScalingConfig=scaling)


def _publish(function: str) -> str:
    """The version of the newest code; that of before, where nothing has changed."""
    functions = client("lambda")
    functions.get_waiter("function_updated").wait(FunctionName=function)
    version = str(functions.publish_version(FunctionName=function)["Version"])
    functions.get_waiter("published_version_active").wait(FunctionName=function, Qualifier=version)
    return version


def _shift(stage: Stage, current: str, target: str) -> None:
    """In the steps of the stack's group. An alarm that rings already is not asked: this may be the mend."""
    watched = [f"{stage.prefix}-{name}" for name in ALARMS]
    alarms = client("cloudwatch").describe_alarms(AlarmNames=watched)["MetricAlarms"]
    ringing = [alarm for alarm in alarms if alarm["StateValue"] == "ALARM"]
    for alarm in ringing:
        print(f"{alarm['AlarmName']} rings already, so no alarm stops this release.", flush=True)
    function = {"Name": stage.function("api"), "Alias": LIVE, "CurrentVersion": current, "TargetVersion": target}
    resource = {"api": {"Type": "AWS::Lambda::Function", "Properties": function}}
    content = json.dumps({"version": 0.0, "Resources": [resource]})
    started = client("codedeploy").create_deployment(
        applicationName=stage.prefix,
        deploymentGroupName=GROUP,
        revision={"revisionType": "AppSpecContent", "appSpecContent": {"content": content}},
        **({"overrideAlarmConfiguration": {"enabled": False}} if ringing else {}),
    )
    print(f"Traffic moves from version {current} to {target} ({started['deploymentId']}) ...", flush=True)
    if reason := _end(started["deploymentId"]):
        raise Refused(f"Version {target} of {stage.function('api')} is not live; {current} has all traffic: {reason}")


def _end(deployment: str) -> str:
    """Wait for CodeDeploy; why it moved the traffic back, empty if it did not. Raises Refused after two hours."""
    try:
        client("codedeploy").get_waiter("deployment_successful").wait(
            deploymentId=deployment, WaiterConfig={"Delay": 15, "MaxAttempts": 480}
        )
    except WaiterError:
        info = client("codedeploy").get_deployment(deploymentId=deployment)["deploymentInfo"]
        if info["status"] in MOVING:
            raise Refused(f"CodeDeploy still moves traffic ({deployment}). Run it again: it waits.") from None
        return str(info.get("errorInformation", {}).get("message") or info["status"])
    return ""


def _before(present: str, known: list[Release]) -> list[Release]:
    """Those before the present one, of other versions. None where plain Chalice has deployed since."""
    [now] = [place for place, each in enumerate(known) if each.deployment == present] or [len(known)]
    return [each for each in known[now + 1 :] if each.versions != known[now].versions]


def _present(stage: Stage, api: str) -> str:
    stages = {each["stageName"]: each for each in client("apigateway").get_stages(restApiId=api)["item"]}
    return str(stages.get(stage.api_stage, {}).get("deploymentId", ""))


def _alias(function: str, name: str) -> str:
    """The version that it stands for, empty where there is no such alias."""
    aliases = client("lambda").get_paginator("list_aliases").paginate(FunctionName=function).build_full_result()
    return next((str(each["FunctionVersion"]) for each in aliases["Aliases"] if each["Name"] == name), "")


def _set_alias(function: str, name: str, version: str) -> None:
    change: Callable[..., Any] = (
        client("lambda").update_alias if _alias(function, name) else client("lambda").create_alias
    )
    change(FunctionName=function, Name=name, FunctionVersion=version, RoutingConfig={"AdditionalVersionWeights": {}})


def _permit(stage: Stage, api: str, alias: str) -> None:
    """Let the API call this alias of its function: Chalice only lets it call the newest code."""
    statement = {
        "StatementId": f"api-{api}",
        "Action": "lambda:InvokeFunction",
        "Principal": "apigateway.amazonaws.com",
        "SourceArn": place().arn("execute-api", f"{api}/*"),
    }
    functions = client("lambda")
    with suppress(functions.exceptions.ResourceConflictException):  # it is there
        functions.add_permission(FunctionName=stage.function("api"), Qualifier=alias, **statement)


def _provision(stage: Stage, environments: int) -> None:
    function = {"FunctionName": stage.function("api"), "Qualifier": LIVE}
    if environments:
        client("lambda").put_provisioned_concurrency_config(**function, ProvisionedConcurrentExecutions=environments)
    else:
        with suppress(client("lambda").exceptions.ResourceNotFoundException):
            client("lambda").delete_provisioned_concurrency_config(**function)


def _forget_old(stage: Stage, api: str) -> None:
    """Deployments of the API and versions of the functions that neither serve nor can be gone back to."""
    gateway_client, functions = client("apigateway"), client("lambda")
    kept = releases(api)[:KEPT]
    stages = gateway_client.get_stages(restApiId=api)["item"]
    used = {each["deploymentId"] for each in stages} | {each.deployment for each in kept}
    pages = gateway_client.get_paginator("get_deployments").paginate(restApiId=api).build_full_result()["items"]
    for each in pages:
        if each["id"] not in used:
            gateway_client.delete_deployment(restApiId=api, deploymentId=each["id"])
    for name in FUNCTIONS:
        function = stage.function(name)
        wanted = {each.versions[name] for each in kept} | {_alias(function, CANDIDATE), "$LATEST"}
        pages = functions.get_paginator("list_versions_by_function").paginate(FunctionName=function)
        for version in {each["Version"] for each in pages.build_full_result()["Versions"]} - wanted:
            if int(version) < int(kept[0].versions[name]):  # a newer one may be somebody's who deploys just now
                functions.delete_function(FunctionName=function, Qualifier=version)


def _named(versions: Versions) -> str:
    return ", ".join(f"{name} {version}" for name, version in versions.items())
