"""The recipes of chalicelib/README.md for endpoint, language and notice, followed on a copy of the code."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from chalicelib.languages import LANGUAGES

ROOT = Path(__file__).parents[2]
WORDS = "chalicelib/words"
BLOCK = re.compile(r"^ *```(?P<kind>\w+)\n(?P<text>.*?)^ *```$", re.DOTALL | re.MULTILINE)

PROBE = '''
"""What the recipes promise, through the app as it is after them."""

import pytest


def test_endpoint_greets(people, api):
    ann = people.new(name="Ann")

    assert ann.get("/account/greeting").json == {"text": "Hello Ann"}
    assert api.get("/account/greeting").status == 401
    assert "/account/greeting" in api.get("/openapi.json").json["paths"]


def test_mail_is_in_the_new_language(person, inbox):
    person.post("/account/verifications/email", {"url": "http://localhost/"}, headers={"X-Appwrite-Locale": "it-CH"})

    assert inbox.messages(person.email)[0].text.startswith("Ciao")


@pytest.mark.parametrize(("locale", "hello"), [("en", "Hello"), ("de", "Guten Tag"), ("it", "Ciao")])
def test_owner_hears_of_a_new_name(people, inbox, run_jobs, locale, hello):
    ann = people.new(email_verified=True)

    assert ann.patch("/account/name", {"name": "Ann"}, headers={"X-Appwrite-Locale": locale}).status == 200

    run_jobs()
    told = inbox.messages(ann.email)[0].text
    assert told.startswith(hello)
    assert "The name of your" in told
    assert ann.get("/account/logs").json["logs"][0]["event"] == "user.update.name"
'''


def blocks(heading: str) -> list[tuple[str, str]]:
    """Kind and text of the blocks below a heading of the document, without their indentation."""
    section = (ROOT / "chalicelib" / "README.md").read_text().partition(f"\n### {heading}\n")[2]
    section = re.split(r"^##", section, maxsplit=1, flags=re.MULTILINE)[0]
    found = [(block["kind"], block["text"]) for block in BLOCK.finditer(section)]
    return [(kind, re.sub(r"^   ", "", text, flags=re.MULTILINE)) for kind, text in found]


def follow(heading: str, tree: Path) -> list[str]:
    """Do what the blocks say that name a file; the rest of the blocks are returned."""
    rest = []
    for kind, text in blocks(heading):
        first, _, body = text.partition("\n")
        path = tree / first.removeprefix("# ")
        if kind == "diff":
            path.write_text(patched(path.read_text(), body))
        elif first.startswith("# "):
            assert not path.exists(), f"{path.name} is there already"
            path.write_text(body)
        else:
            rest.append(text)
    return rest


def patched(source: str, diff: str) -> str:
    """With each hunk of a diff without line numbers applied. What it goes by must stand in the source once."""
    for hunk in diff.split("@@\n"):
        lines = hunk.splitlines(keepends=True)
        old = "".join(line[1:] for line in lines if line[0] != "+")
        assert source.count(old) == 1, f"stands {source.count(old)} times: {old}"
        source = source.replace(old, "".join(line[1:] for line in lines if line[0] != "-"))
    return source


def translate(tree: Path) -> None:
    """The first step for a language, as far as a test can go: a copy of the English words."""
    shutil.copytree(tree / WORDS / "en", tree / WORDS / "it")
    path = tree / WORDS / "it" / "messages.json"
    italian = path.read_text().replace('"Hello', '"Ciao').replace("is your verification code", "-> codice di verifica")
    path.write_text(italian.replace("Use code", "Usi il codice").replace("Use OTP", "Usi il codice"))


def say_in_every_language(tree: Path, notice: str) -> None:
    files = list((tree / WORDS).glob("*/messages.json"))
    assert len(files) == len(LANGUAGES) + 1  # with the one that was added
    for path in files:
        path.write_text(path.read_text().replace('  "notices": {\n', '  "notices": {\n' + notice))


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the code in which all three recipes were followed."""
    tree = tmp_path_factory.mktemp("project")
    left_out = shutil.ignore_patterns("__pycache__", "node_modules", "sdk", "deployed", "deployments")
    for name in (".chalice", "chalicelib", "infra", "tests"):
        shutil.copytree(ROOT / name, tree / name, ignore=left_out)
    for name in ("app.py", "pyproject.toml"):
        shutil.copy(ROOT / name, tree)
    assert follow("An endpoint", tree) == []
    translate(tree)
    assert follow("A language", tree) == []
    [notice] = follow("A notice", tree)
    say_in_every_language(tree, notice)
    (tree / "tests" / "test_probe.py").write_text(PROBE)
    return tree


def run(tree: Path, *arguments: str) -> None:
    """These tests of the copy pass."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "MFA_", "AWS_", "COV"))
    }
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    done = subprocess.run(command, cwd=tree, env=kept, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_the_recipes_add_works(tree: Path) -> None:
    run(tree, "tests/test_probe.py")


def test_new_route_is_walked_like_all_others(tree: Path) -> None:
    walks = ["tests/api/test_callers.py", "tests/faults/test_every_call.py", "tests/api/test_typed_models.py"]
    run(tree, *walks, "-k", "greeting or every_route_of_the_app or each_model")


def test_texts_of_a_new_language_are_tried_without_another_word(tree: Path) -> None:
    run(tree, "tests/delivery/test_texts.py", "tests/test_languages.py", "-k", "it or every or missing or differ")


def test_hunks_must_fit() -> None:
    assert patched("a\nb\nc\n", " a\n+x\n@@\n-b\n+y\n") == "a\nx\ny\nc\n"
    with pytest.raises(AssertionError, match="stands 2 times"):
        patched("a\na\n", " a\n+x\n")
