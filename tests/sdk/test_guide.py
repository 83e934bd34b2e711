"""The guide, by each version of the SDKs for JavaScript and Python that is installed here."""

from __future__ import annotations

import json
import os
import re
import sys

import pytest

from tests.sdk import passkeys, toolchains
from tests.sdk.guide import driven, walk
from tests.sdk.toolchains import HERE, ROOT
from tests.support.servers import Server

pytestmark = pytest.mark.sdk

JAVASCRIPT = {
    "appwrite": ("cookies", "localStorage"),
    "appwrite-14": ("cookies", "localStorage"),
    "node-appwrite": ("server",),
    "node-appwrite-12": ("server",),
    "react-native-appwrite": ("ios", "android"),
}
"""Where each SDK of package.json runs: a browser that keeps the session so, a server, an app on this system."""

OLD_PYTHON = "5.0.3"
KOTLIN = re.compile(r"<artifactId>(sdk-.*)</artifactId>\s*<version>(.*)</version>")


@pytest.mark.parametrize(("sdk", "place"), [(sdk, place) for sdk, places in JAVASCRIPT.items() for place in places])
def test_guide_in_javascript(sdk: str, place: str, node: str, server: Server) -> None:
    with driven([node, HERE / "drivers" / "javascript.mjs", sdk, place], server) as driver:
        walk(driver, server)


@pytest.mark.parametrize("version", ["newest", OLD_PYTHON])
def test_guide_in_python(version: str, server: Server) -> None:
    path = {"PYTHONPATH": str(toolchains.python_sdk(version))} if version == OLD_PYTHON else {}
    with driven([sys.executable, HERE / "drivers" / "python.py"], server, {**os.environ, **path}) as driver:
        walk(driver, server)


def test_passkeys_in_python(server: Server) -> None:
    with driven([sys.executable, HERE / "drivers" / "python.py"], server) as driver:
        passkeys.walk(driver, server)


def test_every_installed_sdk_walks_through_the_guide() -> None:
    installed = json.loads((HERE / "package.json").read_text())["devDependencies"]
    assert {name for name in installed if "appwrite" in name} == set(JAVASCRIPT)


def test_document_names_the_versions_that_walk_through_the_guide() -> None:
    npm = json.loads((HERE / "package-lock.json").read_text())["packages"]
    newest = re.search(r"^appwrite==(\S+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    assert newest
    kotlin = (HERE / "drivers" / "java" / "pom.xml").read_text()
    rust = (HERE / "drivers" / "rust" / "Cargo.toml").read_text()
    packages = [(sdk, npm[f"node_modules/{sdk}"]) for sdk in JAVASCRIPT]
    walked = {
        *(f"npm `{package.get('name', sdk)}` | {package['version']}" for sdk, package in packages),
        *(f"PyPI `appwrite` | {version}" for version in (newest[1], OLD_PYTHON)),
        *(f"Maven `io.appwrite:{name}` | {version}" for name, version in re.findall(KOTLIN, kotlin)),
        *(f"crate `appwrite` | {version}" for version in re.findall(r'^appwrite = "=(.*)"', rust, re.MULTILINE)),
    }
    document = (ROOT / "chalicelib" / "COMPATIBILITY.md").read_text()
    rows = re.findall(r"^\| (\S+ `\S+` \| [\d.]+) \|", document, re.MULTILINE)
    assert set(rows) == walked
