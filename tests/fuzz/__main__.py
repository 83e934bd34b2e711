"""`python -m tests.fuzz [SEED]`: schemathesis against the development server, from its own OpenAPI document.

As a guest, with a complete session, and with the API key. Ends within five minutes, with 1 if there was a finding. The
seed is printed; with it a run tries the same again, as far as the time goes.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from tests.support.api import KEY
from tests.support.servers import FAST_HASHES, development_server

HERE = Path(__file__).parent
SECONDS = {"guest": 45, "session": 70, "key": 70}
"""For each caller; a guest is refused at most places."""
GRACE = 20
HEADERS = {"guest": [], "session": [], "key": [f"X-Appwrite-Key: {KEY}"]}

HOOKS = {"SCHEMATHESIS_HOOKS": "tests.fuzz.hooks", "MFA_STAGE": "local", "MFA_PROJECT": "demo"}


def main(seed: int) -> int:
    if find_spec("schemathesis") is None:
        print("NOT RUN: schemathesis is missing. It needs Python 3.11 or newer.")
        return 1
    with development_server(RATE_LIMITS="off", MFA_RECOVERY_CODES="2", **FAST_HASHES) as url:
        codes = {caller: run(caller, f"{url}/v1", seed) for caller in SECONDS}
    failed = [caller for caller, code in codes.items() if code]
    print(f"Seed {seed}: " + (f"findings as {', '.join(failed)}." if failed else "no findings."))
    return 1 if failed else 0


def run(caller: str, endpoint: str, seed: int) -> int:
    """The exit code of schemathesis."""
    print(f"\n=== As {caller}, seed {seed}\n", flush=True)
    headers = ["X-Appwrite-Project: demo", *HEADERS[caller]]
    return subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(HERE / "schemathesis.toml"), "run"),
            *(f"{endpoint}/openapi.json", "--no-color", "--seed", str(seed), "--max-time", str(SECONDS[caller])),
            *("--generation-with-security-parameters", "true" if caller == "guest" else "false"),
            *(word for header in headers for word in ("--header", header)),
        ],
        env={**os.environ, **HOOKS, "FUZZ_CALLER": caller, "FUZZ_ENDPOINT": endpoint},
        timeout=SECONDS[caller] + GRACE,
        check=False,
    ).returncode


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else random.randrange(2**31)))
