"""`python -m infra.bench FOLDER`: what `make package` wrote into FOLDER, measured under Lambda's runtime client.

Prints each figure with its bound (DESIGN.md section 3). Ends with 1 when one is broken.
"""

from __future__ import annotations

import json
import platform
import py_compile
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

from infra.bench.visitor import Visitor
from infra.deploy.build import UNCHECKED
from infra.deploy.stage import ROOT
from infra.lambda_runtime.execution import Environment, Function
from infra.lambda_runtime.gateway import ApiGateway
from infra.lambda_runtime.package import Package

COLD_STARTS = 15
SIGN_INS = 40
GET_ITEMS = 50
COLD_START_BOUND = 1.25
SIGN_IN_BOUND_MS = 8.0
ZIP_BOUND_MB = 6.0
NEXT_TO_NO_HASH = {"MFA_ARGON2_MEMORY_KIB": "8", "MFA_ARGON2_ITERATIONS": "1"}
BARE = Path(__file__).with_name("bare.py")


class Figure(NamedTuple):
    name: str
    value: float
    unit: str
    bound: float
    detail: str

    @property
    def met(self) -> bool:
        return self.value <= self.bound

    def __str__(self) -> str:
        verdict = "met" if self.met else "MISSED"
        return f"{verdict:7} {self.name}: {self.value:.2f} {self.unit}, bound {self.bound:g} ({self.detail})"


class Cost(NamedTuple):
    """Milliseconds."""

    wall: float
    cpu: float


def measure(folder: Path, work: Path) -> Iterator[Figure]:
    size = (folder / "deployment.zip").stat().st_size / 1e6
    yield Figure("zip without botocore", size, "MB", ZIP_BOUND_MB, folder.name)
    package = Package(folder, work)
    with aws_of(package.settings["MFA_STAGE"]) as environment:
        function = package.api_function({**environment, **NEXT_TO_NO_HASH})
        warm = Environment(function, log=subprocess.DEVNULL)
        gateway = ApiGateway(package.api, warm.invoke)
        visitors = [Visitor(gateway, number) for number in range(1, SIGN_INS + 1)]
        for visitor in visitors:
            visitor.enrol()
        other = bare(function, visitors[0].id, work / "bare")
        yield sign_ins(warm, visitors, get_item(other))
        warm.stop()
        yield cold_starts(function, other, package, visitors[0])


def get_item(function: Function) -> float:
    """CPU of one invocation of the warm bare function, in milliseconds: what this machine takes for a GetItem."""
    environment = Environment(function, log=subprocess.DEVNULL)
    environment.invoke({})
    before = cpu_ms(environment)
    for _ in range(GET_ITEMS):
        environment.invoke({})
    cost = (cpu_ms(environment) - before) / GET_ITEMS
    environment.stop()
    return cost


def sign_ins(environment: Environment, visitors: list[Visitor], yardstick: float) -> Figure:
    """CPU of five requests each: password, factors, challenge, its answer, account."""
    costs = []
    for visitor in visitors:
        before = cpu_ms(environment)
        visitor.sign_in()
        costs.append(cpu_ms(environment) - before)
    detail = (
        f"median of {len(costs)}, least {min(costs):.1f}; five invocations by the runtime client are in it; "
        f"a bare function takes {yardstick:.1f} for one GetItem"
    )
    return Figure("CPU of a sign-in with TOTP beside Argon2", median(costs), "ms", SIGN_IN_BOUND_MS, detail)


def cold_starts(ours: Function, other: Function, package: Package, visitor: Visitor) -> Figure:
    """From the start of the process to the answer of GET /account, in turns with the bare function's."""
    pairs = [(cold_start(ours, package, visitor), cold_start(other, package, visitor)) for _ in range(COLD_STARTS)]
    our_wall, our_cpu, bare_wall, bare_cpu = (
        median(values) for values in zip(*[(*each[0], *each[1]) for each in pairs], strict=True)
    )
    detail = (
        f"{our_wall:.0f} ms against {bare_wall:.0f}; CPU {our_cpu:.0f} ms against {bare_cpu:.0f}, "
        f"{our_cpu / bare_cpu:.2f} times; medians of {COLD_STARTS}"
    )
    return Figure("cold start against a bare function's", our_wall / bare_wall, "times", COLD_START_BOUND, detail)


def cold_start(function: Function, package: Package, visitor: Visitor) -> Cost:
    call = visitor.request("GET", "/account")
    started = time.perf_counter()
    environment = Environment(function, log=subprocess.DEVNULL)
    try:
        answer = ApiGateway(package.api, environment.invoke).respond(call)
        cost = Cost((time.perf_counter() - started) * 1000, cpu_ms(environment))
    finally:
        environment.stop()
    if answer.status != 200:
        raise RuntimeError(f"{function.name}: {answer.status} {answer.body!r}")
    return cost


def cpu_ms(environment: Environment) -> float:
    """What all threads of the process have used so far."""
    tasks = Path(f"/proc/{environment.process.pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e6


def bare(like: Function, user_id: str, code: Path) -> Function:
    """The bare function, packaged alike: unpacked, with byte code beside its source."""
    (code / "__pycache__").mkdir(parents=True)
    shutil.copy(BARE, code)
    target = code / "__pycache__" / f"bare.{sys.implementation.cache_tag}.pyc"
    py_compile.compile(str(code / "bare.py"), str(target), doraise=True, invalidation_mode=UNCHECKED)
    prefix = f"chalice-mfa-{like.environment['MFA_STAGE']}"
    environment = {**like.environment, "TABLE": f"{prefix}-users", "ITEM": f"user#{user_id}"}
    return Function("bare", "bare.handle", code, like.runtime, environment, like.timeout, like.memory)


@contextmanager
def aws_of(stage: str) -> Iterator[dict[str, str]]:
    command = [sys.executable, "-m", "infra.bench.aws", stage]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.stdin.close()


def main(folder: Path) -> int:
    if platform.system() != "Linux":
        print("The zip is for Linux; nothing is measured.", file=sys.stderr)
        return 1
    with TemporaryDirectory() as work:
        missed = 0
        for figure in measure(folder, Path(work)):
            print(figure, flush=True)
            missed += not figure.met
    if missed:
        print(f"{missed} bound(s) of DESIGN.md section 3 missed.", file=sys.stderr)
    return min(missed, 1)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
