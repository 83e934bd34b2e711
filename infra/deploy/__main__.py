"""`python -m infra.deploy COMMAND STAGE`: what `make deploy`, `make destroy` and `make package` run."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.errors import ApiError
from infra import settings
from infra.deploy import account, functions, gateway, keys, package, stack
from infra.deploy.stage import Refused, Stage, check, read


def deploy(stage: Stage, parameters: dict[str, str]) -> None:
    """The stack, the first data key, then Chalice's part, then what API Gateway is told."""
    check(stage)
    tell(settings.notes(stage.environment))
    print(f"Stack {stage.prefix} ...", flush=True)
    outputs = stack.deploy(stage, parameters)
    keys.make_first(stage)
    api = functions.deploy(stage)
    print("Gateway responses, access logs, limits ...", flush=True)
    gateway.apply(stage, api.id, outputs)
    endpoint = f"https://{outputs['DomainName']}/{stage.api_stage}" if "DomainName" in outputs else api.endpoint
    project = stage.environment["MFA_PROJECT"]
    print(f"\n  Endpoint   {endpoint}\n  Project    {project}")
    print(f"  Try it     make smoke ENDPOINT={endpoint} PROJECT={project}\n")
    tell(account.notes(stage))


def tell(notes: list[str]) -> None:
    for note in notes:
        print(f"Note: {note}", flush=True)


def destroy(stage: Stage) -> None:
    """Everything of the stage, data too. Refused for one whose stack is told to keep its data."""
    found = stack.describe(stage)
    if stage.name == "prod" or (found and stack.outputs(found).get("Kept") == "true"):
        raise Refused(f"Stage {stage.name} keeps its data: it is not destroyed by this command.")
    functions.delete(stage)
    stack.delete(stage)
    print(f"Stage {stage.name} is gone.")


def main(arguments: list[str]) -> int:
    options = _parsed(arguments)
    try:
        stage = read(options.stage)
        if options.command == "deploy":
            deploy(stage, dict(options.parameters))
        elif options.command == "destroy":
            destroy(stage)
        else:
            package.build(stage, options.folder)
            print(f"For CloudFormation: {options.folder}/stack.yaml and {options.folder}/sam.json")
    except (Refused, ApiError, BotoCoreError, ClientError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _parsed(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m infra.deploy")
    commands = parser.add_subparsers(dest="command", required=True)
    each = {name: commands.add_parser(name) for name in ("deploy", "destroy", "package")}
    for command in each.values():
        command.add_argument("stage")
    each["deploy"].add_argument("parameters", nargs="*", type=_assignment, help="of infra/stack.yaml, as Name=value")
    each["package"].add_argument("folder", type=Path)
    return parser.parse_args(arguments)


def _assignment(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        raise argparse.ArgumentTypeError(f"{text} is not of the form Name=value")
    return name, value


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
