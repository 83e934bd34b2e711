"""The files that the pages are made of: of each language a script, and the style. Put together at first use."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from chalicelib.languages import FOLDER, LANGUAGES
from chalicelib.runtime import settings

_HERE = Path(__file__).parent
_IMPORT = re.compile(r'^import (\{[^}]*\}) from "\./(\w+)\.js";$', re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:async function|function|const|class) (\w+))", re.MULTILINE)
_NAME = re.compile(r"([a-z-]+)-[0-9a-f]{16}(\.js|\.css)")


class File(NamedTuple):
    name: str
    """With a digest of the content, so that a browser may keep it for good."""
    kind: str
    content: bytes
    compressed: bytes


@cache
def words(language: str) -> dict[str, str]:
    """What the pages say."""
    found: dict[str, str] = json.loads((FOLDER / language / "pages.json").read_text())
    return found


@cache
def script(language: str) -> File:
    """All modules as one, in the order in which they need each other, with their words."""
    said = json.dumps(words(language), ensure_ascii=False, separators=(",", ":"))
    return _file(language, ".js", "text/javascript", f"const WORDS = {said};\n{_with_needed('main', set())}")


@cache
def style() -> File:
    config = settings.config()
    colors = f":root {{ --brand-on-light: {config.brand_color}; --brand-on-dark: {config.brand_color_dark}; }}\n"
    return _file("style", ".css", "text/css", colors + (_HERE / "style.css").read_text())


def named(name: str) -> File | None:
    """The file of that name; of another release's name, this one's file for the same purpose."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    if match[2] == ".css":
        return style() if match[1] == "style" else None
    return script(match[1]) if match[1] in LANGUAGES else None


def template() -> str:
    return (_HERE / "page.html").read_text()


def _with_needed(module: str, seen: set[str]) -> str:
    """A module, as a function that gives what it exports, after those that it imports and that are not there yet."""
    seen.add(module)
    source = (_HERE / f"{module}.js").read_text()
    needed = [_with_needed(each, seen) for _, each in _IMPORT.findall(source) if each not in seen]
    given = ", ".join(name for _, name in _EXPORT.findall(source))
    body = _EXPORT.sub(r"\1", _IMPORT.sub(r"const \1 = $\2;", source))
    return f"{''.join(needed)}const ${module} = (() => {{\n{body}return {{ {given} }};\n}})();\n"


def _file(stem: str, suffix: str, kind: str, text: str) -> File:
    content = text.encode()
    name = f"{stem}-{hashlib.sha256(content).hexdigest()[:16]}{suffix}"
    return File(name, f"{kind}; charset=UTF-8", content, gzip.compress(content, mtime=0))
