"""Which room may use which: read from the imports of every file."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.support.files import ROOT

FILES = sorted((ROOT / "chalicelib").rglob("*.py"))

ROOMS = {
    "api": "pages web mfa passkeys sign_in sessions accounts factors audit delivery security storage runtime",
    "pages": "security runtime",
    "web": "sessions factors audit delivery security storage runtime",
    "mfa": "sessions factors audit security storage runtime",
    "passkeys": "factors audit security storage runtime",
    "sign_in": "sessions accounts factors audit delivery security storage runtime",
    "sessions": "accounts factors audit delivery security storage runtime",
    "accounts": "factors audit delivery security storage runtime",
    "factors": "audit delivery security storage runtime",
    "audit": "delivery storage runtime",
    "delivery": "storage runtime",
    "security": "storage runtime",
    "storage": "runtime",
    "runtime": "",
}
"""The tower, from the top down: what a room may import besides the files beside it and those of chalicelib itself."""

WORKER = {"accounts", "audit", "delivery"}
"""What the queue's function, a file of chalicelib itself, uses. The other such files are below all rooms but one."""

FOUNDATION = {"runtime"}
"""What errors, models, ids and the like may use."""

NAME_AWS = {"runtime", "storage", "delivery"}
"""Rooms that speak of boto3 and botocore: who makes the clients, and who reads their exceptions."""
READ_THE_WORLD = {"os", "time", "random", "secrets"}


def imports(path: Path) -> Iterator[str]:
    """The dotted name of everything that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def packages(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports(path)}


def room_of(path: Path) -> str:
    """The folder of a file; empty for the files of chalicelib itself."""
    parts = path.relative_to(ROOT / "chalicelib").parts
    return parts[0] if len(parts) > 1 else ""


def rooms_used(path: Path) -> set[str]:
    return {name.split(".")[1] for name in imports(path) if name.startswith("chalicelib.")} & set(ROOMS)


def module(path: Path) -> str:
    """The dotted name of a file; a package's is that of its folder."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module(path) for path in FILES}


def longest_module(name: str) -> str:
    """The file that a dotted name is of, or is in; empty for one of another package."""
    while name and name not in MODULES:
        name = name.rpartition(".")[0]
    return name


def offenders(breaks_the_rule: Callable[[Path], bool]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in FILES if breaks_the_rule(path)]


def test_every_room_is_known() -> None:
    assert {room_of(path) for path in FILES} - {""} == set(ROOMS)


def test_rooms_use_what_lies_below() -> None:
    order = list(ROOMS)
    for number, (room, below) in enumerate(ROOMS.items()):
        assert set(below.split()) <= set(order[number + 1 :]), f"{room} is above what it may use"

    def looks_up(path: Path) -> bool:
        room = room_of(path)
        below = set(ROOMS[room].split()) | {room} if room else WORKER if path.stem == "worker" else FOUNDATION
        return not rooms_used(path) <= below

    assert offenders(looks_up) == []


def test_no_two_files_import_each_other() -> None:
    """Nor more of them in a circle; imports inside functions count as well."""
    uses = {module(path): {name for name in map(longest_module, imports(path)) if name} for path in FILES}
    done: set[str] = set()

    def visit(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, " -> ".join([*way[way.index(name) :], name])
        if name not in done:
            for used in sorted(uses[name] - {name}):
                visit(used, (*way, name))
            done.add(name)

    for name in sorted(uses):
        visit(name, ())


def test_http_stays_in_web_and_api() -> None:
    """And in the queue's function, which Chalice calls."""
    speaks = {"api", "web"}
    assert offenders(lambda path: room_of(path) not in speaks and "chalice" in packages(path)) == [
        "chalicelib/worker.py"
    ]


def test_aws_is_named_by_those_who_call_it_only() -> None:
    def names_aws(path: Path) -> bool:
        text = path.read_text()
        return "boto3" in text or "botocore" in text

    assert offenders(lambda path: names_aws(path) and room_of(path) not in NAME_AWS) == []


def test_resources_build_no_writes() -> None:
    """They may name keys and read; conditions and transactions are storage's."""

    def writes(path: Path) -> bool:
        return any(name.startswith("chalicelib.storage.writes") for name in imports(path))

    assert offenders(lambda path: room_of(path) in ("api", "web") and writes(path)) == []


def test_checks_of_a_request_know_nothing_that_writes() -> None:
    """Counting is for the limits, and what follows the checks is for endpoint.py."""
    used = set(imports(ROOT / "chalicelib" / "web" / "checks.py"))

    assert {name for name in used if name.startswith("chalicelib.storage")} == set()


def test_environment_clock_and_randomness_are_read_in_runtime_only() -> None:
    assert offenders(lambda path: room_of(path) != "runtime" and bool(packages(path) & READ_THE_WORLD)) == []


def test_no_module_has_a_name_of_the_standard_library() -> None:
    """With its folder on the path, such a file would stand in for the real module."""
    assert offenders(lambda path: path.stem in sys.stdlib_module_names) == []


def test_development_and_tests_stay_outside() -> None:
    assert offenders(lambda path: bool(packages(path) & {"infra", "tests", "moto", "pytest", "boto3"})) == []
