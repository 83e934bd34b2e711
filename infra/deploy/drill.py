"""`python -m infra.deploy.drill STAGE`: restores a stage's tables under other names and signs in there. `make drill`.

A demo user with every factor of the stage is made before, and must be there after. With `--from TIME` the tables are
restored to that second, and he signs up in them. With `--keep` they stay, for `make restore`.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.errors import ApiError
from chalicelib.runtime import clock, settings
from infra.deploy import demo, tables
from infra.deploy.console import announce
from infra.deploy.demo import App, DemoUser
from infra.deploy.smoke import Failed
from infra.deploy.stage import Refused, Stage, check, read

DRILL, RESTORED = "drill", "restored"
"""What stands in the names of tables that are removed in the end, and of those that are kept."""


def drill(stage: Stage, wanted: datetime | None, keep: bool) -> None:
    """Raises Failed or Refused where a step fails. What it has made is removed in any case."""
    tables.require(stage)
    with demo.running(stage):
        user = DemoUser(demo.user_id())
    with step("Remove what an interrupted drill has left"):
        clear(stage, user)
    try:
        second = wanted or enrolled(stage, user)
        with step(f"Wait until the tables can be restored to {second:%Y-%m-%dT%H:%M:%SZ}"):
            tables.wait_until_restorable(stage, second)
        copy = tables.copies(stage, RESTORED if keep else DRILL, second)
        with step(f"Restore {len(tables.defined(stage))} tables as {copy}-..."):
            tables.restore(stage, second, copy)
        if keep:
            kept = f"STAGE={stage.name} KEPT={second:{tables.SECOND}}"
            print(f"  make restore {kept} puts them in place\n  make restore {kept} DROP=1 removes them")
        compare(stage, copy)
        context = settings.load(stage.environment).key_context
        with demo.running(stage, MFA_TABLE_PREFIX=copy, MFA_KEY_CONTEXT=context) as app:
            prove(app, user, new=wanted is not None)
    finally:
        with step("Remove the demo user and the tables of the drill"):
            clear(stage, user)


def enrolled(stage: Stage, user: DemoUser) -> datetime:
    """Make the demo user in the deployment; the second at which all of him is there."""
    with step("Make a demo user in the deployment"), demo.running(stage) as app:
        user.enrol(app)
    return tables.next_second(stage)


def prove(app: App, user: DemoUser, new: bool) -> None:
    """Sign in with each factor. A `new` demo user signs up first: he was not there at that second."""
    try:
        if new:
            with step("Make a demo user in the restored tables"):
                demo.remove(user.id)
                user.enrol(app)
        with step("Find the demo user's session, log and factors"):
            user.find_all_there(app)
        for factor in user.factors:
            with step(f"Sign in with the password and {factor}"):
                user.sign_in_with(app, factor)
    finally:
        demo.remove(user.id)


def compare(stage: Stage, copy: str) -> None:
    """Print how many items each table has."""
    with step("Count"):
        here, there = tables.count(stage, stage.prefix), tables.count(stage, copy)
    print(f"  {'':14} {'deployment':>10} {'restored':>10}")
    for table in here:
        print(f"  {table:14} {here[table]:10,} {there[table]:10,}", flush=True)


def clear(stage: Stage, user: DemoUser) -> None:
    """Remove the demo user, and the tables that are not to be kept."""
    try:
        with demo.running(stage):
            demo.remove(user.id)
    finally:
        tables.remove(tables.leftovers(stage, DRILL))


@contextmanager
def step(text: str) -> Iterator[None]:
    """A line for it, with how long it took."""
    print(f"{text} ...", end=" ", flush=True)
    started, outcome = clock.now(), "failed"
    try:
        yield
        outcome = "done"
    finally:
        print(f"{outcome} in {(clock.now() - started) / 1000:.1f} s", flush=True)


def main(arguments: list[str]) -> int:
    options = _parsed(arguments)
    try:
        stage = read(options.stage)
        check(stage)
        announce("drill", stage, _plan(stage))
        drill(stage, options.second, options.keep)
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return 1
    except (Refused, Failed, ApiError, BotoCoreError, ClientError) as error:
        print(f"FAILED: {error}", file=sys.stderr)
        return 1
    print("The backup works.")
    return 0


def _plan(stage: Stage) -> list[str]:
    return [
        f"makes a demo user {demo.NAME}-..., restores the tables of {stage.prefix} under other names, signs in there",
        "with every factor, and removes both. Nothing is sent. Restoring starts when recovery has come so far,",
        "in some five minutes, and is charged by the size of the tables.",
    ]


def _parsed(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m infra.deploy.drill")
    parser.add_argument("stage")
    parser.add_argument("--from", dest="second", metavar="TIME", type=_second, help="e.g. 2026-01-31T12:00:00Z")
    parser.add_argument("--keep", action="store_true", help="keep the restored tables, for a real restoration")
    return parser.parse_args(arguments)


def _second(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text} is no time with its zone, such as 2026-01-31T12:00:00Z")
    return found.astimezone(timezone.utc).replace(microsecond=0)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main(sys.argv[1:]))
