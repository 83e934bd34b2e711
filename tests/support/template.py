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


def read_template(path: Path = STACK) -> Template:
    """The template as it is written."""
    template: Template = yaml.load(path.read_text(), Loader=_Loader)  # noqa: S506  # _Loader is a SafeLoader
    return template


def full_template(path: Path = STACK) -> Template:
    """The template with its functions, but for those that need nothing of an account."""
    template = read_template(path)
    looked_up: Template = _looked_up({**template, "Resources": unrolled(template["Resources"])}, template["Mappings"])
    return looked_up


def unrolled(resources: Template) -> Template:
    """The resources, with those that each loop makes in its place."""
    found: Template = {}
    for name, each in resources.items():
        found |= _made(each) if name.startswith(LOOP) else {name: each}
    return found


def named(value: Any, stage: str = "dev", **references: str) -> Any:
    """A value, or all in it, as of a stage: where it needs only the stage, what stands beside it, and those resources,
    each with what `!Ref` gives for it.
    """
    if isinstance(value, list):
        return [named(each, stage, **references) for each in value]
    if not isinstance(value, dict):
        return value
    inner = {name: named(each, stage, **references) for name, each in value.items()}
    match inner:
        case {"Ref": str(name)} if name in references:
            return references[name]
        case {"Fn::Split": [str(mark), str(text)]}:
            return text.split(mark)
        case {"Fn::Select": [int(index), list(values)]}:
            return values[index]
        case {"Fn::Sub": str(text)}:
            return _put_in(text, {"Stage": stage})
        case {"Fn::Sub": [str(text), dict(given)]}:
            return _put_in(text, {"Stage": stage, **given})
    return inner


def _put_in(text: str, given: Template) -> str:
    for name, each in given.items():
        text = text.replace(f"${{{name}}}", each) if isinstance(each, str) else text
    return text


def of_type(kind: str, stage: str = "dev") -> Template:
    """The resources whose type begins so, as they are of a stage."""
    resources = full_template()["Resources"].items()
    return {name: named(each, stage) for name, each in resources if each["Type"].startswith(kind)}


def _made(loop: list[Any]) -> Template:
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
