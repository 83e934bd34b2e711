"""The real SDKs of npm against a running server; their tests are in web/ and node/, for Node's own runner."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.support.servers import Server

pytestmark = pytest.mark.sdk

HERE = Path(__file__).parent
README = HERE.parents[1] / "README.md"
PAGES = HERE.parents[1] / "chalicelib" / "PAGES.md"
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
