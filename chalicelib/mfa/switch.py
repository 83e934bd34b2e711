"""Switch MFA on and off."""

from __future__ import annotations

from chalicelib.factors.registry import counting
from chalicelib.models import Session, User
from chalicelib.storage import dynamo, sessions, users


def switch_on(user: User, session: Session) -> None:
    """From now on a session needs a second factor.

    Whoever switches it on stays signed in: this session gains all factors of the user.
    """
    factors = sessions.with_factors(session, counting(user))
    update = users.change(user).set("mfa", True)
    sessions.note_factors(update, user, session, factors)
    dynamo.commit(update, sessions.carry(session, session.generation, factors))


def switch_off(user: User, session: Session | None, end_others: bool) -> None:
    """A first factor suffices again. `end_others`: the user's sessions besides `session` end."""
    update = users.change(user).set("mfa", False)
    dynamo.commit(update, *sessions.end_others_and_carry(update, user, session, end_others))
