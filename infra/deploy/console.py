"""What commands say before they change anything, and what they ask."""

from __future__ import annotations

import os
import sys

from infra.deploy.aws import place
from infra.deploy.stage import Refused, Stage


def announce(command: str, stage: Stage, lines: list[str]) -> None:
    """Where the command works, and what it is about to do."""
    where = place()
    print(f"{command} stage {stage.name} in account {where.account}, region {where.region}:")
    print("\n".join(f"  {each}" for each in lines), flush=True)


def note(lines: list[str]) -> None:
    for line in lines:
        print(f"Note: {line}", flush=True)


def confirm(stage: Stage) -> None:
    """By the stage's name, typed, or in CONFIRM where nobody types. Raises Refused."""
    given = os.environ.get("CONFIRM") or (input("The stage's name, to go on: ") if sys.stdin.isatty() else "")
    if given != stage.name:
        raise Refused(f"Nothing was changed: it takes the stage's name, typed or as CONFIRM={stage.name}.")
