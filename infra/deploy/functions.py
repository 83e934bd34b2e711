"""Chalice's part of a deployment, by its command line: the functions, their roles, and the REST API."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from infra.deploy import build, policies
from infra.deploy.aws import client
from infra.deploy.stage import ROOT, Refused, Stage


@dataclass(frozen=True)
class RestApi:
    id: str
    endpoint: str


def deploy(stage: Stage) -> RestApi:
    policies.write(stage, ROOT / ".chalice")
    chalice(build.build(), "deploy", "--stage", stage.name)
    trace(stage)
    resources = {each["name"]: each for each in json.loads(_state(stage).read_text())["resources"]}
    api = resources["rest_api"]
    return RestApi(api["rest_api_id"], api["rest_api_url"].rstrip("/"))


def trace(stage: Stage) -> None:
    """Switch X-Ray on or off: Chalice can only do the one."""
    mode = "Active" if stage.xray else "PassThrough"
    for name in (stage.prefix, f"{stage.prefix}-mail"):
        if client("lambda").get_function_configuration(FunctionName=name)["TracingConfig"]["Mode"] != mode:
            client("lambda").update_function_configuration(FunctionName=name, TracingConfig={"Mode": mode})
            client("lambda").get_waiter("function_updated").wait(FunctionName=name)


def delete(stage: Stage) -> None:
    """What this clone deployed: of anything else Chalice knows nothing."""
    if _state(stage).exists():
        chalice(ROOT, "delete", "--stage", stage.name)
    else:
        print(f"No record in .chalice/deployed: functions and API of stage {stage.name}, if any, stay.", flush=True)


def package(stage: Stage, folder: Path) -> None:
    policies.write(stage, ROOT / ".chalice")
    chalice(build.build(), "package", "--stage", stage.name, str(folder.absolute()))


def chalice(project: Path, *arguments: str) -> None:
    command = [str(Path(sys.executable).with_name("chalice")), "--project-dir", str(project), *arguments]
    if subprocess.run(command).returncode:
        raise Refused(f"chalice {arguments[0]} failed")


def _state(stage: Stage) -> Path:
    return ROOT / ".chalice" / "deployed" / f"{stage.name}.json"
