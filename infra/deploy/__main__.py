"""`python -m infra.deploy COMMAND STAGE`: what `make deploy`, `rollback`, `destroy`, `record` and `package` run."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.errors import ApiError
from infra import settings
from infra.deploy import (
    account,
    aliases,
    functions,
    gateway,
    grants,
    keys,
    package,
    policies,
    record,
    release,
    smoke,
    stack,
    traffic,
)
from infra.deploy.aws import endpoint
from infra.deploy.console import announce, confirm, note
from infra.deploy.stage import ROOT, Refused, Stage, check, read


def deploy(stage: Stage, parameters: dict[str, str]) -> None:
    """The stack, the first data key, Chalice's part; then the new version is walked through, and goes live."""
    check(stage)
    stack.check(parameters)
    announce("deploy", stage, plan(stage, parameters))
    note(settings.notes(stage.environment))
    outputs = stack.deploy(stage, parameters)
    keys.make_first(stage)
    traffic.settle(stage)
    prepared = record.prepare(stage)
    release.pin(stage, prepared)
    record.write(stage, record.find(stage))
    url = address(stage, prepared.api, outputs)
    functions.deploy(grants.widened(stage), aliases.CANDIDATE, url, int(outputs["ReservedConcurrency"]))
    found = record.find(stage)
    try:
        with keys.operator(stage):
            versions = release.propose(stage, found, gateway.settings(stage, outputs))
        walk(stage, found.api)
    finally:
        gateway.remove_stage(found.api, aliases.CANDIDATE)
    release.go_live(stage, found, versions, outputs)
    record.write(stage, record.find(stage))
    tell(stage, url)


def plan(stage: Stage, parameters: dict[str, str]) -> list[str]:
    """What `deploy` is about to change, a line each."""
    found = record.find(stage)
    api = f"API {found.api} stays" if found.api else "an API is made"
    code = "the functions get the code of this folder" if found.functions else "the functions are made"
    return [*stack.changes(stage, stack.describe(stage), parameters), f"{code}, {api}"]


def walk(stage: Stage, api: str) -> None:
    """From sign-up to challenge, before anybody else gets there. Raises Refused. `SMOKE=off` leaves it out."""
    if os.environ.get("SMOKE") == "off":
        print("The candidate is not walked through: SMOKE=off.", flush=True)
        return
    url, project = endpoint(api, aliases.CANDIDATE), stage.environment["MFA_PROJECT"]
    smoke.wait(url, project)
    if smoke.main(url, project):
        raise Refused("The candidate does not go live. SMOKE=off leaves the walk out.")


def address(stage: Stage, api: str, outputs: stack.Outputs) -> str:
    """The endpoint, as clients have it."""
    if "DomainName" in outputs:
        return f"https://{outputs['DomainName']}/{stage.api_stage}"
    return endpoint(api, stage.api_stage)


def tell(stage: Stage, url: str) -> None:
    project = stage.environment["MFA_PROJECT"]
    print(f"\n  Endpoint   {url}\n  Project    {project}")
    print(f"  Try it     make smoke ENDPOINT={url} PROJECT={project}\n")
    note(account.notes(stage))
    if not stack.parameters(stack.describe(stage))["AlarmEmail"]:
        note([f"Nobody is told of alarms: make deploy STAGE={stage.name} PARAMETERS=AlarmEmail=you@example.com"])


def rollback(stage: Stage, to: str) -> None:
    """The release before, at once."""
    found = record.find(stage)
    if not found.api:
        raise Refused(f"Stage {stage.name} is not deployed, or not by make deploy.")
    chosen = release.before(stage, found, to)
    announce("rollback", stage, [f"all traffic goes to {chosen}"])
    release.go_back(stage, found, chosen)
    print(f"Live: {chosen}. The data is as it was.")


def destroy(stage: Stage) -> None:
    """Everything of the stage, data too. Refused for one whose stack is told to keep its data."""
    described, found = stack.describe(stage), record.find(stage)
    if stage.name == "prod" or (described and stack.outputs(described).get("Kept") == "true"):
        raise Refused(f"Stage {stage.name} keeps its data: it is not destroyed by this command.")
    if described is None and found.empty:
        print(f"There is nothing of stage {stage.name}.")
        return
    what = [*found.functions.values(), *found.roles.values(), *filter(None, [found.api and f"REST API {found.api}"])]
    if described:
        what.append("stack and tables, with all users")
    announce("destroy", stage, [f"- {each}" for each in what])
    confirm(stage)
    traffic.settle(stage, stop=True)
    if not found.empty:
        gateway.detach(stage, stack.outputs(described) if described else {})
        record.write(stage, found)
        functions.delete(stage)
    stack.delete(stage)
    record.forget(stage)
    print(f"Stage {stage.name} is gone.")


def hand_over(stage: Stage) -> None:
    """Let plain `chalice deploy` change what is there: it knows no alias, so the queue calls the function itself."""
    check(stage)
    if stack.describe(stage) is None:
        raise Refused(f"Stage {stage.name} is not deployed: make deploy STAGE={stage.name} comes first.")
    announce("record", stage, ["policies and .chalice/deployed are written", "the queue calls the newest code"])
    policies.write(stage, ROOT / ".chalice")
    found = record.prepare(stage)
    release.call_for_jobs(stage, found, "")
    record.write(stage, record.find(stage))
    print(f"Now: chalice deploy --stage {stage.name}")


def main(arguments: list[str]) -> int:
    options = _parsed(arguments)
    try:
        stage = read(options.stage)
        if options.command == "deploy":
            deploy(stage, dict(options.parameters))
        elif options.command == "rollback":
            rollback(stage, options.to)
        elif options.command == "destroy":
            destroy(stage)
        elif options.command == "record":
            hand_over(stage)
        else:
            package.build(stage, options.folder)
            print(f"For CloudFormation: {options.folder}/stack.yaml and {options.folder}/sam.json")
    except KeyboardInterrupt:
        print("Interrupted: run it again, from any clone.", file=sys.stderr)
        return 1
    except (Refused, ApiError, BotoCoreError, ClientError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _parsed(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m infra.deploy")
    commands = parser.add_subparsers(dest="command", required=True)
    each = {name: commands.add_parser(name) for name in ("deploy", "rollback", "destroy", "record", "package")}
    for command in each.values():
        command.add_argument("stage")
    each["deploy"].add_argument("parameters", nargs="*", type=_assignment, help="of infra/stack.yaml, as Name=value")
    each["rollback"].add_argument("--to", metavar="ID", default="", help="the release before, without it")
    each["package"].add_argument("folder", type=Path)
    return parser.parse_args(arguments)


def _assignment(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        raise argparse.ArgumentTypeError(f"{text} is not of the form Name=value")
    return name, value


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
