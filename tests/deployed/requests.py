"""Requests as they go over the wire, and answers in a form that two servers' can be compared in."""

from __future__ import annotations

import http.client
import json
import re
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import urlsplit

ADDRESS = "127.82.0.1"
"""Of this client: limits by address, which headers tell, are its own."""

OF_ONE_ANSWER = {"date", "x-amzn-requestid", "x-amz-apigw-id"}
"""Headers that are another in each answer, or API Gateway's own."""

OF_THE_PROJECT = re.compile(r'(?<=<meta name="page" content=")[^"]+')

RANDOM = [
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00"), "<time>"),
    (re.compile(r"(?<=expires=)\w{3}, \d\d[- ]\w{3}[- ]\d{4} \d\d:\d\d:\d\d GMT", re.IGNORECASE), "<time>"),
    (re.compile(r"\d+\.\d{13}\.[0-9a-f]{32}\.ada\.[\w-]{43}"), "<device>"),
    (re.compile(r"\$argon2id\$[^\"]+"), "<hash>"),
    (re.compile(r"eyJ[\w%=/+.-]{40,}"), "<secret>"),
    (re.compile(r"\b[0-9a-f]{20,}\b"), "<id>"),
    (re.compile(r"\b[0-9a-z]{4}(-[0-9a-z]{4}){3}\b"), "<code>"),
    (re.compile(r"\b[A-Z2-7]{32}\b"), "<totp>"),
]
"""What is made by chance or taken from the clock, and the word that stands for it."""


@dataclass(frozen=True)
class Asked:
    """`headers` go out as they are; of what a client adds by itself there is only Host and the body's length."""

    method: str
    path: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    def of(self, url: str) -> Told:
        """The answer of the server at this address."""
        port = urlsplit(url).port
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20, source_address=(ADDRESS, 0))
        try:
            connection.putrequest(self.method, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in [("Host", "localhost"), *self.headers]:
                connection.putheader(name, value.encode())
            if self.body:
                connection.putheader("Content-Length", str(len(self.body)))
            connection.endheaders(self.body or None)
            answer = connection.getresponse()
            return Told(answer.status, answer.getheaders(), answer.read())
        finally:
            connection.close()


class Told(NamedTuple):
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def json(self) -> dict[str, str]:
        content: dict[str, str] = json.loads(self.body)
        return content

    def header(self, name: str) -> list[str]:
        return [value for each, value in self.headers if each.lower() == name]

    def comparable(self) -> tuple[int, list[str], str]:
        """Status, headers in order of their names, body; without what no two answers have alike.

        Without what a page says of the project, too: `make run` has passkeys.
        """
        text = self.body.decode("latin-1")
        body = OF_THE_PROJECT.sub("", text)
        left_out = OF_ONE_ANSWER if body == text else {*OF_ONE_ANSWER, "content-length"}
        lines = [f"{name.lower()}: {value}" for name, value in self.headers if name.lower() not in left_out]
        return self.status, sorted(map(_without_chance, lines)), _without_chance(body)


def _without_chance(text: str) -> str:
    text = re.sub(r"^(x-ratelimit-reset: )\d+$", r"\1<time>", text)
    for pattern, word in RANDOM:
        text = pattern.sub(word, text)
    return text
