"""`python -m infra.load FOLDER CLIENTS MINUTES`: what `make package` wrote into FOLDER, under load.

Its tables are those of the DynamoDB at DYNAMODB_ENGINE. Leaves `growth.svg` and the functions' log in FOLDER, and ends
with 1 when a request failed or a process grew.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from infra.bench.aws import aws_of
from infra.lambda_runtime.package import Package
from infra.load.record import report
from infra.load.run import run

LEAST_MINUTES = 5
"""A process settles after some 2,000 requests, which shorter runs would take for growth."""
WARM_UP = 60.0
"""Seconds in which a process may still grow: it imports what it needs and fills its caches."""


def main(folder: Path, clients: int, minutes: float) -> int:
    if minutes < LEAST_MINUTES:
        print(f"MINUTES={minutes:g} is too short to tell growth: at least {LEAST_MINUTES}.", file=sys.stderr)
        return 1
    from infra.load import plot  # of a lock of its own

    with TemporaryDirectory() as work:
        package = Package(folder, Path(work))
        with aws_of(package.settings["MFA_STAGE"], os.environ["DYNAMODB_ENGINE"]) as aws:
            log = folder / "functions.log"
            record = run(package, aws, clients, lambda record: record.seconds >= minutes * 60, log)
    title = f"{clients} clients, {minutes:g} minutes: {record.sign_ins:,} sign-ins, {len(record.latencies):,} requests"
    plot.draw(record, title, folder / "growth.svg")
    return report(record, WARM_UP)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
