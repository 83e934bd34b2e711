"""The queue of the development server: what was asked for is in the inbox as soon as one looks."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

from tests.conftest import Server
from tests.support import PASSWORD, RETURN_URL


def call(url: str, body: dict[str, str] | None = None) -> Any:
    """The answer's JSON; a POST where there is a body."""
    headers = {"Content-Type": "application/json", "X-Appwrite-Project": "demo"}
    content = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, content, headers)) as answer:
        return json.load(answer)


def test_recovery_mail_is_there_at_once(development: Server) -> None:
    for number in range(5):
        email = f"jobs-{number}@example.test"
        account = {"userId": "unique()", "email": email, "password": PASSWORD, "name": "Ada"}
        call(f"{development.url}/v1/account", account)

        call(f"{development.url}/v1/account/recovery", {"email": email, "url": RETURN_URL})

        assert "secret=" in call(f"{development.url}/_local/inbox?to={email}")[0]["text"]
