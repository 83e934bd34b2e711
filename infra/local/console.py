"""The console: the page at `/`, its files, and what it asks of this server that the API does not tell.

No page of another origin may read it or write to it, not even one on this machine.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from infra.local.clock import MOST, Clock
from infra.local.http_server import Answer, Call, json_answer
from infra.local.pages import example_page

FOLDER = Path(__file__).with_name("console")
FILES = "/_local/console/"
ABOUT = "/_local/about"
CLOCK = "/_local/clock"
EXAMPLE = "/_local/example/"
SDK = Path(__file__).parents[2] / "tests" / "sdk" / "node_modules" / "appwrite" / "dist" / "iife" / "sdk.js"
"""There once the tests of the SDKs have run."""

_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
_OURS_ALONE = (
    ("Cache-Control", "no-store"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
)


class Console:
    """`settings` are the app's environment, `moved` is called after the clock was moved."""

    def __init__(self, settings: Mapping[str, str], clock: Clock, moved: Callable[[], None] = lambda: None) -> None:
        self._settings = settings
        self._clock = clock
        self._moved = moved

    def answer(self, call: Call) -> Answer | None:
        """None where nothing of the console is."""
        if call.path == CLOCK:
            return self._move(call) if call.method == "PUT" else _not_allowed("PUT")
        if call.path == ABOUT:
            return self._about() if call.method in ("GET", "HEAD") else _not_allowed("GET")
        if call.path == "/" and call.method in ("GET", "HEAD"):
            return _file("index.html")
        if call.path.startswith(FILES) and call.method in ("GET", "HEAD"):
            return _file(call.path.removeprefix(FILES))
        if call.path.startswith(EXAMPLE) and call.method in ("GET", "HEAD"):
            return self._example(own_origin(call), call.path.removeprefix(EXAMPLE))
        return None

    def _example(self, origin: str, name: str) -> Answer | None:
        """The file to copy, and the page that it is where the SDK is on this machine."""
        source, page = example_page(origin, self._settings["MFA_PROJECT"], f"{EXAMPLE}{SDK.name}")
        if name == "index.html":
            return Answer(200, [("Content-Type", "text/plain; charset=utf-8"), *_OURS_ALONE], source.encode())
        if name == "" and SDK.exists():
            return page
        if name == SDK.name and SDK.exists():
            return Answer(200, [("Content-Type", "text/javascript; charset=utf-8"), *_OURS_ALONE], SDK.read_bytes())
        return None

    def _about(self) -> Answer:
        told = {
            "project": self._settings["MFA_PROJECT"],
            "projectName": self._settings["MFA_PROJECT_NAME"],
            "key": self._settings["MFA_KEY"],
            "ahead": self._clock.ahead,
            "example": SDK.exists(),
        }
        return json_answer(200, told, _OURS_ALONE)

    def _move(self, call: Call) -> Answer:
        """A page of another origin has no leave to send this, and is refused should a browser let it."""
        if call.headers.get("Origin", own_origin(call)) != own_origin(call):
            return json_answer(403, {"message": "Only the console moves the clock."}, _OURS_ALONE)
        ahead = _ahead_in(call.body)
        if ahead is None:
            message = f'The body must be JSON like {{"ahead": 600}}: whole seconds ahead of now, from 0 to {MOST}.'
            return json_answer(400, {"message": message}, _OURS_ALONE)
        self._clock.move(ahead)
        self._moved()
        return json_answer(200, {"ahead": ahead}, _OURS_ALONE)


def own_origin(call: Call) -> str:
    return f"http://{call.headers['Host']}"


def _ahead_in(body: bytes) -> int | None:
    try:
        match json.loads(body):
            case {"ahead": int(ahead)} if not isinstance(ahead, bool) and 0 <= ahead <= MOST:
                return ahead
    except ValueError:
        pass
    return None


def _file(name: str) -> Answer | None:
    """Read anew each time, so that a change shows when the page is loaded again."""
    known = {each.name: each for each in FOLDER.iterdir()}
    if name not in known:
        return None
    content_type = f"{_TYPES[known[name].suffix]}; charset=utf-8"
    headers = [("Content-Type", content_type), ("Content-Security-Policy", _POLICY), *_OURS_ALONE]
    return Answer(200, headers, known[name].read_bytes())


def _not_allowed(method: str) -> Answer:
    return json_answer(405, {"message": "Method Not Allowed"}, [("Allow", method), *_OURS_ALONE])
