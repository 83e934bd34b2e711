"""Chalice's part of a deployment, by its command line: the functions, their roles, and the routes of the REST API."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from infra.deploy import build, policies
from infra.deploy.aws import client
from infra.deploy.stage import FUNCTIONS, ROOT, Refused, Stage


def deploy(stage: Stage, api_stage: str, url: str, reserved: int) -> None:
    """The newest code and definition, which Chalice serves under the API's stage `api_stage`.

    `url` is the endpoint when it is live. `reserved` is the concurrency that the API's function has for itself, 0 for
    none.
    """
    chalice(project(stage, api_stage, url, reserved), "deploy", "--stage", stage.name)
    trace(stage)


def trace(stage: Stage) -> None:
    """Switch X-Ray on or off: Chalice can only do the one."""
    mode = "Active" if stage.xray else "PassThrough"
    for name in map(stage.function, FUNCTIONS):
        if client("lambda").get_function_configuration(FunctionName=name)["TracingConfig"]["Mode"] != mode:
            client("lambda").update_function_configuration(FunctionName=name, TracingConfig={"Mode": mode})
            client("lambda").get_waiter("function_updated").wait(FunctionName=name)


def renew(stage: Stage, description: str) -> None:
    """Let the next release start each process anew: of what has not changed, Lambda publishes no version."""
    functions = client("lambda")
    for name in map(stage.function, FUNCTIONS):
        with suppress(functions.exceptions.ResourceNotFoundException):
            functions.update_function_configuration(FunctionName=name, Description=description)


def delete(stage: Stage) -> None:
    """Everything that the record names."""
    chalice(ROOT, "delete", "--stage", stage.name)


def package(stage: Stage, folder: Path) -> None:
    chalice(project(stage, stage.api_stage), "package", "--stage", stage.name, str(folder.absolute()))


def project(stage: Stage, api_stage: str, url: str = "", reserved: int = 0) -> Path:
    """The folder that Chalice packs, with the stage's policies, our records, and our configuration but for the rest."""
    folder = build.build()
    ours, theirs = ROOT / ".chalice", folder / ".chalice"
    theirs.mkdir()
    policies.write(stage, theirs)
    (theirs / "deployed").symlink_to(ours / "deployed")
    config = json.loads((ours / "config.json").read_text())
    config["api_gateway_stage"] = api_stage
    if url:
        config.setdefault("environment_variables", {}).setdefault("MFA_SETTINGS_PAGE", f"{url}/pages/settings")
    if reserved:
        config.setdefault("lambda_functions", {}).setdefault(FUNCTIONS["api"], {})["reserved_concurrency"] = reserved
    (theirs / "config.json").write_text(json.dumps(config))
    return folder


def chalice(folder: Path, *arguments: str) -> None:
    command = [str(Path(sys.executable).with_name("chalice")), "--project-dir", str(folder), *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout or ():
            if "Rest API URL" not in line:  # the candidate's, which is gone soon
                print(line, end="", flush=True)
    if process.returncode:
        raise Refused(f"chalice {arguments[0]} failed")
