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
    """When an endpoint needs that the session passed a challenge within the last minutes."""

    NEVER = auto()
    IN_FORCE = auto()
    """for users whose MFA is in force (parity `factor-changes` lifts it)"""
    ALWAYS = auto()
    """upstream's *mfaProtected*"""


@dataclass(frozen=True)
class Endpoint:
    """What an endpoint asks of a request before it runs, and how it answers.

    `key` wants an API key, `signed_in` a user; `own_session` a session that is the caller's own and not a JWT's. `half`
    lets in a session that lacks a factor. `reads` names items to read together with the caller (reads.py). `recent` may
    depend on the request. `timestamp`: header X-Appwrite-Timestamp, if there is one, must be a date. `formerly` are
    older names of parameters (formats.py). `answer` is the model of a success (`api/answers/`); without one it is 204.
    `errors` are the types of refusals that come from what the endpoint does, beyond those of the checks.
    """

    path: str
    status: int = 200
    answer: str = ""
    errors: tuple[str, ...] = ()
    key: bool = False
    signed_in: bool = False
    half: bool = False
    own_session: bool = False
    recent: Recent | Callable[[ApiRequest], Recent] = Recent.NEVER
    opens_session: bool = False
    sign_in_method: str = ""
    any_project: bool = False
    limits: tuple[Limit, ...] = ()
    params: Mapping[str, Parameter] = field(default_factory=dict)
    formerly: Mapping[str, str] = field(default_factory=dict)
    reads: Mapping[str, Read] = field(default_factory=dict)
    timestamp: bool = False
    max_body: int = MAX_BODY

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
