"""`.chalice/config.json`: what Chalice reads, as far as a deployment of this project takes it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

Config = dict[str, Any]

APP = "chalice-mfa"
"""What names in the account begin with. Chalice has it from `app_name`."""

FILE = ".chalice/config.json"

FIXED: Mapping[str, Any] = {
    "app_name": APP,
    "api_gateway_stage": "v1",
    "api_gateway_endpoint_type": "REGIONAL",
    "autogen_policy": False,
    "automatic_layer": False,
}
"""What policies, alarms and the SDKs' endpoint go by."""

RANGES = {"lambda_memory_size": (128, 10_240), "lambda_timeout": (1, 60)}
"""Lambda's own of the first, in MB; and seconds that are less than a job stays unseen in the queue."""

OTHERS = ("environment_variables", "iam_policy_file", "lambda_functions", "stages", "tags", "version", "xray")
MOST_VARIABLES = 4096
"""Bytes of all names and values: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""


class ConfigError(ValueError):
    """The text says what is wrong, and what to write."""


def load(root: Path) -> Config:
    """Raises ConfigError."""
    try:
        config = json.loads((root / FILE).read_text())
    except FileNotFoundError:
        raise ConfigError(f"There is no {FILE}.") from None
    except json.JSONDecodeError as error:
        raise ConfigError(f"{FILE} is not JSON: {error}") from None
    top = below({"The whole": config}, "The whole")
    for name in ("app_name", "api_gateway_stage"):
        if name not in top:
            raise ConfigError(f"{name} in {FILE} must be {json.dumps(FIXED[name])}.")
    check(top)
    return top


def check(entry: Config) -> None:
    """The file's top, a stage or a function has what is taken there, in the form that it needs. Raises ConfigError."""
    for name, value in entry.items():
        if name in FIXED:
            if value != FIXED[name]:
                raise ConfigError(f"{name} in {FILE} must be {json.dumps(FIXED[name])}.")
        elif name in RANGES:
            low, high = RANGES[name]
            if type(value) is not int or not low <= value <= high:
                raise ConfigError(f"{name} in {FILE} must be a number from {low} to {high}, without quotes.")
        elif name == "xray":
            if not isinstance(value, bool):
                raise ConfigError(f"xray in {FILE} must be true or false, without quotes.")
        elif name not in OTHERS:
            alike = get_close_matches(name, [*FIXED, *RANGES, *OTHERS], 1)
            raise ConfigError(f"{name} in {FILE} is not taken{f': did you mean {alike[0]}?' if alike else '.'}")
    _check_texts(below(entry, "tags"), "tags")


def variables(*entries: Config) -> dict[str, str]:
    """The environment that these give, the later before the earlier. Raises ConfigError."""
    found: dict[str, str] = {}
    for entry in entries:
        found |= below(entry, "environment_variables")
    _check_texts(found, "environment_variables")
    if odd := [name for name in found if not re.fullmatch("[A-Za-z][A-Za-z0-9_]+", name)]:
        raise ConfigError(f"{', '.join(odd)} in {FILE} is no name of a variable: letters, digits and _.")
    if reserved := [name for name in found if name.startswith(("AWS_", "LAMBDA_"))]:
        raise ConfigError(f"{', '.join(reserved)} in {FILE}: Lambda sets that by itself.")
    if sum(len(name.encode()) + len(value.encode()) for name, value in found.items()) > MOST_VARIABLES:
        raise ConfigError(f"environment_variables in {FILE} are more than Lambda takes, {MOST_VARIABLES} bytes.")
    return found


def functions(entry: Config, known: list[str]) -> dict[str, Config]:
    """What the entry has for each function. Raises ConfigError."""
    found = below(entry, "lambda_functions")
    if others := [name for name in found if name not in known]:
        raise ConfigError(f"lambda_functions in {FILE} has {', '.join(others)}: there are {' and '.join(known)}.")
    for name in found:
        of_function = below(found, name)
        check(of_function)
        if "environment_variables" in of_function:
            raise ConfigError(f"environment_variables in {FILE} are a stage's: {name} has none of its own.")
    return found


def below(parent: Config, key: str) -> Config:
    """The object of that name, empty where there is none. Raises ConfigError for anything else."""
    value = parent.get(key, {})
    if not isinstance(value, dict):
        raise ConfigError(f"{key} in {FILE} must be an object, in braces.")
    return value


def _check_texts(values: Config, what: str) -> None:
    if numbers := [name for name, value in values.items() if not isinstance(value, str)]:
        raise ConfigError(f"{what} in {FILE} must be texts, in quotes: {', '.join(numbers)}.")
