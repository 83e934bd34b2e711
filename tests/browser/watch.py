"""A browser's context that is watched: what pages must not do fails the test, unless the test says that they will."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage

LOOPBACK = {"localhost", "127.0.0.1"}


@contextmanager
def watched(browser: Browser, expected: Sequence[str] = (), **options: Any) -> Iterator[BrowserContext]:
    """A fresh context. Its pages write no error to the console, throw nothing that nobody catches, keep to their
    Content-Security-Policy (what it refuses is an error in the console) and call this machine only.

    `expected` has patterns of exceptions to that. Each must occur.
    """
    complaints: list[str] = []
    context = browser.new_context(**options)
    context.on("console", lambda message: complaints.extend(_errors(message)))
    context.on("weberror", lambda error: complaints.append(f"thrown: {error.error}"))
    context.on("request", lambda request: complaints.extend(_elsewhere(request.url)))
    try:
        yield context
    finally:
        context.close()
    unexpected = [complaint for complaint in complaints if not any(re.search(each, complaint) for each in expected)]
    missing = [each for each in expected if not any(re.search(each, complaint) for complaint in complaints)]
    assert not unexpected, unexpected
    assert not missing, missing


def _errors(message: ConsoleMessage) -> Iterator[str]:
    if message.type == "error":
        yield f"console: {message.text} {message.location['url']}"


def _elsewhere(url: str) -> Iterator[str]:
    address = urlsplit(url)
    if address.scheme not in ("data", "blob") and address.hostname not in LOOPBACK:
        yield f"request: {url}"
