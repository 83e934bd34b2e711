"""Who is asking: project, API key, and the user and session behind a cookie or header."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple
from urllib.parse import unquote

from chalicelib.errors import ApiError, fail
from chalicelib.models import Project, Session, User
from chalicelib.runtime import clock, settings
from chalicelib.security import hashing, web_tokens
from chalicelib.security.web_tokens import Claims
from chalicelib.sessions import policy, secret
from chalicelib.sessions.secret import Held
from chalicelib.storage import dynamo, keys, sessions, switches, users
from chalicelib.storage.items import Item
from chalicelib.storage.keys import Key
from chalicelib.web.request import ApiRequest

MOST_CLAIMS = 4
"""Values of one cookie that are looked up."""


class Caller(NamedTuple):
    """Who asks, in which project, and all that was read on the way, by its place.

    At most one of `key` and `user` says something: with a valid API key the actor is the key, whatever else came. With
    a `jwt`, `session` is the one that the token was made from, None where the team's server made it without. `refused`
    says to the log why what came makes nobody known.
    """

    project: Project
    key: bool
    user: User | None
    session: Session | None
    jwt: bool
    items: Mapping[Key, Item | None]
    refused: str = ""

    @property
    def user_id(self) -> str:
        """Empty without a user."""
        return self.user.id if self.user else ""


def cookie_name() -> str:
    return f"a_session_{settings.config().project}".lower()


def has_valid_key(request: ApiRequest) -> bool:
    """Whether the request carries an API key of the team."""
    return request.api_key is not None


def has_fallback_only(request: ApiRequest) -> bool:
    """Whether no session came by cookie or X-Appwrite-Session (header X-Debug-Fallback says so)."""
    return not any(secret.decode(value) for values in _direct_values(request) for value in values)


def claimed_sessions(request: ApiRequest) -> list[Held]:
    """What the first source that decodes claims: main cookie, legacy cookie, X-Appwrite-Session, X-Fallback-Cookies.

    A cookie may come several times, from a parent domain too; of those that decode at most MOST_CLAIMS are looked up.
    """
    for values in (*_direct_values(request), _fallback_values(request)):
        claims = dict.fromkeys(filter(None, map(secret.decode, values)))
        if claims:
            return list(claims)[:MOST_CLAIMS]
    return []


def held_secret(request: ApiRequest, session: Session) -> str:
    """By what the caller holds that session, which is known to be his."""
    secrets = (each.secret for each in claimed_sessions(request))
    return next(each for each in secrets if hashing.same(session.secret_digest, hashing.digest(each)))


def claimed_token(request: ApiRequest) -> Claims | None:
    """What the request's JWT says, None when it has none. 401 `user_jwt_invalid`."""
    token = request.header("x-appwrite-jwt")
    return web_tokens.read(token) if token else None


def identify(request: ApiRequest, besides: Callable[[str], list[Key]], anybody: bool = False) -> Caller:
    """Read user, session, project and whatever else the request needs, in one round trip.

    `besides` says what that is for the user id that the request claims, empty for a guest; it is asked for each claim,
    also for one that turns out to be false. With `anybody` nothing is read of who asks. 403 `user_jwt_and_cookie_set`
    for a JWT beside a session, 401 `user_jwt_invalid` for one that is not ours, altered or expired.
    """
    now, key, cache = clock.now(), has_valid_key(request), switches.project_cache()
    held = [] if key or anybody else [each for each in claimed_sessions(request) if each.user_id]
    claims, mistake = (None, None) if anybody else _token_or_mistake(request)
    named = _places(claims.user_id, claims.session_id) if claims and not key else ()
    claimed = ("", *(each.user_id for each in held), claims.user_id if claims and named else "")
    wanted = (
        *(place for each in held for place in _held_places(each)),
        *named,
        *cache.key(now),
        *(place for user_id in dict.fromkeys(claimed) for place in besides(user_id)),
    )
    items = dict(zip(wanted, dynamo.read(*wanted) if wanted else (), strict=True))
    project = cache.refresh(items[keys.PROJECT], now) if keys.PROJECT in items else cache.project
    judged = [_by_secret(each, [items[place] for place in _held_places(each)], now) for each in held]
    known = [each for each in judged if not isinstance(each, str)]
    refused = next((each for each in judged if isinstance(each, str)), "")
    user, session = min(known, key=lambda pair: pair[0].blocked, default=(None, None))  # the first that is not blocked
    if user and (claims or mistake):
        raise fail("user_jwt_and_cookie_set")
    if mistake:
        raise mistake
    if claims and named:
        user, session, refused = _by_token(claims, [items[place] for place in named], now)
    return Caller(project, key, user, session, bool(named), items, refused)


def why_unknown(request: ApiRequest, caller: Caller) -> str:
    """Why there is no user, of a request without one."""
    if caller.key:
        return "an API key is no user"
    if caller.refused:
        return caller.refused
    if request.header("x-appwrite-key"):
        return why_no_key(request)
    came = any(value for values in (*_direct_values(request), _fallback_values(request)) for value in values)
    return "session value that is none of ours" if came else "no session and no JWT came"


def why_no_key(request: ApiRequest) -> str:
    """Why there is no API key, of a request without a valid one."""
    came = request.header("x-appwrite-key")
    return "unknown API key: revoked, of another stage or never there" if came else "no API key came"


def _token_or_mistake(request: ApiRequest) -> tuple[Claims | None, ApiError | None]:
    """A broken JWT is told only after it is known whether there is a session beside it."""
    try:
        return claimed_token(request), None
    except ApiError as mistake:
        return None, mistake


def _places(user_id: str, session_id: str) -> tuple[Key, ...]:
    return (keys.user(user_id), keys.session(user_id, session_id)) if session_id else (keys.user(user_id),)


def _held_places(held: Held) -> tuple[Key, ...]:
    return _places(held.user_id, held.session_id)


def _by_secret(held: Held, items: list[Item | None], now: int) -> tuple[User, Session] | str:
    """Whose session it is, or why it is none."""
    user, session = users.user_of(items[0]), sessions.session_of(items[1])
    if user is None or session is None:
        return policy.GONE
    if not hashing.same(session.secret_digest, hashing.digest(held.secret)):
        return "wrong secret of a session"
    return _why_over(session, user, now) or (user, session)


def _by_token(claims: Claims, items: list[Item | None], now: int) -> tuple[User | None, Session | None, str]:
    """Whom the token makes known, or why nobody.

    A token lives as long as its session and its user's generation, whichever ends first.
    A change that ends other sessions gives its own session the next generation, and none to the tokens made before.
    """
    user = users.user_of(items[0])
    if user is None:
        return None, None, "JWT of a user who is gone"
    if claims.generation != user.generation and not user.blocked:
        return None, None, "JWT of before the user's sessions ended"
    if not claims.session_id:
        return user, None, ""
    session = sessions.session_of(items[1])
    over = _why_over(session, user, now) if session else policy.GONE
    return (None, None, f"JWT of a session that is over: {over}") if over else (user, session, "")


def _why_over(session: Session, user: User, now: int) -> str:
    """Why the session is over. A blocked user's has ended: he is known by it only to be told so."""
    return "" if user.blocked else policy.why_over(session, user, now)


def _direct_values(request: ApiRequest) -> Iterator[list[str]]:
    for name in (cookie_name(), f"{cookie_name()}_legacy"):
        yield list(map(unquote, request.cookies.get(name, ())))
    yield [request.header("x-appwrite-session")]


def _fallback_values(request: ApiRequest) -> list[str]:
    return [request.fallback_cookies.get(f"a_session_{settings.config().project}", "")]
