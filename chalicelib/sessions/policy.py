"""Which sessions count as complete, how many a user may have, and how long they live."""

from __future__ import annotations

from chalicelib.factors.registry import in_force, required_factors
from chalicelib.models import Project, Session, User
from chalicelib.runtime import settings
from chalicelib.storage import switches
from chalicelib.units import DAY_S, MINUTE_MS

GONE = "no such session: ended or never there"
SIGN_IN_MINUTES = 10
"""For how long a sign-in lets its session change what signs the user in."""


def is_complete(session: Session, user: User) -> bool:
    return len(session.factors) >= required_factors(user)


def is_alive(session: Session, user: User, now: int) -> bool:
    """Whether a session may be used: of the user's generation, not expired, not half for too long (ASVS 5 7.3.2)."""
    return not why_over(session, user, now)


def why_over(session: Session, user: User, now: int) -> str:
    """Why a session may not be used any more; empty for one that may."""
    if session.generation != user.generation:
        return GONE
    if session.expire <= now:
        return "session expired"
    minutes = settings.config().half_session_minutes
    if is_complete(session, user) or now < session.created + minutes * MINUTE_MS:
        return ""
    return f"session without its second factor for {minutes} minutes"


def is_outdated(session: Session, user: User, project: Project, now: int) -> bool:
    """Whether the session began with a password that has become older than the project allows."""
    age = now - user.password_updated
    return project.password_rotation and "password" in session.factors and age > project.password_max_age * 1000


def is_recent(session: Session, now: int) -> bool:
    """Whether this session passed a challenge within the last minutes (setting `recent_minutes`)."""
    return now - session.mfa_updated <= settings.config().recent_minutes * MINUTE_MS


def is_reauthenticated(session: Session, user: User, now: int) -> bool:
    """Whether this session began, or passed a challenge, within the last minutes; a challenge where MFA is in force."""
    last = session.mfa_updated if in_force(user) else max(session.created, session.mfa_updated)
    return now - last <= SIGN_IN_MINUTES * MINUTE_MS


def longest(project: Project | None = None) -> int:
    """How long a session may last, in seconds: by the policy of the project in force, or else by the setting."""
    return (project or switches.current()).session_duration or settings.config().session_days * DAY_S


def most(project: Project | None = None) -> int:
    """How many complete sessions a user may have: by the policy of the project in force, or else by the setting."""
    return (project or switches.current()).session_limit or settings.config().session_limit


def expiry(now: int, lifetime: int = 0) -> int:
    """When a session that starts or is extended now ends: after `lifetime` seconds, or else as late as may be."""
    return now + min(lifetime or longest(), longest()) * 1000


def evictions(user: User, factors: int) -> list[str]:
    """The sessions that must end so that one more with so many factors keeps within the caps, oldest first.

    Half sessions have a cap of their own and never push out a complete one: else whoever knows the password could
    sign the owner out. Ids sort by age.
    """
    alike, cap = peers(user, factors)
    return alike[: max(0, len(alike) + 1 - cap)]


def room(user: User, factors: int) -> int:
    """How many sessions the roster may have before one more with so many factors needs an eviction."""
    alike, cap = peers(user, factors)
    return len(user.sessions) + max(0, cap - len(alike))


def peers(user: User, factors: int) -> tuple[list[str], int]:
    """The user's sessions that share a cap with one that has passed so many factors, oldest first, and that cap."""
    required = required_factors(user)
    complete = factors >= required
    cap = most() if complete else settings.config().half_session_limit
    return sorted(name for name, passed in user.sessions.items() if (passed >= required) == complete), cap
