"""AWS in a process of its own, so that its time is not counted: prints the environment to use it by, until its input
ends.
"""

from __future__ import annotations

import json
import sys

from infra.local.aws import LocalAws

if __name__ == "__main__":
    with LocalAws(sys.argv[1]) as aws:
        environment = {name: value for name, value in aws.environment().items() if name.startswith("AWS_")}
        print(json.dumps(environment), flush=True)
        sys.stdin.buffer.read()
