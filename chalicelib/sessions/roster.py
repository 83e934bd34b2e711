"""Which sessions go when one more begins."""

from __future__ import annotations

from typing import NamedTuple

from chalicelib.errors import fail
from chalicelib.factors.registry import required_factors
from chalicelib.models import Session, User
from chalicelib.sessions import policy
from chalicelib.storage import sessions
from chalicelib.storage.writes import Delete
from chalicelib.user_agent import subscriber

SPARE = 15
"""How many half sessions beyond their cap a user may have while challenges of other clients are open."""
MOST_ENDED = 60
"""Sessions that one transaction ends besides all else that it does: DynamoDB takes 100 items."""


class Room(NamedTuple):
    """The deletions of the sessions that go, and, where none goes, what the roster must stay below."""

    evicted: list[Delete]
    most: int


def room_for(session: Session, user: User, stale: Exception) -> Room:
    """Room on the user's roster for a new session, as `storage.sessions.open_session` wants it.

    Else whoever has the password could end the owner's half session while the owner types a code: of half ones those
    of the same client go first, then those that are not in the midst of a challenge, and no others. 429
    `general_rate_limit_exceeded` when there are more than SPARE of these beyond the cap. `stale` is raised when a
    session that should go has begun a challenge since.
    """
    factors = len(session.factors)
    if factors >= required_factors(user):
        return Room(sessions.deletions(user, evictions(user, factors, stale)), policy.room(user, factors))
    surplus = len(policy.evictions(user, factors))
    if not surplus:
        return Room([], policy.room(user, factors))
    return _room_among_half(session, user, min(surplus, MOST_ENDED), stale)


def evictions(user: User, factors: int, stale: Exception) -> list[str]:
    """The complete sessions that go so that one more keeps within the cap, as many as one transaction can end.

    Where a lowered cap wants more, the oldest end now and `stale` is raised: the user is to be read again.
    """
    evicted = policy.evictions(user, factors)
    if len(evicted) > MOST_ENDED:
        sessions.end_several(user, evicted[:MOST_ENDED], stale)
        raise stale
    return evicted


def _room_among_half(session: Session, user: User, surplus: int, stale: Exception) -> Room:
    now, (names, _) = session.created, policy.peers(user, len(session.factors))
    found = dict(zip(names, sessions.several(user, names), strict=True))
    first = [name for name, other in found.items() if other is None or _yields(other, session, user)]
    others = {name: other for name, other in found.items() if other and name not in first}
    idle = [name for name, other in others.items() if other.challenged <= now]
    gone, idle = first[:surplus], idle[: max(0, surplus - len(first))]
    if surplus - len(gone) - len(idle) > SPARE:
        soonest = min(other.challenged for name, other in others.items() if name not in idle)
        reason = f"{SPARE} half sessions of other clients beyond the cap are in the midst of a challenge"
        raise fail("general_rate_limit_exceeded", retry_after=-(-(soonest - now) // 1000), reason=reason)
    deletions = [*sessions.deletions(user, gone), *sessions.deletions_unless_challenged(user, idle, now, stale)]
    return Room(deletions, len(user.sessions) + 1)


def _yields(other: Session, session: Session, user: User) -> bool:
    """Whether a half session goes before all others: it is dead or the same client's."""
    return not policy.is_alive(other, user, session.created) or subscriber(other.ip) == subscriber(session.ip)
