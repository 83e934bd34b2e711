"""The documents: short where they greet, and without a link, file or setting that is not there."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from chalicelib.runtime.settings import Config

ROOT = Path(__file__).parents[2]
FOLDERS = ("chalicelib", "infra", "tests", ".chalice", ".ci")
KINDS = {".py", ".md", ".json", ".yaml", ".yml", ".toml", ".sh", ".mjs", ".html"}
LEFT_OUT = {"node_modules", "__pycache__"}
FILES = [path.relative_to(ROOT) for path in ROOT.iterdir() if path.is_file()] + [
    path.relative_to(ROOT)
    for folder in FOLDERS
    for path in (ROOT / folder).rglob("*")
    if path.suffix in KINDS and not LEFT_OUT & set(path.parts)
]
DOCUMENTS = [path for path in FILES if path.suffix == ".md"]
MADE = {"guide.mjs", "sam.json", "deployed.json", "package.json", "assetlinks.json"}
"""Files that somebody makes by following a document."""

BLOCK = re.compile(r"^ *```.*?^ *```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)")
NAMED = re.compile(r"`([\w./-]+\.(?:py|md|json|ya?ml|sh|mjs|toml))(?:::\w+)?`")
CITED = re.compile(r"\b([\w./-]+\.md)\b")


def text_of(document: Path) -> str:
    """Without blocks of code."""
    return BLOCK.sub("", (ROOT / document).read_text())


def anchors(document: Path) -> set[str]:
    """Of the headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", text_of(document), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def is_there(name: str) -> bool:
    """Whether a path, or the end of one, names a file."""
    return any(path.parts[-len(Path(name).parts) :] == Path(name).parts for path in FILES)


def test_readme_is_a_front_page() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 160


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_every_code_span_is_closed(document: Path) -> None:
    paragraphs = re.split(r"\n\s*\n|\n(?=\s*(?:[-|]|\d+\.) )", text_of(document))

    assert [paragraph for paragraph in paragraphs if paragraph.count("`") % 2] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_every_link_leads_somewhere(document: Path) -> None:
    for target, anchor in LINK.findall(text_of(document)):
        path = (ROOT / document).parent / target if target else ROOT / document
        assert path.exists(), f"{target} is not there"
        assert not anchor or anchor in anchors(path), f"{target}#{anchor} is not there"


@pytest.mark.parametrize("document", [each for each in DOCUMENTS if each.name != "CHANGELOG.md"], ids=str)
def test_every_file_that_is_named_is_there(document: Path) -> None:
    named = set(NAMED.findall(text_of(document)))

    assert {name for name in named if Path(name).name not in MADE and not is_there(name)} == set()


def test_code_cites_documents_that_are_there() -> None:
    code = [path for path in FILES if path.suffix in {".py", ".yaml", ".yml", ".toml", ".mjs"} and path != here()]
    cited = {(str(path), name) for path in code for name in CITED.findall((ROOT / path).read_text())}

    assert {(path, name) for path, name in cited if not is_there(name)} == set()


def here() -> Path:
    return Path(__file__).relative_to(ROOT)


def test_every_setting_is_described() -> None:
    described = text_of(Path("infra/README.md")).partition("\n## Configuration\n")[2].partition("\n## ")[0]
    settings = {f"MFA_{field.name.upper()}" for field in fields(Config)} - {"MFA_RATE_LIMITS"} | {"RATE_LIMITS"}

    assert set(re.findall(r"`((?:MFA|RATE)_[A-Z0-9_]+)`", described)) >= settings
