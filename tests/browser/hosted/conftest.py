"""Visitors of the hosted pages."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import Visit
from tests.browser.hosted.visitor import Come, Visitor
from tests.browser.views import DESKTOP
from tests.support.servers import Server


@pytest.fixture
def come(visit: Visit, server: Server) -> Come:
    """Opens one of the pages in a browser that nobody has used; `expected` as of `visit`."""

    def go(page: str = "sign-in", *expected: str, language: str = "en", query: str = "", **device: Any) -> Visitor:
        url = f"{server.url}/v1/pages/{page}?{query}"
        return Visitor(visit(url, expected, locale=language, **(device or DESKTOP)), server, language)

    return go
