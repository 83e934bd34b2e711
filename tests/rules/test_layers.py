"""Which room may use which: read from the imports of every file."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "chalicelib").rglob("*.py"))

ROOMS = {
    "routes": {"mfa", "sessions", "accounts", "factors", "audit", "delivery", "security", "storage"},
    "mfa": {"sessions", "factors", "audit", "delivery", "security", "storage"},
    "sessions": {"accounts", "factors", "audit", "delivery", "security", "storage"},
    "accounts": {"factors", "audit", "delivery", "security", "storage"},
    "factors": {"audit", "delivery", "security", "storage"},
    "audit": {"delivery", "storage"},
    "delivery": {"storage"},
    "security": {"storage"},
    "storage": set(),
}
"""From the top down: what a room may import besides the files beside it and those of chalicelib itself."""

TOUCH_AWS = {"storage", "delivery"}
BUILDERS = {"services.py", "dynamodb.py"}
NAME_AWS = {*BUILDERS, "config.py"}
"""config.py has `botocore` as the value of a setting."""
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


def offenders(breaks_the_rule: Callable[[Path], bool]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in FILES if breaks_the_rule(path)]


def test_every_room_is_known() -> None:
    assert {room_of(path) for path in FILES} - {""} == set(ROOMS)


def test_rooms_use_what_lies_below() -> None:
    order = list(ROOMS)
    assert [room for room, below in ROOMS.items() if not below <= set(order[order.index(room) + 1 :])] == []

    def looks_up(path: Path) -> bool:
        room = room_of(path)
        return bool(room) and not rooms_used(path) <= ROOMS[room] | {room}

    assert offenders(looks_up) == []


def test_http_stays_in_routes() -> None:
    assert offenders(lambda path: room_of(path) != "routes" and "chalice" in packages(path)) == []


def test_aws_stays_in_services_storage_and_delivery() -> None:
    def mentions_aws(path: Path) -> bool:
        text = path.read_text()
        return "boto3" in text or "botocore" in text

    assert (
        offenders(lambda path: mentions_aws(path) and room_of(path) not in TOUCH_AWS and path.name not in NAME_AWS)
        == []
    )


def test_routes_build_no_writes() -> None:
    """They may name keys and read; conditions and transactions are storage's."""

    def writes(path: Path) -> bool:
        return any(name.startswith("chalicelib.storage.writes") for name in imports(path))

    assert offenders(lambda path: room_of(path) == "routes" and writes(path)) == []


def test_environment_clock_and_randomness_are_read_in_services_only() -> None:
    assert offenders(lambda path: path.name != "services.py" and bool(packages(path) & READ_THE_WORLD)) == []


def test_no_module_has_a_name_of_the_standard_library() -> None:
    """With its folder on the path, such a file would stand in for the real module."""
    assert offenders(lambda path: path.stem in sys.stdlib_module_names) == []


def test_development_and_tests_stay_outside() -> None:
    assert offenders(lambda path: bool(packages(path) & {"infra", "tests", "moto", "pytest", "boto3"})) == []
