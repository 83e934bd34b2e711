"""The functions of the zip in Lambda's own runtime client, and what they leave in the log."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Protocol

import pytest

from infra.lambda_runtime.package import Package
from tests.deployed.requests import Asked
from tests.sdk.python.mailbox import Mailbox
from tests.support.servers import functions_log

pytestmark = pytest.mark.deployed

MEGABYTE = 1_000_000
WAITING = [
    "argon2",
    "cryptography.hazmat.primitives.ciphers.aead",
    "fido2.server",
    "jwt",
    "phonenumbers",
    "publicsuffixlist",
    "pyotp",
    "segno",
    "ua_parser",
]
"""Packages whose import waits for their first use."""


class Server(Protocol):
    url: str
    key: str


def log_of(package: Path) -> list[dict[str, Any]]:
    lines = functions_log(package).read_text().splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]


def ask(server: Server, method: str, path: str, body: dict[str, Any]) -> int:
    headers = [("X-Appwrite-Project", "demo"), ("X-Appwrite-Key", server.key), ("Content-Type", "application/json")]
    return Asked(method, path, headers, json.dumps(body).encode()).of(server.url).status


def test_zip_is_within_its_bound(package: Path) -> None:
    assert (package / "deployment.zip").stat().st_size < 6 * MEGABYTE


def test_zip_has_all_that_it_imports(package: Path, tmp_path: Path) -> None:
    function = Package(package, tmp_path).api_function({})
    modules = [
        ".".join(path.relative_to(function.code).with_suffix("").parts)
        for path in (function.code / "chalicelib").rglob("*.pyc")
    ]
    assert "chalicelib.web.endpoint" in modules
    probe = "import importlib, sys; [importlib.import_module(name) for name in sys.argv[1:]]"
    done = subprocess.run(
        [sys.executable, "-S", "-c", probe, *modules, *WAITING],
        cwd=function.code,
        env=function.variables(runtime_api=""),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_zip_has_the_public_suffix_list(package: Path, tmp_path: Path) -> None:
    function = Package(package, tmp_path).api_function({})
    probe = "from chalicelib.security.origins import same_site; print(same_site('https://a.ibm.de', 'b.ibm.de'))"
    done = subprocess.run(
        [sys.executable, "-S", "-c", probe],
        cwd=function.code,
        env=function.variables(runtime_api=""),
        capture_output=True,
        text=True,
    )
    assert done.stdout == "True\n", done.stderr


def test_functions_find_no_package_of_the_tests(package: Path, tmp_path: Path) -> None:
    function = Package(package, tmp_path).api_function({})
    known = {path.name.partition(".")[0] for path in function.runtime.iterdir()}
    assert not known & {"pytest", "moto", "chalice", "chalicelib", "infra", "argon2", "jwt", "cryptography"}
    assert {"awslambdaric", "boto3", "botocore"} <= known


def test_each_line_of_the_log_is_json_for_cloudwatch(deployed: Server, package: Path) -> None:
    before = len(log_of(package))
    body = {"userId": "log", "email": "log@example.com", "password": "long enough"}
    assert [ask(deployed, "POST", "/v1/users", body) for _ in range(2)] == [201, 409]

    entries = [each for each in log_of(package)[before:] if each.get("route") == "POST /users"]

    told = [(entry["status"], entry["Stage"], entry["caller"]) for entry in entries]
    assert told == [(201, "dev", "key"), (409, "dev", "key")]
    assert entries[0]["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "chalice-mfa"


def test_queue_function_sends_what_the_api_function_put_into_the_queue(deployed: Server) -> None:
    body = {"userId": "queue", "email": "queue@example.com", "password": "long enough"}
    assert ask(deployed, "POST", "/v1/users", body) == 201
    recovery = {"email": body["email"], "url": "http://localhost:3000/reset"}
    assert ask(deployed, "POST", "/v1/account/recovery", recovery) == 201

    link = Mailbox(f"{deployed.url}/_local/inbox", body["email"]).link("Password Reset for Demo")

    assert link["userId"] == "queue"
    assert len(link["secret"]) >= 32
