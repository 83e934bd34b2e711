"""A cold start pays for what `import app` imports: nothing heavy, and no AWS client before it is needed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import NamedTuple

import pytest

from tests.conftest import Stack
from tests.support.api import Api
from tests.support.files import ROOT

SETTINGS = {"MFA_STAGE": "local", "MFA_PROJECT": "demo", "MFA_ORIGINS": "localhost"}

HEAVY = {
    "segno",
    "multipart",
    "phonenumbers",
    "publicsuffixlist",
    "argon2",
    "bcrypt",
    "pyotp",
    "cryptography",
    "jwt",
    "fido2",
    "boto3",
    "botocore",
    "jinja2",
    "moto",
    "pydantic",
    "email.mime",
    "email.policy",
    "email.message",
    "http.client",
    "asyncio",
    "unittest",
    "typing_extensions",
    "chalicelib.api.answers.models",
    "chalicelib.api.answers.schema",
    "chalicelib.api.document",
    "chalicelib.pages.files",
    "chalicelib.pages.page",
}

PROBE = """
import gc, json, sys
import chalice.app
before = gc.get_stats()[0]["collections"]
import app
collections = gc.get_stats()[0]["collections"] - before
from chalicelib.runtime import container
print(json.dumps([sorted(sys.modules), sorted(container._built), collections]))
"""


class Imported(NamedTuple):
    modules: set[str]
    built: set[str]
    """The services."""
    collections: int
    """How often the garbage collector ran while our own modules were loaded."""


def in_a_fresh_process(settings: dict[str, str]) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MFA_", "AWS_", "COV"))}
    return subprocess.run(
        [sys.executable, "-c", PROBE],
        cwd=ROOT,
        env={**environment, **settings},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture(scope="module")
def imported() -> Imported:
    """What `import app` left behind in a fresh process."""
    done = in_a_fresh_process(SETTINGS)
    assert done.returncode == 0, done.stderr
    modules, built, collections = json.loads(done.stdout)
    return Imported(set(modules), set(built), collections)


@pytest.mark.parametrize("module", sorted(HEAVY))
def test_heavy_module_waits_for_its_first_use(imported: Imported, module: str) -> None:
    assert module not in imported.modules


def test_settings_are_all_that_is_built(imported: Imported) -> None:
    assert imported.built == {"config"}


def test_garbage_collector_leaves_a_cold_start_alone(imported: Imported) -> None:
    assert imported.collections <= 5  # 20 with Python's own threshold


def test_app_does_not_start_without_its_settings() -> None:
    done = in_a_fresh_process({"MFA_STAGE": "local"})

    assert done.returncode != 0
    assert done.stderr.rstrip().endswith("MFA_PROJECT is not set")


def test_request_that_only_asks_dynamodb_goes_without_botocore(stack: Stack) -> None:
    probe = "import sys, app; from chalicelib.storage import dynamo, keys; print(dynamo.read(keys.user('nobody')))"
    done = subprocess.run(
        [sys.executable, "-c", f"{probe}; print('botocore' in sys.modules, 'http.client' in sys.modules)"],
        cwd=ROOT,
        env={**os.environ, **stack.aws.environment()},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout.split("\n")[:2] == ["[None]", "False False"], done.stderr


def test_sign_in_by_mail_goes_without_the_numbers_of_the_world(stack: Stack, api: Api) -> None:
    """libphonenumber's data are for who sets a number, or texts one."""
    body = '{"email": "ann@example.test", "password": "correct horse"}'
    probe = f"""
import sys
from tests.support.events import invoke
print(invoke("POST", "/account/sessions/email", {body!r}, **{{"x-appwrite-project": "demo"}})["statusCode"])
print("phonenumbers" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", probe],
        cwd=ROOT,
        env={**os.environ, **stack.aws.environment()},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout.split("\n")[-3:-1] == ["401", "False"], done.stderr
