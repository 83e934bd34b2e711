"""`python -m infra.bench FOLDER`: what `make package` wrote into FOLDER, measured under Lambda's runtime client.

Prints each figure with its bound, and ends with 1 when one is broken; then what memory buys.
"""

from __future__ import annotations

import platform
import py_compile
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from argon2 import PasswordHasher

from infra.bench.aws import aws_of
from infra.bench.figure import Figure
from infra.bench.memory import Size, sizes
from infra.bench.share import cpu_ms
from infra.bench.starts import cold_start
from infra.bench.visitor import Visitor
from infra.deploy.build import UNCHECKED
from infra.lambda_runtime.execution import Environment, Function
from infra.lambda_runtime.gateway import ApiGateway
from infra.lambda_runtime.package import Package

COLD_STARTS = 15
SIGN_INS = 40
INVOCATIONS = 50
HASHES = 15
REQUESTS = 5
"""Of a sign-in with TOTP."""
COLD_START_BOUND = 1.25
SIGN_IN_BOUND_MS = 8.0
ARGON2_MS = 17.0
"""What a hash by PyPI's build takes on the machine that the bound of a sign-in was measured on; others are scaled."""
ZIP_BOUND_MB = 6.0
NEXT_TO_NO_HASH = {"MFA_ARGON2_MEMORY_KIB": "8", "MFA_ARGON2_ITERATIONS": "1"}
BARE = Path(__file__).with_name("bare.py")


def measure(folder: Path, work: Path) -> Iterator[Figure | Size]:
    size = (folder / "deployment.zip").stat().st_size / 1e6
    yield Figure("zip without botocore", size, "MB", ZIP_BOUND_MB, folder.name)
    package = Package(folder, work)
    with aws_of(package.settings["MFA_STAGE"]) as environment:
        function = package.api_function({**environment, **NEXT_TO_NO_HASH})
        warm = Environment(function, log=subprocess.DEVNULL)
        gateway = ApiGateway(package.api, warm.invoke)
        visitors = [Visitor(gateway.respond, number) for number in range(1, SIGN_INS + 1)]
        for visitor in visitors:
            visitor.enrol()
        other = bare(function, visitors[0].id, work / "bare")
        yield sign_ins(warm, visitors, invocation(replace(other, handler="bare.nothing"), package, visitors[0]))
        warm.stop()
        yield cold_starts(function, other, package, visitors[0])
        yield from sizes(package.api_function(environment), package.api, SIGN_INS + 1)


def invocation(function: Function, package: Package, visitor: Visitor) -> float:
    """CPU of an invocation of a function that does nothing, in milliseconds: that of Lambda's runtime client."""
    environment = Environment(function, log=subprocess.DEVNULL)
    gateway, call = ApiGateway(package.api, environment.invoke), visitor.request("GET", "/account")
    gateway.respond(call)
    before = cpu_ms(environment.process.pid)
    for _ in range(INVOCATIONS):
        gateway.respond(call)
    cost = (cpu_ms(environment.process.pid) - before) / INVOCATIONS
    environment.stop()
    return cost


def sign_ins(environment: Environment, visitors: list[Visitor], invocation: float) -> Figure:
    """CPU of five requests each: password, factors, challenge, its answer, account. The least of all: the others were
    interrupted, or waited for longer and found their caches cold.
    """
    costs = []
    for visitor in visitors:
        before = cpu_ms(environment.process.pid)
        visitor.sign_in()
        costs.append(cpu_ms(environment.process.pid) - before)
    here, usual = (each - REQUESTS * invocation for each in (min(costs), median(costs)))
    slow = argon2_ms()
    detail = f"{here:.1f} ms here, where PyPI's Argon2 takes {slow:.0f} instead of {ARGON2_MS:.0f}; median {usual:.1f}"
    name = "CPU of a sign-in with TOTP, beside Argon2 and Lambda's runtime client"
    return Figure(name, here * ARGON2_MS / slow, "ms", SIGN_IN_BOUND_MS, detail)


def argon2_ms() -> float:
    """CPU of one evaluation by PyPI's build, which tells how fast this machine is."""
    hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
    stored, costs = hasher.hash(""), []
    for _ in range(HASHES):
        before = time.process_time()
        hasher.verify(stored, "")
        costs.append((time.process_time() - before) * 1000)
    return median(costs)


def cold_starts(ours: Function, other: Function, package: Package, visitor: Visitor) -> Figure:
    """From the start of the process to the answer of GET /account, in turns with the bare function's."""
    pairs = [tuple(cold_start(each, package.api, visitor) for each in (ours, other)) for _ in range(COLD_STARTS)]
    our_wall, our_cpu, bare_wall, bare_cpu = (
        median(values) for values in zip(*[(*one, *another) for one, another in pairs], strict=True)
    )
    detail = (
        f"{our_wall:.0f} ms against {bare_wall:.0f}; CPU {our_cpu:.0f} ms against {bare_cpu:.0f}, "
        f"{our_cpu / bare_cpu:.2f} times; medians of {COLD_STARTS}"
    )
    return Figure("cold start against a bare function's", our_wall / bare_wall, "times", COLD_START_BOUND, detail)


def bare(like: Function, user_id: str, code: Path) -> Function:
    """The bare function, packaged alike: unpacked, with byte code beside its source."""
    (code / "__pycache__").mkdir(parents=True)
    shutil.copy(BARE, code)
    target = code / "__pycache__" / f"bare.{sys.implementation.cache_tag}.pyc"
    py_compile.compile(str(code / "bare.py"), str(target), doraise=True, invalidation_mode=UNCHECKED)
    prefix = f"chalice-mfa-{like.environment['MFA_STAGE']}"
    environment = {**like.environment, "TABLE": f"{prefix}-users", "ITEM": f"user#{user_id}"}
    return Function("bare", "bare.handle", code, like.runtime, environment, like.timeout, like.memory)


def main(folder: Path) -> int:
    if platform.system() != "Linux":
        print("The zip is for Linux; nothing is measured.", file=sys.stderr)
        return 1
    with TemporaryDirectory() as work:
        missed = 0
        for figure in measure(folder, Path(work)):
            print(figure, flush=True)
            missed += isinstance(figure, Figure) and not figure.met
    if missed:
        print(f"{missed} bound(s) missed.", file=sys.stderr)
    return min(missed, 1)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
