"""One request on its way to an endpoint's function."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.audit.acts import Actor
from chalicelib.errors import fail
from chalicelib.models import Project, Session, User
from chalicelib.storage.limits import Condition
from chalicelib.user_agent import Client
from chalicelib.web.declaration import Endpoint
from chalicelib.web.identity import Caller
from chalicelib.web.limits import Usage
from chalicelib.web.request import ApiRequest

QUIET = "x-mfa-notices"
"""The header by which the team's server says `off`, so that owners are not told of what it brings in."""


class Call:
    """One request, as the checks fill it in and the endpoint's function sees it."""

    def __init__(self, request: ApiRequest, endpoint: Endpoint) -> None:
        self.request = request
        self.endpoint = endpoint
        self.usage = Usage(endpoint.limits, request.method, endpoint.path)
        self.kind = "unknown"
        """What the caller turned out to be: `guest`, `half`, `session`, `jwt`, `key`."""
        self.headers: dict[str, Any] = {}
        """What the answer says besides what every answer does."""
        self.caller: Caller
        self.read: Mapping[str, Any]
        """What stands where the endpoint's `reads` point, by their names: an item or None, or several by name."""
        self.values: Mapping[str, Any]
        """The parameters, by the names of the function's arguments."""

    @property
    def user(self) -> User:
        """The signed-in user; only for endpoints with `signed_in`."""
        if self.caller.user is None:
            raise fail("general_unauthorized_scope", reason="no user")
        return self.caller.user

    @property
    def session(self) -> Session:
        """The session of the signed-in user; only for endpoints with `signed_in` and `own_session`."""
        if self.caller.session is None:
            raise fail("general_unauthorized_scope", reason="no session: a JWT may have none")
        return self.caller.session

    @property
    def current(self) -> Session | None:
        """The session that the caller itself holds; none behind a JWT or an API key."""
        return None if self.caller.jwt else self.caller.session

    @property
    def client(self) -> Client:
        """Where the request comes from. A rendering server with an API key may name its own client instead."""
        return self.request.client(trusted=self.request.trusted)

    @property
    def conditions(self) -> list[Condition]:
        """What the transaction of a right answer must contain: the budgets of wrong ones."""
        return self.usage.conditions

    @property
    def actor(self) -> Actor:
        """Whose deed this is, for the user's log and the notices to the owner."""
        admin = self.endpoint.key
        quiet = admin and self.request.header(QUIET) == "off"
        return Actor(self.client, self.request.locale, admin=admin, quiet=quiet)

    @property
    def project(self) -> Project:
        return self.caller.project
