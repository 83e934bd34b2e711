"""The canary against the real app on moto: it walks for months, and says what is wrong as soon as something is."""

from __future__ import annotations

import json
import re
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chalicelib.runtime import container
from infra import canary
from infra.local.inbox import Inbox
from infra.local.stack import read_template
from tests.conftest import Jobs, Stack
from tests.support.api import Api, TeamApi
from tests.support.clock import Clock
from tests.support.faults import Faulty, refusal_of_aws

PASSWORD = "0123456789abcdefghijABCDEFGHIJ.-"
MOST_CHARACTERS = 4096
"""Of a function's code that stands in a template."""

DEPLOYED: dict[str, Any] = {}
exec(read_template("dev")["Resources"]["Canary"]["Properties"]["Code"]["ZipFile"], DEPLOYED)  # noqa: S102  # ours
Canary, Failed = DEPLOYED["Canary"], DEPLOYED["Failed"]

Walk = Callable[[], None]


@pytest.fixture
def vault(stack: Stack) -> Iterator[Any]:
    """The canary's secret as CloudFormation makes it, and the way to it."""
    client = stack.aws.client("secretsmanager")
    value = json.dumps({"password": PASSWORD})
    arn = client.create_secret(Name="canary", SecretString=value)["ARN"]
    yield Vault(client, arn)
    client.delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)


class Vault:
    def __init__(self, client: Any, arn: str) -> None:
        self._client, self.arn = client, arn

    def kept(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self._client.get_secret_value(SecretId=self.arn)["SecretString"])
        return value

    def keep(self, **changed: Any) -> None:
        self._client.put_secret_value(SecretId=self.arn, SecretString=json.dumps({**self.kept(), **changed}))

    def versions(self) -> int:
        found = self._client.list_secret_version_ids(SecretId=self.arn, IncludeDeprecated=True)
        return len(found["Versions"])


@pytest.fixture
def walk(api: Api, stack: Stack, clock: Clock, vault: Vault, monkeypatch: pytest.MonkeyPatch) -> Walk:
    """One run of the function, told the test's time."""
    for name, value in (("ENDPOINT", stack.endpoint), ("PROJECT", "demo"), ("SECRET", vault.arn)):
        monkeypatch.setenv(name, value)
    return lambda: DEPLOYED["handler"]({}, None, now=clock)


@pytest.fixture
def user_id(team: TeamApi, walk: Walk) -> str:
    """Of the demo user, which a first run has made."""
    walk()
    [user] = team.get("/users").json["users"]
    return str(user["$id"])


