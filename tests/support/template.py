"""`infra/stack.yaml` as CloudFormation sees it: loops are unrolled, maps are looked up, names are put in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from infra.local.stack import STACK

Template = dict[str, Any]
LOOP = "Fn::ForEach::"


class _Loader(yaml.SafeLoader):
    """Keeps functions by their long names: `!Ref Key` is `{"Ref": "Key"}`, `!Sub text` is `{"Fn::Sub": "text"}`."""


def _function(loader: _Loader, suffix: str, node: yaml.Node) -> Any:
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.ScalarNode)
    value = loader.construct_scalar(node)
    return {name: value.split(".", 1) if suffix == "GetAtt" else value}


_Loader.add_multi_constructor("!", _function)


def full_template(path: Path = STACK) -> Template:
    """The template with its functions, but for those that need nothing of an account."""
    template: Template = yaml.load(path.read_text(), Loader=_Loader)  # noqa: S506  # _Loader is a SafeLoader
    unrolled: Template = {}
    for name, each in template["Resources"].items():
        unrolled |= _unrolled(each) if name.startswith(LOOP) else {name: each}
    looked_up: Template = _looked_up({**template, "Resources": unrolled}, template["Mappings"])
    return looked_up


def named(value: Any, stage: str = "dev") -> Any:
    """A value, or all in it, as of a stage: where `!Sub` needs only the stage and what stands beside it."""
    if isinstance(value, list):
        return [named(each, stage) for each in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"Fn::Sub"}:
        text, given = value["Fn::Sub"], {}
        if isinstance(text, list):
            text, given = text
        for name, each in {"Stage": stage, **given}.items():
            text = text.replace(f"${{{name}}}", each) if isinstance(each, str) else text
        return text
    return {name: named(each, stage) for name, each in value.items()}


def of_type(kind: str, stage: str = "dev") -> Template:
    """The resources whose type begins so, as they are of a stage."""
    resources = full_template()["Resources"].items()
    return {name: named(each, stage) for name, each in resources if each["Type"].startswith(kind)}


def _unrolled(loop: list[Any]) -> Template:
    variable, values, body = loop
    return {name: each for value in values for name, each in _replaced(body, variable, value).items()}


def _replaced(node: Any, variable: str, value: str) -> Any:
    if node == {"Ref": variable}:
        return value
    if isinstance(node, dict):
        return {_replaced(name, variable, value): _replaced(each, variable, value) for name, each in node.items()}
    if isinstance(node, list):
        return [_replaced(each, variable, value) for each in node]
    return node.replace(f"${{{variable}}}", value) if isinstance(node, str) else node


def _looked_up(node: Any, maps: Template) -> Any:
    if isinstance(node, dict):
        if set(node) == {"Fn::FindInMap"}:
            map_, key, name = node["Fn::FindInMap"]
            return maps[map_][key][name]
        return {name: _looked_up(each, maps) for name, each in node.items()}
    return [_looked_up(each, maps) for each in node] if isinstance(node, list) else node
