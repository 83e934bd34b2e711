"""Every endpoint goes through here: the checks in their order, the parameters, the errors."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from typing import Any, NamedTuple

from chalice.app import Blueprint, Response

from chalicelib.audit.acts import Actor
from chalicelib.errors import ApiError, fail
from chalicelib.factors.registry import in_force
from chalicelib.models import Project, Session, User
from chalicelib.runtime import clock, metrics, settings
from chalicelib.runtime.logs import FIELDS
from chalicelib.security import origins
from chalicelib.sessions import policy
from chalicelib.storage import dynamo, users
from chalicelib.storage.items import Item
from chalicelib.storage.keys import Key
from chalicelib.storage.limits import Condition
from chalicelib.user_agent import Client
from chalicelib.web import formats, parameters
from chalicelib.web import identity as who
from chalicelib.web.limits import Limit, Usage
from chalicelib.web.parameters import Parameter
from chalicelib.web.reply import error_reply, json_reply, no_content
from chalicelib.web.request import MAX_BODY, ApiRequest

log = logging.getLogger("chalicelib")
DAY = 86_400_000


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
    lets in a session that lacks a factor. `also` names items to read together with the caller: from the
    claimed user id (empty for a guest) and the request. `recent` may depend on the request. `timestamp`: header
    X-Appwrite-Timestamp, if there is one, must be a date. `formerly` are older names of parameters (formats.py).
    `answer` is the model of a success (answers.py); without one it is 204. `errors` are the types of refusals that come
    from what the endpoint does, beyond those of the checks.
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
    also: Callable[[str, ApiRequest], list[Key]] | None = None
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


class Call:
    """One request that has passed the checks, as the endpoint's function sees it."""

    def __init__(self, request: ApiRequest, endpoint: Endpoint) -> None:
        self.request = request
        self.endpoint = endpoint
        self.kind = "unknown"
        """What the caller turned out to be: `guest`, `half`, `session`, `jwt`, `key`."""
        self.headers: dict[str, Any] = {}
        self.conditions: list[Condition] = []
        """What the transaction of a right answer must contain: the budgets of wrong ones."""
        self.usage: Usage
        self.caller: who.Caller

    @property
    def user(self) -> User:
        """The signed-in user; only for endpoints with `signed_in`."""
        if self.caller.user is None:
            raise fail("general_unauthorized_scope")
        return self.caller.user

    @property
    def session(self) -> Session:
        """The session of the signed-in user; only for endpoints with `signed_in` and `own_session`."""
        if self.caller.session is None:
            raise fail("general_unauthorized_scope")
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
    def items(self) -> list[Item | None]:
        """What stands at the keys that the endpoint's `also` named, in their order."""
        return self.caller.items

    @property
    def actor(self) -> Actor:
        """Whose deed this is, for the user's log and the notices to the owner."""
        return Actor(self.client, self.request.locale, admin=self.endpoint.key)

    @property
    def project(self) -> Project:
        return self.caller.project


Handler = Callable[..., dict[str, Any] | Response | None]


class Served(NamedTuple):
    """An endpoint with its method and its paths, the aliases last."""

    method: str
    paths: tuple[str, ...]
    definition: Endpoint


class Routes(Blueprint):
    """A Chalice blueprint whose endpoints share the checks. `served` lists them for the OpenAPI document."""

    def __init__(self, import_name: str) -> None:
        super().__init__(import_name)
        self.served: list[Served] = []

    def endpoint(self, method: str, path: str, *aliases: str, **options: Any) -> Callable[[Handler], Handler]:
        """Serve `method` (GET serves HEAD too) at `path` and its aliases; `options` are the fields of Endpoint.

        The decorated function takes the Call and the parameters by name in snake case; it returns the JSON body, None
        for 204, or a Response.
        """
        definition = Endpoint(path, **options)
        methods = ["GET", "HEAD"] if method == "GET" else [method]

        def register(handler: Handler) -> Handler:
            def view(**_: str) -> Response:
                return _answer(definition, handler, ApiRequest(self.current_request, definition.max_body))

            self.served.append(Served(method, (path, *aliases), definition))
            for place in (path, *aliases):
                self.route(place, methods=methods, content_types=[])(view)
            return handler

        return register


def _answer(endpoint: Endpoint, handler: Handler, request: ApiRequest) -> Response:
    call, usage = Call(request, endpoint), Usage(endpoint.limits, request.method, endpoint.path)
    begun, calls = clock.now(), dynamo.calls()
    try:
        values = _check(endpoint, call, usage)
        result = handler(call, **values)
        usage.succeeded()
        response, type_ = _success(call, result, {**usage.headers, **call.headers}), ""
    except Exception as raised:
        error = _told(raised, usage, request)
        response, type_ = error_reply(error, usage.headers), error.type
    _log(call, response.status_code, type_, clock.now() - begun, dynamo.calls() - calls)
    return response


def _success(call: Call, result: dict[str, Any] | Response | None, headers: Mapping[str, Any]) -> Response:
    if isinstance(result, Response):
        result.headers.update(headers)
        return result
    if result is None:
        return no_content(headers)
    shown = formats.shown(call.endpoint.answer, result, formats.version(call.request))
    return json_reply(call.endpoint.status, shown, headers)


def _told(raised: Exception, usage: Usage, request: ApiRequest) -> ApiError:
    """What the client hears of an exception; one that nobody expected is logged."""
    if isinstance(raised, ApiError):
        return usage.failed(raised)
    log.error("request failed", exc_info=raised, extra={FIELDS: {"request": request.id}})
    return fail("general_server_error")


