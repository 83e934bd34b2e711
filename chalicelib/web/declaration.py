"""What an endpoint declares: what it asks of a request, what it reads, what it takes and how it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import cache
from typing import Any, NamedTuple

from chalice.app import Response

from chalicelib.web.limits import Limit
from chalicelib.web.parameters import Parameter
from chalicelib.web.reads import Read
from chalicelib.web.request import MAX_BODY, ApiRequest


class Recent(Enum):
    """When an endpoint needs that the session passed a challenge, or began, within the last minutes."""

    NEVER = auto()
    IN_FORCE = auto()
    """for users whose MFA is in force (parity `factor-changes` lifts it)"""
    ALWAYS = auto()
    """upstream's *mfaProtected*"""
    SIGN_IN = auto()
    """a sign-in is enough; for users whose MFA is in force, a complete one"""


@dataclass(frozen=True)
class Endpoint:
    """What an endpoint asks of a request before it runs, and how it answers."""

    path: str
    status: int = 200
    """Of a success with an answer."""
    answer: str = ""
    """The model of a success (`api/answers/`); without one it is 204."""
    errors: tuple[str, ...] = ()
    """The types of the refusals that come from what the endpoint does, beyond those of the checks."""
    key: bool = False
    """It wants an API key."""
    signed_in: bool = False
    """It wants a user."""
    half: bool = False
    """It lets in a session that lacks a factor."""
    old_password: bool = False
    """It lets in a session by a password that is older than the project allows, as those do that let in a half one."""
    own_session: bool = False
    """It wants a session that is the caller's own, and not a JWT's."""
    recent: Recent | Callable[[ApiRequest], Recent] = Recent.NEVER
    """Whether it wants a challenge of the last minutes; that may depend on the request."""
    opens_session: bool = False
    """It begins a session, so nobody who is signed in may call it."""
    sign_in_method: str = ""
    """The project's sign-in method that switches it."""
    any_project: bool = False
    """It serves requests that name no project."""
    anybody: bool = False
    """It does not look who asks, so that everybody gets the same: no session, no JWT."""
    limits: tuple[Limit, ...] = ()
    """How often it may be called, and how many wrong answers it takes."""
    params: Mapping[str, Parameter] = field(default_factory=dict)
    """Its parameters, those of the path too."""
    formerly: Mapping[str, str] = field(default_factory=dict)
    """Older names of parameters (formats.py)."""
    reads: Mapping[str, Read] = field(default_factory=dict)
    """Items to read together with the caller, by name (reads.py)."""
    timestamp: bool = False
    """Header X-Appwrite-Timestamp, if there is one, must be a date."""
    max_body: int = MAX_BODY
    """Bytes of a request."""

    def scopes(self, method: str) -> tuple[str, ...]:
        """The scopes of an API key, any one of which is needed; none where a key has no more rights than a guest."""
        _, service, *rest = self.path.split("/")
        if not self.key:
            return ("sessions.write",) if service == "account" else ()
        verb = "read" if method in ("GET", "HEAD") else "write"
        owners = (service, "sessions") if rest[1:2] == ["sessions"] else (service,)
        return tuple(f"{each}.{verb}" for each in owners)


Handler = Callable[..., dict[str, Any] | Response | None]
"""Takes the Call and the parameters; returns the JSON body, None for 204, or a Response."""


class Served(NamedTuple):
    """An endpoint with its method and its paths, the aliases last, and the function that does its work."""

    method: str
    paths: tuple[str, ...]
    definition: Endpoint
    handler: Handler


@cache
def argument(name: str) -> str:
    """The name under which a handler takes a parameter: `challengeId` as `challenge_id`."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
