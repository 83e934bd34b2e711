"""Look at sessions, extend them, end them."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.audit.acts import Actor, Kind
from chalicelib.errors import fail
from chalicelib.models import Session, User
from chalicelib.runtime import clock
from chalicelib.sessions import policy
from chalicelib.storage import dynamo, sessions, users


def all_of(user: User) -> list[Session]:
    """The user's sessions that are alive, half ones too, oldest first."""
    now = clock.now()
    return [session for session in sessions.of_user(user) if policy.is_alive(session, user, now)]


def get(user: User, session_id: str) -> Session:
    """One of the user's sessions. 404 `user_session_not_found`, also for another user's."""
    session = sessions.find(user, session_id)
    over = policy.why_over(session, user, clock.now()) if session else policy.GONE
    if session is None or over:
        raise fail("user_session_not_found", reason=over)
    return session


def extend(actor: Actor, user: User, session: Session) -> Session:
    """The session lives as long as if it began now."""
    now = clock.now()
    expire = policy.expiry(now, session.lifetime)
    extended = replace(session, expire=expire, ttl=expire // 1000, updated=now)
    sessions.extend(extended, actor.does(Kind.SESSION_EXTENDED, user).entry)
    return extended


def end(actor: Actor, user: User, session_id: str) -> None:
    """End one of the user's sessions. 404 `user_session_not_found`, also for another user's."""
    sessions.end(user, session_id, actor.does(Kind.SESSION_ENDED, user).entry)


def end_all(actor: Actor, user: User) -> None:
    """End all of the user's sessions, in one write."""
    sessions.end_all(user, actor.does(Kind.SESSIONS_ENDED, user).entry)


def end_others(actor: Actor, user: User, session: Session) -> None:
    """End all of the user's sessions but this one, and all of his JWTs."""
    update = users.dated_update(user)
    carried = sessions.end_others(update, user, session, wanted=True)
    dynamo.commit(update, *carried, actor.does(Kind.SESSIONS_ENDED, user).entry)
