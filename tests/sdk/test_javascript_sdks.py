"""The real SDKs of npm against a running server; their tests are in web/ and node/, for Node's own runner."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.servers import Server

pytestmark = pytest.mark.sdk

HERE = Path(__file__).parent
README = HERE.parents[1] / "README.md"
PAGES = HERE.parents[1] / "chalicelib" / "PAGES.md"
LOCAL = HERE.parents[1] / "infra" / "local"
SUITE_SECONDS = 300


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

    assert done.stdout.endswith("user_more_factors_required\nsigned in as Ada\n"), done.stdout + done.stderr


def test_hand_over_of_the_pages(node: str, development: Server) -> None:
    """As it stands in the document, in an app on another site whose browser keeps the API's cookie from it."""
    text = PAGES.read_text()
    client = text[text.index("```js\n") + 6 :].partition("```")[0].replace("http://localhost:8000", development.url)
    script = f"""
        import {{ goOn }} from "./web/handover.mjs";
        {client}
        await goOn({{ signIn, comeBack, client }});
    """

    done = subprocess.run(
        [node, "--input-type=module"], cwd=HERE, input=script, capture_output=True, text=True, check=False
    )

    assert done.stdout.endswith("one session, no code left\n"), done.stdout + done.stderr


def snippets(server: Server) -> dict[str, str]:
    """What the console shows for each language, filled in as there."""
    text = (LOCAL / "console" / "snippets.js").read_text()
    for name, value in {"endpoint": f"{server.url}/v1", "about.project": "demo", "about.key": server.key}.items():
        text = text.replace(f"${{{name}}}", value)
    return dict(re.findall(r'"(Web|Node|Python)",\n[^\n]*\n    `(.*?)`,', text, re.DOTALL))


def test_snippets_of_the_console(node: str, development: Server) -> None:
    """Those for servers as they stand there. That for the web needs a browser's cookies, as the example has them."""
    shown = snippets(development)
    for command, language in (([node, "--input-type=module"], "Node"), ([sys.executable, "-"], "Python")):
        source = shown[language]
        done = subprocess.run(command, cwd=HERE, input=source, capture_output=True, text=True, check=False)
        assert re.fullmatch(r"\d+(\.0)?\n", done.stdout), done.stderr


def test_example_names_the_sdk_by_its_version_and_hash(node: str) -> None:
    text = (LOCAL / "example" / "index.html").read_text()
    version = json.loads((HERE / "package.json").read_text())["devDependencies"]["appwrite"]
    digest = hashlib.sha384((HERE / "node_modules/appwrite/dist/iife/sdk.js").read_bytes()).digest()
    assert f"/appwrite@{version}/dist/iife/sdk.js" in text
    assert f'integrity="sha384-{base64.b64encode(digest).decode()}"' in text


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
