"""What a refusal must say besides its type: why, where a type has several causes, and when to come back."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from tests.support.files import ROOT

UNLOGGED = {"chalicelib/web/reply.py", "chalicelib/api/unknown.py"}
"""What refuses requests that reach no endpoint, and so have no line in the log."""
PASSING = {"general_rate_limit_exceeded", "general_service_unavailable"}
"""What a client should try again."""


class Refusal(NamedTuple):
    """A call that makes an error; `type` is empty where it is not written there."""

    place: str
    type: str
    says: frozenset[str]


def refusals() -> Iterator[Refusal]:
    for path in sorted((ROOT / "chalicelib").rglob("*.py")):
        if str(path.relative_to(ROOT)) in UNLOGGED:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "fail":
                positional = ("type", "message", "retry_after")[: len(node.args)]
                says = frozenset([*positional, *(each.arg or "" for each in node.keywords)])
                type_ = node.args[0].value if isinstance(node.args[0], ast.Constant) else ""
                yield Refusal(f"{path.relative_to(ROOT)}:{node.lineno}", str(type_), says)


def test_type_with_several_causes_says_which_it_is() -> None:
    found = list(refusals())
    types = [each.type for each in found]

    silent = [each for each in found if types.count(each.type) > 1 or not each.type]
    assert [each.place for each in silent if not each.says & {"reason", "message"}] == []
    assert len(silent) > 90


def test_whoever_shall_come_again_is_told_when() -> None:
    passing = [each for each in refusals() if each.type in PASSING]

    assert [each.place for each in passing if "retry_after" not in each.says] == []
    assert len(passing) > 10
