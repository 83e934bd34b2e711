"""Releases: a version of each function and a deployment of the API, which go live together and in steps.

What Chalice has deployed is published and served under another stage of the API, `candidate`, where it is walked
through. Then the traffic moves to it, or back (`traffic.py`); only after that the API's own stage serves the new
definition. All of it is kept in the account: the description of an API's deployment names the versions that went live
with it, and those that were live before.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from infra.deploy import aliases, gateway, grants, policies, smoke, traffic
from infra.deploy.aliases import CANDIDATE, LIVE
from infra.deploy.aws import client, endpoint, place
from infra.deploy.record import Deployment
from infra.deploy.stage import FUNCTIONS, Refused, Stage

KEPT = 10
"""Releases that `make rollback` can go back to."""

Versions = dict[str, str]
"""By our names of the functions."""

_DESCRIPTION = re.compile(r"release: api (\d+), mail (\d+)(?:; before: api (\d+), mail (\d+))?")


@dataclass(frozen=True)
class Release:
    """`deployment` is the API's. `before` is what was live then, empty for the first."""

    deployment: str
    versions: Versions
    before: Versions
    made: datetime

    def __str__(self) -> str:
        return f"{self.deployment} of {self.made:%Y-%m-%d %H:%M %Z}, {_named(self.versions)}"


def pin(stage: Stage, found: Deployment) -> None:
    """Make a release of what is served, where the API calls the newest code: that of plain Chalice, or of a version
    of this project before there were releases. Otherwise Chalice would give everybody the new code at once.
    """
    served = gateway.served(found.api, stage.api_stage)
    if not served or served in {each.deployment for each in releases(found.api)}:
        return
    print("What is live becomes a release ...", flush=True)
    versions = {name: aliases.publish(stage.function(name)) for name in FUNCTIONS}
    for name, version in versions.items():
        aliases.point(stage.function(name), LIVE, version)
    aliases.permit(stage.function("api"), found.api, LIVE)
    gateway.repoint(found.api, stage.api_stage, found.functions["api"])
    deployment = gateway.deploy(found.api, _described(versions, {}))
    gateway.serve(found.api, CANDIDATE, deployment, LIVE)
    smoke.wait(endpoint(found.api, CANDIDATE), stage.environment["MFA_PROJECT"])
    gateway.serve(found.api, stage.api_stage, deployment, LIVE)
    gateway.remove_stage(found.api, CANDIDATE)
    call_for_jobs(stage, found, LIVE)


def propose(stage: Stage, found: Deployment, settings: Mapping[str, str]) -> Versions:
    """Publish what Chalice has deployed and serve it as the candidate; nothing changes for anybody else."""
    versions = {name: aliases.publish(stage.function(name)) for name in FUNCTIONS}
    aliases.point(stage.function("api"), CANDIDATE, versions["api"])
    aliases.permit(stage.function("api"), found.api, CANDIDATE)
    gateway.put(found.api, found.functions["api"])
    deployment = gateway.deploy(found.api, f"candidate: {_named(versions)}")
    gateway.serve(found.api, CANDIDATE, deployment, CANDIDATE, settings)
    return versions


def go_live(stage: Stage, found: Deployment, versions: Versions, outputs: Mapping[str, str]) -> None:
    """Let these versions have the traffic. Raises Refused when it has gone back."""
    _move(stage, _live(stage), versions)
    aliases.permit(stage.function("api"), found.api, LIVE)
    deployment = gateway.deploy(found.api, _described(versions, _before(stage, found.api, versions)))
    gateway.serve(found.api, stage.api_stage, deployment, LIVE, gateway.settings(stage, outputs))
    gateway.attach(stage, found.api, outputs)
    call_for_jobs(stage, found, LIVE, int(outputs["MailConcurrency"]))
    grants.put(stage)
    _forget_old(stage, found.api)
    aliases.provision(stage.function("api"), int(outputs["ProvisionedConcurrency"]))


def before(stage: Stage, found: Deployment, to: str) -> Release:
    """What was live before the present release, or that with the id `to`. While a release is still going live, or was
    interrupted in that, it is the one from which traffic moves away. Raises Refused where there is none.
    """
    known, wanted = releases(found.api), to or gateway.served(found.api, stage.api_stage)
    chosen = next((each for each in known if each.deployment == wanted), None)
    if chosen and not to and not traffic.moves(stage) and _live(stage) == chosen.versions:
        chosen = next((each for each in known if each.versions == chosen.before), None)
    if chosen is None:
        listed = "\n".join(f"  {each}" for each in known) or "  none"
        raise Refused(f"Stage {stage.name} has no such release to go back to. Releases, TO=... takes an id:\n{listed}")
    return chosen


