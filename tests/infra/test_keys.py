"""`make keys`: makes, lists and ends the API keys of a deployment."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.runtime import container, settings
from chalicelib.storage import data_key
from chalicelib.storage.keys import DATA_KEY
from infra.deploy import keys
from infra.deploy.stage import FUNCTIONS, Stage
from tests import conftest
from tests.support.api import Api, assert_refused
from tests.support.tables import Tables


@pytest.fixture(autouse=True)
def deployment(api: Api, stack: conftest.Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """The deployment of the tests stands in for a stage. The operator has rights of his own, not those of the app."""
    environment = {"MFA_STAGE": "local", "MFA_PROJECT": "demo"}
    policies: dict[str, dict[str, Any]] = {function: {"Statement": []} for function in FUNCTIONS}
    stage = Stage(name="local", api_stage="v1", environment=environment, policies=policies)
    monkeypatch.setattr(keys, "read", lambda name: stage)
    container._built["config"] = replace(settings.config(), key="")
    monkeypatch.setattr(keys, "client", stack.aws.client)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    code = keys.main(["local", *arguments])
    captured = capsys.readouterr()
    return code, captured.out + captured.err


def test_key_is_made_shown_once_listed_and_revoked(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys) == (0, "There is no key.\n")
    code, made = run(capsys, "--create", "back office", "--scopes", "users.read", "--days", "90")
    line, value, warning = made.splitlines()

    assert (code, warning) == (0, "It is not shown again.")
    assert api.get("/users", key=value).status == 200
    assert run(capsys) == (0, line + "\n")
    assert line.endswith("  users.read  back office")
    assert value not in line

    key_id = line.split()[0]
    assert run(capsys, "--revoke", key_id)[0] == 0
    assert_refused(api.get("/users", key=value), 401, "general_unauthorized_scope")
    assert run(capsys) == (0, "There is no key.\n")


def test_key_without_an_end_lasts_until_it_is_revoked(capsys: pytest.CaptureFixture[str]) -> None:
    _, made = run(capsys, "--create", "backend")

    scopes = "users.read,users.write,sessions.read,sessions.write,project.read,project.write"
    assert f"  until revoked  {scopes}  backend" in made


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--create", "x", "--scopes", "users.read,admin"], "Scopes are users.read, users.write"),
        (["--create", "x", "--scopes", ","], "Scopes are"),
        (["--revoke", "unknown"], "There is no key unknown."),
    ],
)
def test_mistakes_are_told(capsys: pytest.CaptureFixture[str], arguments: list[str], text: str) -> None:
    code, told = run(capsys, *arguments)

    assert (code, text in told) == (1, True)
    assert run(capsys) == (0, "There is no key.\n")


def test_data_key_is_rotated(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "--rotate") == (
        0,
        "Data key 2 seals in 10 minutes; what the older ones sealed stays readable.\n",
    )


def test_first_data_key_is_made_once(tables: Tables, capsys: pytest.CaptureFixture[str]) -> None:
    tables.delete(DATA_KEY)
    code, told = run(capsys, "--rotate")
    assert (code, "make data-key" in told) == (1, True)

    assert run(capsys, "--first") == (0, "The first data key is made.\n")
    made = tables.item(DATA_KEY)
    assert run(capsys, "--first") == (0, "There is a data key.\n")
    assert tables.item(DATA_KEY) == made
    assert len(data_key.load()) == 1
