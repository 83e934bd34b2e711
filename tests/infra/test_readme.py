"""The commands of infra/README.md, each where it stands first, in that order, as they are typed."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timezone
from pathlib import Path

import pytest

from infra.deploy.stage import ROOT
from tests.infra.exports import write_exports
from tests.infra.project import Account, copy_project, new_account
from tests.support.servers import FAST_HASHES

README = (ROOT / "infra" / "README.md").read_text()
COMMAND = re.compile(r"`((?:AWS_PROFILE=\w+ )?make\s[^`]*=[^`]*)`|^((?:make|chalice) .*)$", re.MULTILINE)
"""With what they are for: `make deploy` alone is a mention."""

LIVE = "\n  Endpoint   http"
COMMANDS = {
    'make deploy STAGE=dev PARAMETERS="AlarmEmail=you@example.com MailIdentity=example.com"': LIVE,
    "make keys STAGE=dev CREATE=backend": "It is not shown again.",
    "make smoke ENDPOINT=...": "The deployment works.",
    'make deploy STAGE=prod PARAMETERS="AlarmEmail=you@example.com"': LIVE,
    "make deploy STAGE=dev": LIVE,
    "make rollback STAGE=dev": "Live: ",
    "make rollback STAGE=dev TO=...": "Live: ",
    "make search-index STAGE=dev": "users are found by their words.",
    "make record STAGE=dev": "Now: chalice deploy --stage dev",
    "chalice deploy --stage dev": "Resources deployed:",
    "make deploy STAGE=staging": LIVE,
    "AWS_PROFILE=other make deploy STAGE=dev": LIVE,
    "AWS_PROFILE=other make keys STAGE=dev CREATE=backend": "It is not shown again.",
    "make data-key STAGE=...": "There is a data key.",
    "make deployer-policy STAGE=prod": "aws iam create-policy",
    'make deploy STAGE=... PARAMETERS="Name=value ..."': LIVE,
    "make import FROM=firebase FILE=users.json HASHES=hash-config.txt ENDPOINT=... PROJECT=demo": "1 done, 0 partly",
    "make import FROM=cognito FILE=users.csv ENDPOINT=... PROJECT=demo": "0 done, 1 partly",
    "make import FROM=auth0 FILE=users.ndjson ENDPOINT=... PROJECT=demo": "1 done, 0 partly",
    "make rotate STAGE=...": "seals in 10 minutes",
    "make keys STAGE=... CREATE=new": "It is not shown again.",
    "make keys STAGE=... REVOKE=id": " is revoked",
    "make drill STAGE=prod": "The backup works.",
    "make restore STAGE=prod": "Gone: none",
    "make drill STAGE=prod FROM=2026-01-31T12:00:00Z KEEP=1": "The backup works.",
    "make restore STAGE=prod KEPT=20260131t120000": "Now make deploy STAGE=prod",
    "make deploy STAGE=prod": LIVE,
    "make restore STAGE=prod KEPT=20260131t120000 DROP=1": "and the backups of it ... done",
    "make keys STAGE=prod": "There is no key.",
    "make rotate STAGE=prod": "seals in 10 minutes",
    "make destroy STAGE=dev": "Stage dev is gone.",
    "make deploy STAGE=...": LIVE,
    "make rollback STAGE=prod": "Live: ",
}
"""What each says in the end, or close to it."""


def commands() -> list[str]:
    found = [" ".join((span or line).split()) for span, line in COMMAND.findall(README)]
    return list(dict.fromkeys(found))


class Operator:
    """Two accounts, as the profiles `default` and `other`, and a folder to type in."""

    def __init__(self, tree: Path, accounts: dict[str, Account], environment: dict[str, str]) -> None:
        self.accounts = accounts
        self._tree = tree
        self._environment = environment
        self._said: dict[str, str] = {}
        self._second = datetime.now(timezone.utc)

    def run(self, command: str) -> str:
        status, output = self._type(self._filled(command))
        assert status == 0, output
        self._said[command] = output
        return output

    def _filled(self, command: str) -> str:
        """With values of this run for what the document leaves open."""
        if "FROM=2026" in command:
            self._second = datetime.now(timezone.utc)
        values = {
            "STAGE=...": "STAGE=staging",
            "Name=value ...": "LogDays=60",
            "FROM=2026-01-31T12:00:00Z": f"FROM={self._second:%Y-%m-%dT%H:%M:%SZ}",
            "KEPT=20260131t120000": f"KEPT={self._second:%Y%m%dt%H%M%S}",
        }
        for open_, value in values.items():
            command = command.replace(open_, value)
        if "ENDPOINT=..." in command:
            command = command.replace("...", self._from(next(iter(COMMANDS)), r"Endpoint   (\S+)"))
        if "REVOKE=id" in command:
            command = command.replace("=id", "=" + self._from("make keys STAGE=... CREATE=new", r"^(\S+)  until"))
        if "TO=..." in command:
            status, listed = self._type(command)  # as it stands: there is no such release
            assert (status, "Releases, TO=... takes an id" in listed) == (2, True), listed
            command = command.replace("...", re.findall(r"^  (\S+) of .*, api ", listed, re.MULTILINE)[0])
        return command

    def _from(self, command: str, what: str) -> str:
        found = re.search(what, self._said[command], re.MULTILINE)
        assert found, self._said[command]
        return found[1]

    def _type(self, command: str) -> tuple[int, str]:
        """In a shell's words: variables first. Whoever must give the stage's name does."""
        words = shlex.split(command)
        given = dict(word.split("=", 1) for word in words if re.match(r"(?:AWS_PROFILE|STAGE)=", word))
        environment = {**self._environment, "AWS_PROFILE": given.get("AWS_PROFILE", "default")}
        if "import" in words:
            environment["IMPORT_KEY"] = self._from(
                "make keys STAGE=dev CREATE=backend", r"^(\S+)\nIt is not shown again"
            )
        if {"destroy", "restore"} & set(words):
            environment["CONFIRM"] = given["STAGE"]
        if "deploy" in words:  # something new to release
            with (self._tree / "chalicelib" / "__init__.py").open("a") as file:
                file.write(f"CHANGED = {len(self._said)}\n")
        program = words[words[0].startswith("AWS_PROFILE=") :]
        installed = {
            "make": ["make", f"VENV={sys.prefix}", f"--assume-old={sys.prefix}/run"],
            "chalice": [str(Path(sys.executable).with_name("chalice"))],
        }
        done = subprocess.run(
            [*installed[program[0]], *program[1:]],
            cwd=self._tree,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return done.returncode, done.stdout


@pytest.fixture
def operator(tmp_path: Path) -> Iterator[Operator]:
    tree = copy_project(tmp_path / "clone")
    write_exports(tree)
    file = tree / ".chalice" / "config.json"
    config = json.loads(file.read_text())
    config["environment_variables"].update(FAST_HASHES)
    [second] = re.findall(r"^## A second stage\n.*?^```json\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    config["stages"].update(json.loads(f"{{{second}}}"))
    file.write_text(json.dumps(config))
    with ExitStack() as stack:
        accounts = {name: stack.enter_context(new_account()) for name in ("default", "other")}
        keys = "aws_access_key_id = x\naws_secret_access_key = x\nregion = us-east-1\n"
        profiles = [
            f"[{name if name == 'default' else f'profile {name}'}]\n{keys}endpoint_url = {account.url}\n"
            for name, account in accounts.items()
        ]
        (tmp_path / "config").write_text("\n".join(profiles))
        ours = {name: value for name, value in accounts["default"].environment.items() if not name.startswith("AWS_")}
        files = {"AWS_CONFIG_FILE": str(tmp_path / "config"), "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
        yield Operator(tree, accounts, {**ours, **files, "PYTHONPATH": ""})


def test_every_command_is_known() -> None:
    assert commands() == list(COMMANDS)


def test_every_command_does_what_the_document_says(operator: Operator) -> None:
    for command in commands():
        assert COMMANDS[command] in operator.run(command), command

    assert {profile: stages(account) for profile, account in operator.accounts.items()} == {
        "default": ["chalice-mfa-prod", "chalice-mfa-staging"],
        "other": ["chalice-mfa-dev"],
    }


def stages(account: Account) -> list[str]:
    """By the names of their APIs, of which each has one."""
    return sorted(each["name"] for each in account.client("apigateway").get_rest_apis()["items"])