def go_back(stage: Stage, found: Deployment, chosen: Release) -> None:
    """Let it have all traffic at once. Interrupted before that, `before` says the same: the API's stage is told first,
    the functions last.
    """
    traffic.settle(stage, stop=True)
    former = _as_released(stage, chosen)
    grants.put(grants.widened(former))
    tracing = {"/tracingEnabled": str(former.xray).lower()}
    gateway.serve(found.api, stage.api_stage, chosen.deployment, LIVE, tracing)
    gateway.remove_stage(found.api, CANDIDATE)  # of a command that was killed
    call_for_jobs(stage, found, LIVE)
    for name in FUNCTIONS:
        aliases.point(stage.function(name), LIVE, chosen.versions[name])
    grants.put(former)


def releases(api: str) -> list[Release]:
    """Those that went live, the newest first."""
    named = [(each, _DESCRIPTION.fullmatch(each.get("description", ""))) for each in gateway.deployments(api)]
    found = [
        Release(each["id"], _versions(match[1], match[2]), _versions(match[3], match[4]), each["createdDate"])
        for each, match in named
        if match
    ]
    return sorted(found, key=lambda release: (release.made, int(release.versions["api"])), reverse=True)


def call_for_jobs(stage: Stage, found: Deployment, alias: str, most: int | None = None) -> None:
    """Let the queue call this alias of the mail function, or the function itself without one; at most so many at once,
    0 for no bound, as before if that is not said.
    """
    arn = ":".join(filter(None, [place().arn("lambda", f"function:{stage.function('mail')}"), alias]))
    bound = {"ScalingConfig": {"MaximumConcurrency": most} if most else {}} if most is not None else {}
    for mapping in found.mappings:
        while client("lambda").get_event_source_mapping(UUID=mapping["UUID"])["State"].endswith("ing"):
            time.sleep(aliases.SECONDS)
        client("lambda").update_event_source_mapping(UUID=mapping["UUID"], FunctionName=arn, **bound)


def _move(stage: Stage, live: Versions, versions: Versions) -> None:
    """Jobs are tried again, so their function moves at once, before those are put that only it understands."""
    aliases.point(stage.function("mail"), LIVE, versions["mail"])
    if not live["api"]:
        aliases.point(stage.function("api"), LIVE, versions["api"])
    elif live["api"] != versions["api"]:
        try:
            traffic.shift(stage, live["api"], versions["api"])
        except Refused:
            for name, version in live.items():
                aliases.point(stage.function(name), LIVE, version or versions[name])
            raise


def _before(stage: Stage, api: str, versions: Versions) -> Versions:
    """What was live before these versions. The same again does not count as before itself."""
    served = gateway.served(api, stage.api_stage)
    for each in releases(api):
        if each.deployment == served:
            return each.before if each.versions == versions else each.versions
    return {}


def _live(stage: Stage) -> Versions:
    return {name: aliases.version_of(stage.function(name), LIVE) for name in FUNCTIONS}


def _as_released(stage: Stage, chosen: Release) -> Stage:
    """The stage as its settings were then, which the version of the API's function has."""
    version = {"FunctionName": stage.function("api"), "Qualifier": chosen.versions["api"]}
    found = client("lambda").get_function_configuration(**version)
    environment, xray = dict(found["Environment"]["Variables"]), found["TracingConfig"]["Mode"] == "Active"
    granted = policies.rendered(stage.name, environment, xray)
    return replace(stage, environment=environment, xray=xray, policies=granted)


def _forget_old(stage: Stage, api: str) -> None:
    """Deployments of the API and versions of the functions that neither serve nor can be gone back to."""
    newest: dict[str, Release] = {}
    for each in releases(api):
        newest.setdefault(_named(each.versions), each)
    kept = list(newest.values())[:KEPT]
    gateway.remove_deployments(api, {each.deployment for each in kept})
    functions = client("lambda")
    for name in FUNCTIONS:
        function = stage.function(name)
        wanted = {each.versions[name] for each in kept} | {aliases.version_of(function, CANDIDATE), "$LATEST"}
        pages = functions.get_paginator("list_versions_by_function").paginate(FunctionName=function)
        for version in {each["Version"] for each in pages.build_full_result()["Versions"]} - wanted:
            if int(version) < int(kept[0].versions[name]):  # a newer one may be somebody's who deploys just now
                functions.delete_function(FunctionName=function, Qualifier=version)


def _described(versions: Versions, before: Versions) -> str:
    return f"release: {_named(versions)}" + (f"; before: {_named(before)}" if before else "")


def _named(versions: Versions) -> str:
    return ", ".join(f"{name} {version}" for name, version in versions.items())


def _versions(*numbers: Any) -> Versions:
    return dict(zip(FUNCTIONS, numbers, strict=True)) if all(numbers) else {}
