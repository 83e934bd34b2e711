"""The callers that an app on a server can be, each with the SDK's services."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import pytest
from appwrite.client import Client
from appwrite.exception import AppwriteException
from appwrite.services.account import Account
from appwrite.services.avatars import Avatars
from appwrite.services.locale import Locale
from appwrite.services.project import Project
from appwrite.services.users import Users


class Caller(NamedTuple):
    """One client, and what it can call."""

    account: Account
    avatars: Avatars
    locale: Locale
    project: Project
    users: Users


class Callers:
    """Makes callers of the server at this endpoint; `key` is an API key of its with all scopes."""

    def __init__(self, endpoint: str, key: str) -> None:
        self._endpoint = endpoint
        self._key = key

    def guest(self, **headers: str) -> Caller:
        """Nobody in particular."""
        return self.services(self._client(headers))

    def team(self, **headers: str) -> Caller:
        """The team's own server."""
        return self.services(self._client(headers).set_key(self._key))

    def page(self, secret: str) -> Caller:
        """Whoever holds the secret of a session: a page that is rendered on the server."""
        return self.services(self._client({}).set_session(secret))

    def bearer(self, jwt: str) -> Caller:
        """Whoever holds a JWT."""
        return self.services(self._client({}).set_jwt(jwt))

    def page_with_jwt(self, secret: str, jwt: str) -> Caller:
        """Two proofs of who one is, which no caller may bring."""
        return self.services(self._client({}).set_session(secret).set_jwt(jwt))

    def services(self, client: Client) -> Caller:
        return Caller(Account(client), Avatars(client), Locale(client), Project(client), Users(client))

    def _client(self, headers: dict[str, str]) -> Client:
        client = Client().set_endpoint(self._endpoint).set_project("demo")
        if "user_agent" in headers:
            client.set_forwarded_user_agent(headers["user_agent"])
        if "address" in headers:
            client.add_header("X-Forwarded-For", headers["address"])
        return client


@contextmanager
def refused(type_: str, code: int = 401) -> Iterator[None]:
    """What is called in the block must be refused with this error."""
    with pytest.raises(AppwriteException) as refusal:
        yield
    assert (refusal.value.code, refusal.value.type) == (code, type_), refusal.value.message
