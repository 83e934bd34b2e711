"""/users/{userId}/sessions and /jwts. With an API key."""

from __future__ import annotations

from typing import Any

from chalicelib.api.account.tokens import DURATION
from chalicelib.api.answers import sessions as json_sessions
from chalicelib.api.users.users import USER, USER_ID, user_of
from chalicelib.audit.acts import Kind
from chalicelib.errors import fail
from chalicelib.factors.registry import in_force
from chalicelib.models import Session, User
from chalicelib.schema import schema_of, takes
from chalicelib.security import web_tokens
from chalicelib.security.web_tokens import Claims
from chalicelib.sessions import manage
from chalicelib.sign_in import server
from chalicelib.web.endpoint import Call, Routes
from chalicelib.web.parameters import Parameter, identifier, loose_boolean

routes = Routes(__name__)
PATH = "/users/{userId}/sessions"
RECENT = "recent"


@takes(anyOf=[{"const": "recent()"}, schema_of(identifier)])
def session_or_recent(value: Any) -> str:
    """The id of a session, or RECENT, which the documentation of some SDKs spells with parentheses."""
    return RECENT if value == "recent()" else identifier(value)


@routes.endpoint("POST", PATH, answer="session", status=201, key=True, reads=USER, params={"userId": USER_ID})
def create(call: Call, user_id: str) -> dict[str, Any]:
    opened = server.sign_in(call.actor, user_of(call))
    return json_sessions.session(opened.session, current=False, secret=opened.value)


@routes.endpoint(
    "GET",
    PATH,
    answer="sessionList",
    key=True,
    reads=USER,
    params={"userId": USER_ID, "total": Parameter(loose_boolean, True)},
)
def list_all(call: Call, user_id: str, total: bool) -> dict[str, Any]:
    return json_sessions.session_list(manage.all_of(user_of(call)), None, total)


@routes.endpoint("DELETE", PATH, key=True, reads=USER, params={"userId": USER_ID})
def delete_all(call: Call, user_id: str) -> None:
    manage.end_all(call.actor, user_of(call))


@routes.endpoint(
    "DELETE",
    f"{PATH}/{{sessionId}}",
    key=True,
    reads=USER,
    params={"userId": USER_ID, "sessionId": Parameter(identifier)},
)
def delete(call: Call, user_id: str, session_id: str) -> None:
    manage.end(call.actor, user_of(call), session_id)


@routes.endpoint(
    "POST",
    "/users/{userId}/jwts",
    answer="jwt",
    errors=("user_session_not_found",),
    status=201,
    key=True,
    reads=USER,
    params={"userId": USER_ID, "sessionId": Parameter(session_or_recent, RECENT), "duration": DURATION},
)
def create_jwt(call: Call, user_id: str, session_id: str, duration: int) -> dict[str, str]:
    """A token for one of the user's sessions; without any, it lives until it expires or all sessions are ended.

    With MFA in force a session that is named must be there: a token without one has no factors that it could lack.
    """
    user = user_of(call)
    if user.blocked:
        raise fail("user_blocked", reason="a JWT was asked for a blocked user")
    session = _chosen(user, session_id)
    if session is None and session_id != RECENT and in_force(user):
        raise fail("user_session_not_found", reason="no live session of that id, and MFA is in force")
    claims = Claims(user.id, session.id if session else "", user.generation)
    call.actor.does(Kind.JWT_MADE, user).record()
    return {"jwt": web_tokens.issue(claims, duration)}


def _chosen(user: User, session_id: str) -> Session | None:
    matching = [session for session in manage.all_of(user) if session_id in (RECENT, session.id)]
    return matching[-1] if matching else None
