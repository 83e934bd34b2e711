"""An app's own pages, as tests open them: what is below pages/, the documents' code, and the SDK by a script tag."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from infra.local.http_server import Answer, Call
from tests.support.files import ROOT

HERE = Path(__file__).parent / "pages"
GUIDE = ROOT / "chalicelib" / "PASSKEYS.md"
PAGES = ROOT / "chalicelib" / "PAGES.md"
SDK = ROOT / "tests" / "sdk" / "node_modules" / "appwrite" / "dist" / "iife" / "sdk.js"
ENDPOINT = "http://localhost:8000"
"""What documents and pages write for the address of the API."""


def files(api: str) -> dict[str, bytes]:
    """What is served, by path, for an API at this address."""
    own = {f"/{path.name}": path.read_text() for path in HERE.iterdir()}
    handover = block(PAGES, "js").replace('import { Client } from "appwrite";', "const { Client } = Appwrite;")
    text = {**own, "/passkeys.js": block(GUIDE, "js"), "/handover.js": handover}
    return {"/appwrite.js": SDK.read_bytes()} | {
        path: each.replace(ENDPOINT, api).encode() for path, each in text.items()
    }


def block(document: Path, language: str) -> str:
    """The first block of code of this language."""
    found = re.search(rf"^ *```{language}\n(.*?)^ *```$", document.read_text(), re.DOTALL | re.MULTILINE)
    assert found, f"{document} has no code in {language}"
    return found[1]


def pages(served: Mapping[str, bytes]) -> Callable[[Call], Answer]:
    def respond(call: Call) -> Answer:
        kind = mimetypes.guess_type(call.path)[0] or "text/plain"
        body = served.get(call.path)
        return Answer(404) if body is None else Answer(200, [("Content-Type", f"{kind}; charset=utf-8")], body)

    return respond
