"""Looks through the logs of a whole run for what must never be in them: secrets, codes and addresses that it used."""

from __future__ import annotations

import json
import logging
import re
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from chalicelib.runtime.logs import JsonFormatter
from infra.local.inbox import Inbox

SECRET_FIELDS = {
    *("password", "oldPassword", "otp", "secret", "email", "phone", "jwt", "recoveryCodes", "uri", "code"),
    *("challenge", "rawId", "userHandle", "clientDataJSON", "attestationObject", "authenticatorData", "signature"),
}
WORD = re.compile(r"[A-Za-z0-9+/=._@-]+")
TELLING = re.compile(
    r"""(?P<code>[0-9]{6}) | (?P<recovery>[0-9a-z]{4}(-[0-9a-z]{4}){3}) | (?P<mail>[^@\s]+@[^@\s]+\.[^@\s]+)
    | (?P<number>\+[0-9]{7,15}) | (?P<long>[A-Za-z0-9+/=._-]{32,})""",
    re.VERBOSE,
)


class Watch(logging.Handler):
    """Keeps the words of every line that is logged, and every secret that went over the wire."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JsonFormatter())
        self._words: dict[str, str] = {}
        self._lines: list[str] = []
        self._secrets: set[str] = set()
        self._passwords: set[str] = set()
        self._guard = threading.Lock()

    def emit(self, record: logging.LogRecord) -> None:
        line = self.format(record)
        with self._guard:
            self._lines.append(line)
            self._words.update(dict.fromkeys(WORD.findall(line), line))

    def saw(self, *contents: Any) -> None:
        """Note the secrets in what was sent or answered: JSON values, or header values that are secrets as a whole."""
        with self._guard:
            for content in contents:
                self._secrets.update(value for value in _leaves(content, isinstance(content, str)) if _tells(value))
                if isinstance(content, dict):
                    given = (content.get(name) for name in ("password", "oldPassword"))
                    self._passwords.update(text for text in given if isinstance(text, str) and len(text) >= 8)

    def saw_inbox(self, inbox: Inbox) -> None:
        """Note codes, links and addresses of all that was delivered."""
        for message in inbox.messages():
            links = re.findall(r"secret=([0-9a-f]+)", message.text)
            self.saw(message.to, message.code, *links)

    def leaks(self) -> list[str]:
        """The lines that hold what they must not."""
        found = [self._words[secret] for secret in self._secrets & self._words.keys()]
        text = "\n".join(self._lines)
        return found + [f"a password: {password[:2]}..." for password in self._passwords if password in text]

    def __len__(self) -> int:
        return len(self._lines)


def _leaves(content: Any, secret: bool) -> Iterator[str]:
    if isinstance(content, str) and secret:
        yield content
    elif isinstance(content, dict):
        for name, value in content.items():
            yield from _leaves(value, name in SECRET_FIELDS)
    elif isinstance(content, list):
        for value in content:
            yield from _leaves(value, secret)


def _tells(value: str) -> bool:
    return TELLING.fullmatch(value) is not None


def carried(headers: list[tuple[str, str]]) -> Iterator[str]:
    """The values that a browser keeps of an answer: of sessions, and by which devices are known."""
    for name, value in headers:
        if name.lower() == "set-cookie":
            yield from unquote(value.partition(";")[0].partition("=")[2]).split("~")
        elif name.lower() == "x-fallback-cookies":
            kept = parsed(value.encode())
            yield from (each for text in kept.values() for each in text.split("~")) if kept else ()


def parsed(content: bytes | None) -> Any:
    """The JSON of a body, nothing where there is none."""
    try:
        return json.loads(content or b"null")
    except (ValueError, RecursionError):
        return None


WATCH = Watch()
