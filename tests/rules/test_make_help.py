"""`make help` has every target, in one group each, and infra/README.md those of a deployment."""

from __future__ import annotations

import os
import re
import subprocess

import pytest

from tests.support.files import ROOT

GROUPS = ["Use", "Test", "Deploy", "Operate", "Maintain"]
MAKEFILE = (ROOT / "Makefile").read_text()


@pytest.fixture(scope="module")
def shown() -> dict[str, list[str]]:
    """The targets by the heading that they stand under."""
    alone = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(["make", "help"], cwd=ROOT, env=alone, capture_output=True, text=True, check=True)
    groups: dict[str, list[str]] = {}
    for line in filter(None, done.stdout.splitlines()):
        if target := re.fullmatch(r"  make (\S+) +\S.*", line):
            groups[list(groups)[-1]].append(target[1])
        else:
            groups[line] = []
    return groups


def test_each_target_is_in_one_group(shown: dict[str, list[str]]) -> None:
    [phony] = re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    explained = [name for name in phony.split() if re.search(rf"^{name}:.*## ", MAKEFILE, re.MULTILINE)]

    assert list(shown) == GROUPS
    assert all(shown.values())
    assert sorted(target for targets in shown.values() for target in targets) == sorted(explained)
    assert set(phony.split()) - set(explained) == {"stage"}


def test_operation_lists_the_commands_of_a_deployment(shown: dict[str, list[str]]) -> None:
    readme = (ROOT / "infra" / "README.md").read_text()
    rows = re.findall(r"^\| `(?:deploy|importer)/` \| (.*) \|$", readme, re.MULTILINE)
    listed = [name for row in rows for name in re.findall(r"`(?:make )?([a-z-]+)`", row)]

    assert sorted(listed) == sorted(shown["Deploy"] + shown["Operate"])
