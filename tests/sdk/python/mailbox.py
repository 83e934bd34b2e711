"""What the development server sent to somebody."""

from __future__ import annotations

import html
import json
import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit
from urllib.request import urlopen

PATIENCE_SECONDS = 5
CODE = re.compile(r"(?<!\d)\d{6}(?!\d)", re.ASCII)


class Mailbox:
    """The messages to one address or number."""

    def __init__(self, inbox: str, address: str) -> None:
        self._url = f"{inbox}?to={quote(address)}"

    def code(self, since: str) -> str:
        """The six digits of the newest message that was sent not before the time `since`."""

        def has_code(message: dict[str, Any]) -> bool:  # a notice may come in between
            return message["sentAt"] >= since and CODE.search(message["text"]) is not None

        [code, *_] = CODE.findall(self._newest(has_code)["text"])
        return str(code)

    def link(self, subject: str) -> dict[str, str]:
        """The query of the link in the newest mail with this subject."""
        mail = self._newest(lambda message: message["subject"] == subject)
        found = re.search('href="([^"]*secret=[^"]*)"', mail["html"])
        assert found
        return dict(parse_qsl(urlsplit(html.unescape(found[1])).query))

    def _newest(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Polls: what goes through the queue comes a little later than the answer."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            with urlopen(self._url, timeout=PATIENCE_SECONDS) as answer:
                messages: list[dict[str, Any]] = json.load(answer)
            for message in filter(wanted, messages):
                return message
            time.sleep(0.05)
        raise AssertionError(f"no such message at {self._url}; there are: {messages}")
