"""`python -m infra.deploy.deployer STAGE FOLDER`: the policies of whoever deploys a stage. `make deployer-policy`.

Every deployment needs `stack`, `watch` and `release`; with a domain or a firewall `edge` besides; drill and restoration
`restore`. They are several since IAM takes 6,144 characters of each.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from infra.deploy.policies import Policy, filled, names
from infra.deploy.stage import Refused, Stage, read

TEMPLATES = Path(__file__).with_name("deployer_policies")

OF_ZONE = ("Zone", "ZoneChange")
"""Statements for a stage whose name is entered into a zone of Route 53."""


def rendered(stage: Stage, zone: str = "") -> dict[str, Policy]:
    """The policies by name. With `zone`, the id of a zone in Route 53, its records may be changed."""
    values = {**names(stage.name, stage.environment), "Zone": zone}
    policies = {file.stem: filled(file.read_text(), values) for file in sorted(TEMPLATES.glob("*.json"))}
    for policy in policies.values():
        policy["Statement"] = [each for each in policy["Statement"] if zone or each["Sid"] not in OF_ZONE]
    return policies


def write(stage: Stage, zone: str, folder: Path) -> list[str]:
    """Put the policies into files; the command that makes each of them in the account."""
    folder.mkdir(parents=True, exist_ok=True)
    commands = []
    for name, policy in rendered(stage, zone).items():
        file = folder / f"{name}.json"
        file.write_text(json.dumps(policy, separators=(",", ":")) + "\n")
        commands.append(
            f"aws iam create-policy --policy-name {stage.prefix}-deployer-{name} --policy-document file://{file}"
        )
    return commands


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m infra.deploy.deployer")
    parser.add_argument("stage")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--zone", metavar="ID", default="", help="of Route 53, as the stack's HostedZoneId")
    options = parser.parse_args(arguments)
    try:
        print("\n".join(write(read(options.stage), options.zone, options.folder)))
    except Refused as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
