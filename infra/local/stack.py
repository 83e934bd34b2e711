"""Reads `infra/stack.yaml`, so that the tables of the local server are those that are deployed."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

STACK = Path(__file__).parents[1] / "stack.yaml"

_TABLE_ARGUMENTS = ("TableName", "KeySchema", "AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes")


@dataclass(frozen=True)
class Stack:
    """What the local server makes of the template: CreateTable arguments, the TTL attribute of each table,
    key aliases, queues.
    """

    tables: list[dict[str, Any]]
    ttl: dict[str, str]
    aliases: list[str]
    queues: list[str]


def loader(tag: str, construct: Callable[[Any, str, yaml.Node], Any]) -> Any:
    """A safe loader of YAML, in C where PyYAML has one, that constructs what is tagged so by that function."""

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        pass

    Loader.add_multi_constructor(tag, construct)
    return Loader


def read_template(stage: str, path: Path = STACK) -> dict[str, Any]:
    """As `parse_template`, without the loops, which only make alarms."""
    template = parse_template(stage, path.read_text())
    template["Resources"] = {name: each for name, each in template["Resources"].items() if isinstance(each, dict)}
    return template


def parse_template(stage: str, text: str) -> dict[str, Any]:
    """The template without its tags: `!Ref Key` is then `Key`, `!If [Kept, a, b]` the list."""
    template: dict[str, Any] = _substituted(_read(text), stage)
    return template


@cache
def _read(text: str) -> Any:
    """Once, since it takes 50 ms: who changes a template changes a copy."""
    return yaml.load(text, Loader=_LOADER)  # noqa: S506  # a safe one


def read_stack(stage: str, path: Path = STACK) -> Stack:
    resources = [
        each for each in read_template(stage, path)["Resources"].values() if "Type" in each
    ]  # loops make alarms
    tables = [each["Properties"] for each in resources if each["Type"] == "AWS::DynamoDB::Table"]
    return Stack(
        tables=[{name: table[name] for name in _TABLE_ARGUMENTS if name in table} for table in tables],
        ttl={
            table["TableName"]: table["TimeToLiveSpecification"]["AttributeName"]
            for table in tables
            if "TimeToLiveSpecification" in table
        },
        queues=[each["Properties"]["QueueName"] for each in resources if each["Type"] == "AWS::SQS::Queue"],
        aliases=[each["Properties"]["AliasName"] for each in resources if each["Type"] == "AWS::KMS::Alias"],
    )


def _substituted(node: Any, stage: str) -> Any:
    if isinstance(node, dict):
        return {name: _substituted(value, stage) for name, value in node.items()}
    if isinstance(node, list):
        return [_substituted(value, stage) for value in node]
    return node.replace("${Stage}", stage) if isinstance(node, str) else node


def _untagged(loader: Any, suffix: str, node: yaml.Node) -> Any:
    """CloudFormation's tags; of them only `!Sub` with `${Stage}` matters here."""
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node) if isinstance(node, yaml.ScalarNode) else None


_LOADER = loader("!", _untagged)
