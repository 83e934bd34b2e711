"""How the rule of a parameter says what it takes, as a JSON schema that stands beside the check."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

Rule = TypeVar("Rule", bound=Callable[[Any], Any])


def takes(**schema: Any) -> Callable[[Rule], Rule]:
    """Mark a rule with what it takes: the keywords are JSON Schema's. What no schema can say, the check says alone."""

    def mark(rule: Rule) -> Rule:
        vars(rule)["schema"] = schema
        return rule

    return mark


def schema_of(rule: Callable[[Any], Any]) -> dict[str, Any]:
    """What a rule takes. KeyError for a rule that does not say."""
    schema: dict[str, Any] = vars(rule)["schema"]
    return schema
