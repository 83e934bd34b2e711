"""A cold start pays for what `import app` imports: nothing heavy, and no AWS client before it is needed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SETTINGS = {"MFA_STAGE": "local", "MFA_PROJECT": "demo", "MFA_ORIGINS": "localhost"}

HEAVY = {
    "segno",
    "phonenumbers",
    "argon2",
    "pyotp",
    "cryptography",
    "jwt",
    "webauthn",
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
    "chalicelib.routes.answers",
    "chalicelib.routes.document",
}

PROBE = "import json, sys; import app; from chalicelib import services; "
PROBE += "print(json.dumps([sorted(sys.modules), sorted(services._built)]))"


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
def imported() -> tuple[set[str], set[str]]:
    """The modules loaded by `import app`, and the services built."""
    done = in_a_fresh_process(SETTINGS)
    assert done.returncode == 0, done.stderr
    modules, built = json.loads(done.stdout)
    return set(modules), set(built)


@pytest.mark.parametrize("module", sorted(HEAVY))
def test_heavy_module_waits_for_its_first_use(imported: tuple[set[str], set[str]], module: str) -> None:
    assert module not in imported[0]


def test_settings_are_all_that_is_built(imported: tuple[set[str], set[str]]) -> None:
    assert imported[1] == {"config"}


def test_app_does_not_start_without_its_settings() -> None:
    done = in_a_fresh_process({"MFA_STAGE": "local"})

    assert done.returncode != 0
    assert done.stderr.rstrip().endswith("MFA_PROJECT is not set")
