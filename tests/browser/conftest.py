"""One Chromium and one API for all tests of a process, and a context of its own for each page that a test visits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from infra.local.http_server import HttpServer, listen
from tests.browser.site import files, pages
from tests.browser.watch import watched
from tests.sdk import toolchains
from tests.support.servers import FAST_HASHES, Server, development_server

PATIENCE = 30_000
"""Milliseconds until a page has failed; machines are busy while tests run."""
FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
    "--no-first-run",
)
"""It reaches this machine only, and calls nobody by itself."""

Visit = Callable[..., Page]
"""What the fixture `visit` gives."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's, headless."""
    chromium = toolchains.chromium()
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=chromium, args=FLAGS) as browser:
        yield browser


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """The development server as `make run` starts it, but for limits: all browsers have one address."""
    with development_server(RATE_LIMITS="off", **FAST_HASHES) as url:
        yield Server(url, "local-api-key")


@pytest.fixture(scope="session")
def site(server: Server) -> Iterator[int]:
    """The port of an app's own pages, which call the API on another."""
    toolchains.node()  # with the SDK that the pages load
    with HttpServer(pages(files(server.url)), listen()) as serving:
        yield serving.port


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """Opens an address in a browser that nobody has used. It is watched, see `watched`, until the test ends."""
    with ExitStack() as contexts:

        def go(url: str, expected: Sequence[str] = (), **options: Any) -> Page:
            context = contexts.enter_context(watched(browser, expected, **options))
            context.set_default_timeout(PATIENCE)
            page = context.new_page()
            page.goto(url)
            return page

        yield go
