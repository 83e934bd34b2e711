"""The way back to botocore's client of DynamoDB, through the zip: MFA_DYNAMODB_CLIENT."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from infra.deploy.smoke import Client, Walk
from infra.lambda_runtime.package import Package
from tests.support.servers import FAST_HASHES, deployed_server

pytestmark = pytest.mark.deployed

PROBE = "from chalicelib.runtime import aws; print(type(aws.client('dynamodb')).__module__)"
REGION = "eu-central-1"
OF_AWS = {
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
    "AWS_ACCESS_KEY_ID": "k",
    "AWS_SECRET_ACCESS_KEY": "s",
}
"""As Lambda sets them."""


def run(code: str, setting: dict[str, str], package: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """This code in the environment of the API's function."""
    function = Package(package, folder).api_function({**OF_AWS, **setting})
    return subprocess.run(
        [sys.executable, "-S", "-c", code],
        cwd=function.code,
        env=function.variables(runtime_api=""),
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    ("setting", "module"),
    [({}, "chalicelib.runtime.dynamodb"), ({"MFA_DYNAMODB_CLIENT": "botocore"}, "botocore.client")],
    ids=["default", "botocore"],
)
def test_functions_have_the_client_of_the_setting(
    setting: dict[str, str], module: str, package: Path, tmp_path: Path
) -> None:
    done = run(PROBE, setting, package, tmp_path)

    assert (done.returncode, done.stdout.strip()) == (0, module), done.stderr


def test_broken_setting_stops_the_functions(package: Path, tmp_path: Path) -> None:
    done = run("import app", {"MFA_DYNAMODB_CLIENT": "boto"}, package, tmp_path)

    assert done.returncode
    assert "MFA_DYNAMODB_CLIENT must be own or botocore" in done.stderr


def test_way_from_sign_up_to_challenge_with_botocores_client(package: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with deployed_server(package, str(log), **FAST_HASHES, MFA_DYNAMODB_CLIENT="botocore") as (url, _):
        Walk(Client(f"{url}/v1", "demo")).run()

    assert "POST /account/sessions/email" in log.read_text()
