"""What a request must pass before its endpoint runs: CHECKS, at the end of this file, has the order.

A check takes the Call and refuses it by raising ApiError, or lets it go on. None writes, except that `limits` counts.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache

from chalicelib.errors import fail
from chalicelib.factors.registry import in_force
from chalicelib.runtime import clock, settings
from chalicelib.security import origins
from chalicelib.security.api_keys import OF_EVERY_KEY
from chalicelib.sessions import policy
from chalicelib.web import cookies, formats, reads
from chalicelib.web import identity as who
from chalicelib.web import parameters as rules
from chalicelib.web.call import Call
from chalicelib.web.declaration import Endpoint, Recent, argument
from chalicelib.web.reads import Wanted
from chalicelib.web.request import ApiRequest

Check = Callable[[Call], None]


def origin(call: Call) -> None:
    """A browser asks from one of the project's pages."""
    origin = call.request.header("origin")
    if origin and not who.has_valid_key(call.request) and not origins.allows_origin(origin, call.request.own_host):
        raise fail("general_unknown_origin", reason=origins.why_refused(origin))


def project(call: Call) -> None:
    """The request is for this project."""
    request = call.request
    if request.header("x-appwrite-mode") not in ("", "default"):
        raise fail("general_unauthorized_scope", reason="X-Appwrite-Mode is not default: there is no console")
    if not call.endpoint.any_project and request.project != settings.config().project:
        reason = "another project than MFA_PROJECT" if request.project else "the request names no project"
        raise fail("project_not_found", reason=reason)
    if who.has_valid_key(request) and not request.header("x-appwrite-project"):
        raise fail("project_id_missing")


def identity(call: Call) -> None:
    """Who asks is no contradiction. Everything that the request needs from the tables is read here, at once."""
    endpoint, request, usage = call.endpoint, call.request, call.usage
    request.trusted = _has_scope(endpoint, request)

    @cache
    def wanted(user_id: str) -> dict[str, Wanted]:
        """Nothing for somebody who lacks the key that the endpoint wants."""
        lacks_key = endpoint.key and not who.has_valid_key(request)
        return {} if lacks_key else reads.wanted(endpoint.reads, request, user_id)

    call.caller = who.identify(
        request, lambda id_: [*reads.keys(wanted(id_)), *usage.keys(request, id_)], endpoint.anybody
    )
    call.read = reads.by_name(wanted(call.caller.user_id), call.caller.items)
    call.kind = _kind(call.caller)


def key_expired(call: Call) -> None:
    if call.request.api_key_has_ended:
        raise fail("project_key_expired")


def signed_in(call: Call) -> None:
    """There is the user, or the API key, that the endpoint is for."""
    if call.endpoint.signed_in and call.caller.user is None:
        raise fail("general_unauthorized_scope", reason=who.why_unknown(call.request, call.caller))
    if call.endpoint.key and not call.caller.key:
        raise fail("general_unauthorized_scope", reason=who.why_no_key(call.request))


def scope(call: Call) -> None:
    """An API key has a scope for the endpoint, where there is one."""
    scopes = call.endpoint.scopes(call.request.method)
    if call.caller.key and scopes and not call.request.trusted:
        raise fail("general_unauthorized_scope", f"The API key is missing the scope {' or '.join(scopes)}.")


def blocked(call: Call) -> None:
    """A blocked user's session has ended, and the browser forgets it: nobody else could sign in there."""
    if call.caller.user and call.caller.user.blocked:
        call.headers.update(cookies.taken_back(call.request))
        raise fail("user_blocked", reason="the caller is blocked")


def password_age(call: Call) -> None:
    """Whoever signed in by a password that has become too old changes it before anything else."""
    user, session, endpoint = call.caller.user, call.caller.session, call.endpoint
    let_in = endpoint.old_password or endpoint.half or endpoint.any_project
    if user and session and not let_in and policy.is_outdated(session, user, call.project, clock.now()):
        raise fail("user_password_reset_required", reason="the password is older than the project allows")


