"""Switch MFA on and off."""

from __future__ import annotations

from chalicelib.audit.acts import Actor, Kind
from chalicelib.errors import fail
from chalicelib.factors.registry import counting
from chalicelib.models import Session, User
from chalicelib.storage import dynamo, sessions, users


def switch_on(actor: Actor, user: User, session: Session | None) -> None:
    """From now on a session needs a second factor.

    Whoever switches it on stays signed in: this `session`, if any, gains all factors of the user.
    """
    act = actor.does(Kind.MFA_ON, user)
    update = users.change(user, fail("user_not_found")).set("mfa", True)
    carried = []
    if session:
        factors = sessions.with_factors(session, counting(user))
        sessions.note_factors(update, user, session, factors)
        carried.append(sessions.carry(session, session.generation, factors))
    dynamo.commit(update, *carried, act.entry)
    act.tell()


def switch_off(actor: Actor, user: User, session: Session | None, end_others: bool) -> None:
    """A first factor suffices again. `end_others`: the user's sessions besides `session` end."""
    update = users.change(user).set("mfa", False)
    act = actor.does(Kind.MFA_OFF, user)
    dynamo.commit(update, *sessions.end_others_and_carry(update, user, session, end_others), act.entry)
    act.tell()
