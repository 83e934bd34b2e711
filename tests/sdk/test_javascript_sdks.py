"""The real SDKs of npm against a running server; their tests are in web/ and node/, for Node's own runner."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import Protocol

import pytest

pytestmark = pytest.mark.sdk

HERE = Path(__file__).parent
README = HERE.parents[1] / "README.md"
LOCK = HERE / "package-lock.json"
INSTALLED = HERE / "node_modules" / ".installed-lock"
OLDEST_NODE = (18, 17)
INSTALL_SECONDS = 300
SUITE_SECONDS = 300


class Server(Protocol):
    """A server that is running: its address without a path, and an API key of its."""

    url: str
    key: str


@pytest.fixture(scope="session")
def node() -> str:
    """The path of Node, with the packages of the suites installed; skips where that cannot be had."""
    node = _program("node")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if tuple(int(part) for part in version.lstrip("v").split(".")[:2]) < OLDEST_NODE:
        pytest.skip(f"Node {version} is too old, {OLDEST_NODE[0]}.{OLDEST_NODE[1]} is needed")
    _install_packages(_program("npm"))
    return node


def suites(sdk: str) -> list[str]:
    return sorted(path.name for path in (HERE / sdk).glob("*.test.mjs"))


@pytest.mark.parametrize("suite", suites("web"))
def test_web_sdk(suite: str, node: str, server: Server) -> None:
    run(node, HERE / "web" / suite, server)


@pytest.mark.parametrize("suite", suites("node"))
def test_node_sdk(suite: str, node: str, server: Server) -> None:
    run(node, HERE / "node" / suite, server)


def test_quick_start_of_the_readme(node: str, development: Server) -> None:
    """As it stands there, but for the port."""
    text = README.read_text()
    script = text[text.index("```js\n") + 6 :].partition("```")[0].replace("http://localhost:8000", development.url)

    done = subprocess.run(
        [node, "--input-type=module"], cwd=HERE, input=script, capture_output=True, text=True, check=False
    )

    assert done.stdout.endswith("signed in as Ada\n"), done.stdout + done.stderr
    assert done.stdout.count("signed in as Ada") == 2


def run(node: str, suite: Path, server: Server) -> None:
    """Run one file of tests; fails with what it printed."""
    command = [node, "--test", "--test-reporter=spec", suite.name]
    where = {
        "ENDPOINT": f"{server.url}/v1",
        "INBOX": f"{server.url}/_local/inbox",
        "PROJECT": "demo",
        "KEY": server.key,
    }
    done = subprocess.run(
        command,
        cwd=suite.parent,
        env=os.environ | where | {"NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=SUITE_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        pytest.fail(f"{suite.name} against {server.url}\n{done.stdout}{done.stderr}", pytrace=False)


def _program(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not installed")
    return path


def _install_packages(npm: str) -> None:
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if INSTALLED.is_file() and INSTALLED.read_text() == wanted:
        return
    try:
        subprocess.run([npm, "ci"], cwd=HERE, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=True)
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm could not install the SDKs within {INSTALL_SECONDS} s")
    except subprocess.CalledProcessError as error:
        pytest.skip(f"npm could not install the SDKs: {_complaint(error.stderr)}")
    INSTALLED.write_text(wanted)


def _complaint(npm_says: str) -> str:
    lines = npm_says.splitlines()
    return next((line for line in lines if "err" in line.lower()), "it does not say why")