def factors(call: Call) -> None:
    """The session has passed all the factors that its user's MFA demands."""
    user, session = call.caller.user, call.caller.session
    let_in = call.endpoint.half or call.endpoint.any_project
    if user and session and not let_in and not policy.is_complete(session, user):
        reason = f"the session has passed {', '.join(session.factors)} alone"
        raise fail("user_more_factors_required", reason=reason)


def limits(call: Call) -> None:
    """There is room in the limits. Looking and counting are one write, else requests at the same time would pass."""
    call.usage.count(call.request, call.caller.user_id, call.caller.items, exempt=call.request.trusted)


def sign_in_method(call: Call) -> None:
    """The project allows this way to sign in; an API key may use one that is switched off."""
    method = call.endpoint.sign_in_method
    if method and not call.request.trusted and not call.project.allows_method(method):
        raise fail("user_auth_method_unsupported", reason=f"the project has switched {method} off")


def own_session(call: Call) -> None:
    """No JWT where the endpoint is about the session itself."""
    if call.endpoint.own_session and call.caller.jwt:
        raise fail("user_challenge_required", reason="a JWT is no session of the caller's own")


def recent_challenge(call: Call) -> None:
    endpoint, session = call.endpoint, call.caller.session
    need = endpoint.recent if isinstance(endpoint.recent, Recent) else endpoint.recent(call.request)
    if need is Recent.SIGN_IN:
        _require_sign_in(call)
        return
    if need is Recent.NEVER or (session and not call.caller.jwt and policy.is_recent(session, clock.now())):
        return
    lifted = "factor-changes" in settings.config().parity or not in_force(call.user)
    if need is Recent.ALWAYS or not lifted:
        reason = f"no challenge passed in the last {settings.config().recent_minutes} minutes"
        raise fail("user_challenge_required", reason="a JWT passes no challenge" if call.caller.jwt else reason)


def _require_sign_in(call: Call) -> None:
    session = call.current
    if session is None:
        raise fail("user_reauthentication_required", reason="a JWT is no sign-in")
    if not policy.is_reauthenticated(session, call.user, clock.now()):
        raise fail("user_reauthentication_required", reason=f"none in the last {policy.SIGN_IN_MINUTES} minutes")


def no_session(call: Call) -> None:
    """Nobody who is signed in signs in."""
    if call.endpoint.opens_session and call.caller.user:
        raise fail("user_session_already_exists")


def timestamp(call: Call) -> None:
    """Header X-Appwrite-Timestamp is a date, where the endpoint looks at it."""
    if not call.endpoint.timestamp:
        return
    given = call.request.header("x-appwrite-timestamp")
    try:
        datetime.fromisoformat(given.removesuffix("Z") or "2020-01-01")
    except ValueError:
        raise fail("general_argument_invalid", "Invalid X-Appwrite-Timestamp header: not a date") from None


def parameters(call: Call) -> None:
    """Each keeps its rule."""
    given = formats.asked(call.request.parameters, call.endpoint.formerly, formats.version(call.request))
    values = rules.read(call.endpoint.params, given)
    call.values = {argument(name): value for name, value in values.items()}


def _kind(caller: who.Caller) -> str:
    if caller.key:
        return "key"
    if caller.user is None:
        return "guest"
    if caller.jwt or caller.session is None:
        return "jwt"
    return "session" if policy.is_complete(caller.session, caller.user) else "half"


def _has_scope(endpoint: Endpoint, request: ApiRequest) -> bool:
    """Whether an API key asks that has a scope for this endpoint."""
    held = [*request.api_key.scopes, *OF_EVERY_KEY] if request.api_key else []
    return any(scope in held for scope in endpoint.scopes(request.method))


CHECKS: tuple[Check, ...] = (
    origin,
    project,
    identity,
    key_expired,
    signed_in,
    scope,
    blocked,
    password_age,
    factors,
    limits,  # the one that writes: a request is counted as soon as it is known whose it is and that he is let in
    sign_in_method,
    own_session,
    recent_challenge,
    no_session,
    timestamp,
    parameters,
)
"""The first that refuses answers. With several mistakes in one request a client hears of the earliest alone."""