def shortened(source: str) -> str:
    """Without comments, docstrings and empty lines, each level indented by one blank: a template has little room."""
    kept = [line.partition("  # ")[0] for line in source.splitlines() if not re.match(r'\s*(#|"""|$)', line)]
    return "".join(" " * ((len(line) - len(line.lstrip())) // 4) + line.lstrip() + "\n" for line in kept)


def test_template_has_this_code_in_short() -> None:
    code = read_template("dev")["Resources"]["Canary"]["Properties"]["Code"]["ZipFile"]

    assert code == shortened(Path(canary.__file__).read_text())
    assert len(code) <= MOST_CHARACTERS


def test_first_run_makes_the_user_and_keeps_its_secret(walk: Walk, team: TeamApi, vault: Vault) -> None:
    walk()

    [user] = team.get("/users").json["users"]
    assert user["email"] == f"success+canary-{vault.arn[-6:].lower()}@simulator.amazonses.com"
    assert user["mfa"]
    assert set(vault.kept()) == {"password", "totp", "ready"}


def test_runs_for_half_a_year_without_limits_and_mails(
    walk: Walk, clock: Clock, inbox: Inbox, run_jobs: Jobs, vault: Vault, team: TeamApi, user_id: str
) -> None:
    assert team.patch("/project/policies/session-alert", {"enabled": True}).status == 200
    run_jobs()
    mails, written = len(inbox.messages()), vault.versions()

    for days in (0, *[29] * 7):  # beyond the 180 after which a browser is a new one, and the log is forgotten
        clock.advance(days=days)
        for _ in range(2 if days else 13):  # of an hour
            clock.advance(minutes=5)
            walk()

    assert run_jobs() == 0  # no notice was put there, which a mailbox that is not verified would hardly get
    assert len(inbox.messages()) == mails <= 1
    assert vault.versions() == written
    assert team.get(f"/users/{user_id}/sessions").json["total"] == 0


def test_runs_within_one_time_step_answer_with_a_step_each(walk: Walk, clock: Clock, user_id: str) -> None:
    clock.advance(minutes=5)

    walk()
    walk()

    with pytest.raises(Failed, match=r"PUT /account/mfa/challenges: .* got 401 user_invalid_token"):
        walk()
    clock.advance(seconds=60)
    walk()


@pytest.mark.parametrize("calls", range(14))
def test_first_run_that_is_interrupted_is_gone_on_with(
    walk: Walk, clock: Clock, monkeypatch: pytest.MonkeyPatch, calls: int
) -> None:
    """After so many calls, of the API or of Secrets Manager."""
    left = iter([True] * calls)

    def interrupted(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **named: Any) -> Any:
            if not next(left, False):
                raise TimeoutError
            return original(*args, **named)

        return call

    with monkeypatch.context() as patched:
        for name in ("call", "keep"):
            patched.setattr(Canary, name, interrupted(getattr(Canary, name)))
        with pytest.raises(TimeoutError):
            walk()

    clock.advance(minutes=5)
    walk()


def test_changed_password_fails(walk: Walk, clock: Clock, vault: Vault, user_id: str) -> None:
    clock.advance(minutes=5)
    vault.keep(password="another password")

    with pytest.raises(Failed, match=r"POST /account/sessions/email: .* got 401 user_invalid_credentials"):
        walk()


def test_another_secret_fails(walk: Walk, clock: Clock, vault: Vault, user_id: str) -> None:
    clock.advance(minutes=5)
    vault.keep(totp="A" * 32)

    with pytest.raises(Failed, match=r"PUT /account/mfa/challenges: .* got 401 user_invalid_token"):
        walk()


def test_second_factor_that_is_not_asked_for_fails(walk: Walk, team: TeamApi, user_id: str) -> None:
    assert team.patch(f"/users/{user_id}/mfa", {"mfa": False}).status == 200

    with pytest.raises(Failed, match=r"GET /account: expected .*user_more_factors_required.*, got 200"):
        walk()


def test_blocked_user_fails(walk: Walk, team: TeamApi, user_id: str) -> None:
    assert team.patch(f"/users/{user_id}/status", {"status": False}).status == 200

    with pytest.raises(Failed, match=r"got 403 user_blocked"):
        walk()


def test_broken_deployment_fails(walk: Walk, user_id: str) -> None:
    throttled = container.override("dynamodb", Faulty(refusal_of_aws("ThrottlingException")))
    with throttled, pytest.raises(Failed, match=r"got 503 general_service_unavailable"):
        walk()


def test_other_project_fails(walk: Walk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROJECT", "other")

    with pytest.raises(Failed, match=r"got 404 project_not_found"):
        walk()


def test_no_deployment_fails(walk: Walk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENDPOINT", "http://127.0.0.1:1/v1")

    with pytest.raises(OSError, match=r"refused"):
        walk()


@pytest.mark.parametrize("changed", [{"totp": "A" * 32}, {"password": "another password"}], ids=["totp", "password"])
def test_failure_says_nothing_secret(
    walk: Walk, clock: Clock, vault: Vault, user_id: str, changed: dict[str, str]
) -> None:
    """Lambda logs the exception, and the lines of code that it came through."""
    clock.advance(minutes=5)
    kept = vault.kept()
    vault.keep(**changed)

    with pytest.raises(Failed) as failed:
        walk()

    logged = "".join(traceback.format_exception(failed.value))
    assert "got 401 user_invalid_" in logged
    secrets = (kept["password"], kept["totp"], *changed.values(), "amazonses.com")
    assert not [each for each in secrets if each in logged]
    assert not re.search(r"\b[0-9]{6}\b", logged)  # a code
