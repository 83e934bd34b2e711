"""Secrets are compared in constant time: by `hashing.same` or `compare_digest`, never by `==` (CWE-208)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.files import ROOT

SECRETS = {"secret", "digest", "kept", "otp", "code", "key", "local", "given", "signature"}
CONVERSIONS = {"encode", "decode", "hex", "strip", "lower"}


def name_of(node: ast.expr) -> str:
    """What a value is called: the last name in it, whatever it is converted to."""
    if isinstance(node, ast.Call):
        function = node.func
        converted = isinstance(function, ast.Attribute) and function.attr in CONVERSIONS
        return name_of(function.value if converted else function)  # type: ignore[attr-defined]
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return str(node.slice.value)
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id.lstrip("_") if isinstance(node, ast.Name) else ""


def comparisons_of_secrets(source: str) -> Iterator[str]:
    """Each `==` or `!=` between a secret and something that is not written in the code."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq | ast.NotEq):
            sides = [node.left, *node.comparators]
            if SECRETS & set(map(name_of, sides)) and not any(isinstance(side, ast.Constant) for side in sides):
                yield ast.unparse(node)


@pytest.mark.parametrize("path", sorted((ROOT / "chalicelib").rglob("*.py")), ids=lambda path: path.name)
def test_no_secret_is_compared_in_a_time_that_tells_of_it(path: Path) -> None:
    assert list(comparisons_of_secrets(path.read_text())) == []


@pytest.mark.parametrize(
    "comparison",
    [
        "session.secret == hashing.digest(held.secret)",
        "config.key.encode() != value.encode()",
        "local.encode() == value.encode()",
        "_digest(user_id, token) == stored",
        "kept['digest'] == found",
        "otp == generator.at(now)",
    ],
)
def test_such_a_comparison_is_seen(comparison: str) -> None:
    assert list(comparisons_of_secrets(comparison)) == [comparison]