def _log(call: Call, status: int, type_: str, milliseconds: int, calls: int) -> None:
    """One line for each request, of things that we name ourselves, which makes CloudWatch count it, too."""
    kind = {401: "Refused401", 429: "Limited429"}.get(status, "Failures5xx" if status >= 500 else "")
    fields = {
        "request": call.request.id,
        "route": f"{call.request.method} {call.endpoint.path}",
        "caller": call.kind,
        "status": status,
        "type": type_,
        **metrics.embedded({"Latency": milliseconds, "DynamoDBCalls": calls, **({kind: 1} if kind else {})}),
    }
    log.info("request", extra={FIELDS: fields})


def _check(endpoint: Endpoint, call: Call, usage: Usage) -> dict[str, Any]:
    """The checks, in order; the first that fails answers. Returns the parameters by name in snake case."""
    request, held = call.request, who.claimed_sessions(call.request)
    _check_origin(request)
    _check_project(endpoint, request)
    request.trusted = _has_scope(endpoint, request)
    call.caller = who.identify(
        request, held, lambda user_id: [*_also(endpoint, request, user_id), *usage.keys(request, user_id)]
    )
    call.kind = _kind(call.caller)
    _check_user(endpoint, request, call.caller)
    usage.count(request, call.caller.user.id if call.caller.user else "", call.items, exempt=request.trusted)
    call.conditions, call.usage = usage.conditions, usage
    if endpoint.sign_in_method and not request.trusted and not call.project.allows_method(endpoint.sign_in_method):
        raise fail("user_auth_method_unsupported")
    _check_recent(endpoint, call)
    if endpoint.opens_session and call.caller.user:
        raise fail("user_session_already_exists")
    if endpoint.timestamp:
        _check_timestamp(request)
    given = formats.asked(request.parameters, endpoint.formerly, formats.version(request))
    values = parameters.read(endpoint.params, given)
    return {_snake(name): value for name, value in values.items()}


def _also(endpoint: Endpoint, request: ApiRequest, user_id: str) -> list[Key]:
    """What the endpoint wants to have been read; nothing for somebody who lacks the key anyway."""
    if endpoint.also is None or (endpoint.key and not who.has_valid_key(request)):
        return []
    return endpoint.also(user_id, request)


def _check_origin(request: ApiRequest) -> None:
    origin = request.header("origin")
    if origin and not who.has_valid_key(request) and not origins.allows_origin(origin, request.own_host):
        raise fail("general_unknown_origin")


def _check_project(endpoint: Endpoint, request: ApiRequest) -> None:
    if request.header("x-appwrite-mode") not in ("", "default"):
        raise fail("general_unauthorized_scope")
    if not endpoint.any_project and request.project != settings.config().project:
        raise fail("project_not_found")
    if who.has_valid_key(request) and not request.header("x-appwrite-project"):
        raise fail("project_id_missing")


def _check_user(endpoint: Endpoint, request: ApiRequest, caller: who.Caller) -> None:
    user, session = caller.user, caller.session
    if request.api_key_has_ended:
        raise fail("project_key_expired")
    if (endpoint.signed_in and user is None) or (endpoint.key and not caller.key):
        raise fail("general_unauthorized_scope")
    if caller.key:
        _check_scope(endpoint, request)
    if user is None:
        return
    if user.blocked:
        raise fail("user_blocked")
    if not (endpoint.half or endpoint.any_project) and session and not policy.is_complete(session, user):
        raise fail("user_more_factors_required")
    if clock.now() - user.accessed > DAY:
        users.touch(user)


def _kind(caller: who.Caller) -> str:
    if caller.key:
        return "key"
    if caller.user is None:
        return "guest"
    if caller.jwt or caller.session is None:
        return "jwt"
    return "session" if policy.is_complete(caller.session, caller.user) else "half"


def _check_scope(endpoint: Endpoint, request: ApiRequest) -> None:
    scopes = endpoint.scopes(request.method)
    if scopes and not request.trusted:
        raise fail("general_unauthorized_scope", f"The API key is missing the scope {' or '.join(scopes)}.")


def _has_scope(endpoint: Endpoint, request: ApiRequest) -> bool:
    """Whether an API key asks that has a scope for this endpoint."""
    held = request.api_key.scopes if request.api_key else []
    return any(scope in held for scope in endpoint.scopes(request.method))


def _check_recent(endpoint: Endpoint, call: Call) -> None:
    if endpoint.own_session and call.caller.jwt:
        raise fail("user_challenge_required")
    need = endpoint.recent if isinstance(endpoint.recent, Recent) else endpoint.recent(call.request)
    session = call.caller.session
    if need is Recent.NEVER or (session and not call.caller.jwt and policy.is_recent(session, clock.now())):
        return
    lifted = "factor-changes" in settings.config().parity or not in_force(call.user)
    if need is Recent.ALWAYS or not lifted:
        raise fail("user_challenge_required")


def _check_timestamp(request: ApiRequest) -> None:
    given = request.header("x-appwrite-timestamp")
    try:
        datetime.fromisoformat(given.removesuffix("Z") or "2020-01-01")
    except ValueError:
        raise fail("general_argument_invalid", "Invalid X-Appwrite-Timestamp header: not a date") from None


def _snake(name: str) -> str:
    """`challengeId` as `challenge_id`."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
