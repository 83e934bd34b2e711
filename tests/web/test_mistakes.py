"""A mistake in an endpoint's declaration stops the app with one sentence, which names the endpoint and the mistake."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from chalicelib.api import NAMES, ROUTES, answers
from chalicelib.api.answers.models import CONTENT
from chalicelib.storage import keys
from chalicelib.web.endpoint import Call, Routes
from chalicelib.web.mistakes import Misdeclared, check
from chalicelib.web.parameters import Parameter, boolean, identifier, text

ROOT = Path(__file__).parents[2]
SETTINGS = {"MFA_STAGE": "local", "MFA_PROJECT": "demo", "MFA_ORIGINS": "localhost"}


def nothing(call: Call) -> None:
    """Takes no parameter."""


def named(call: Call, user_id: str) -> None:
    """Takes the parameter `userId`."""


def by_default(call: Call, total: bool = True) -> None:
    """Takes a parameter that it could do without."""


def anything(call: Call, **given: Any) -> None:
    """Takes whatever is declared."""


def without_call() -> None:
    """Takes nothing at all."""


def unmarked(value: Any) -> Any:
    """A rule that does not say what it takes."""
    return value


def declare(handler: Callable[..., Any], *paths: str, **options: Any) -> None:
    routes = Routes(__name__)
    routes.endpoint("GET", *paths, **options)(handler)
    check(routes.served, NAMES)


USER_ID = {"userId": Parameter(identifier)}
ID = "/things/{userId}"

MISTAKES: dict[str, tuple[Callable[[], None], str]] = {
    "answer": (
        lambda: declare(nothing, "/things", answer="acount"),
        "GET /things answers with the model 'acount', which does not exist.",
    ),
    "error": (
        lambda: declare(nothing, "/things", errors=("user_not_found", "user_not_there")),
        "GET /things refuses with the error 'user_not_there', which does not exist.",
    ),
    "sign-in method": (
        lambda: declare(nothing, "/things", sign_in_method="carrier-pigeon"),
        "GET /things is switched by the sign-in method 'carrier-pigeon', which the project does not have.",
    ),
    "policy": (
        lambda: declare(nothing, "/project/policies/session-alerts"),
        "GET /project/policies/session-alerts is about 'session-alerts', which is none of those below "
        "/project/policies.",
    ),
    "undeclared argument": (
        lambda: declare(named, "/things"),
        "GET /things has a function that takes 'user_id', which is no declared parameter.",
    ),
    "undeclared argument with a default": (
        lambda: declare(by_default, "/things"),
        "GET /things has a function that takes 'total', which is no declared parameter.",
    ),
    "parameter that is not taken": (
        lambda: declare(nothing, "/things", params=USER_ID),
        "GET /things declares the parameter 'userId', which its function does not take.",
    ),
    "parameter that is given already": (
        lambda: declare(partial(named, user_id="ada"), "/things", params=USER_ID),
        "GET /things declares the parameter 'userId', which its function does not take.",
    ),
    "no call": (
        lambda: declare(without_call, "/things"),
        "GET /things has a function whose first argument is not 'call'.",
    ),
    "path": (
        lambda: declare(nothing, ID),
        "GET /things/{userId} has '{userId}' in the path /things/{userId} and no rule for such a parameter.",
    ),
    "alias": (
        lambda: declare(named, ID, "/old/{id}", params=USER_ID),
        "GET /things/{userId} has '{id}' in the path /old/{id} and no rule for such a parameter.",
    ),
    "rule": (
        lambda: declare(named, ID, params={"userId": Parameter(unmarked)}),
        "GET /things/{userId} has a rule for the parameter 'userId' that does not say what it takes (schema.py).",
    ),
    "older name": (
        lambda: declare(named, ID, params=USER_ID, formerly={"enabled": "status"}),
        "GET /things/{userId} has an older name for 'enabled', which is no declared parameter.",
    ),
    "read": (
        lambda: declare(named, ID, params=USER_ID, reads={"user_id": lambda user_id, request: keys.user(user_id)}),
        "GET /things/{userId} reads 'user_id', which is the name of a parameter as well.",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake_is_told_in_a_sentence(mistake: str) -> None:
    declared, sentence = MISTAKES[mistake]

    with pytest.raises(Misdeclared) as told:
        declared()

    assert str(told.value) == sentence


@pytest.mark.parametrize(
    ("handler", "options"),
    [
        (nothing, {"answer": "account", "errors": ("user_not_found",), "sign_in_method": "phone"}),
        (anything, {"params": {"name": Parameter(text(1, 9)), "isOn": Parameter(boolean)}, "formerly": {"isOn": "on"}}),
        (partial(named, user_id="ada"), {}),
    ],
)
def test_what_can_be_is_no_mistake(handler: Callable[..., Any], options: dict[str, Any]) -> None:
    declare(handler, "/things", **options)


SPOILED = """
from chalicelib.web.endpoint import Routes

as_it_is = Routes.endpoint

def spoil(self, method, path, *aliases, **options):
    return as_it_is(self, method, path, *aliases, **options, **({"errors": ("no_pong",)} if path == "/ping" else {}))

Routes.endpoint = spoil
import app
"""


def test_app_does_not_start() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SPOILED],
        cwd=ROOT,
        env={**os.environ, **SETTINGS},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode != 0
    assert done.stderr.rstrip().endswith("GET /ping refuses with the error 'no_pong', which does not exist.")


def test_names_of_answers_are_those_that_have_a_schema_and_an_endpoint() -> None:
    answered = {served.definition.answer for routes in ROUTES for served in routes.served} - {""}

    assert set(answers.ANSWERS) == answered
    assert answered <= set(CONTENT)
