"""Switch MFA on and off."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.audit.acts import Actor, Kind
from chalicelib.errors import fail
from chalicelib.factors.force import as_read, guarded, require_passable
from chalicelib.factors.registry import counting, in_force
from chalicelib.models import TEAM, Project, Session, User
from chalicelib.storage import dynamo, sessions, users
from chalicelib.storage.writes import Update


def switch_on(actor: Actor, user: User, session: Session | None, project: Project) -> None:
    """From now on a session needs a second factor.

    Whoever switches it on stays signed in: this `session`, if any, gains all factors of the user. By the project's
    policy his other sessions end, and recovery codes that another session made are void: what was done before MFA must
    not outlive it. Where it is on already, nothing happens. 409 `user_mfa_factor_missing` when nobody could pass.
    """
    if user.mfa:
        return
    require_passable(user, project)
    if session:
        session = replace(session, factors=sessions.with_factors(session, counting(user)))
    act = actor.does(Kind.MFA_ON, user)
    update = as_read(users.change(user, fail("user_not_found")), user).set("mfa", True)
    carried = sessions.end_others_and_carry(update, user, session, project.session_invalidation)
    if session and not carried:
        carried = [_gain_factors(update, user, session)]
    void = _void_codes(update, user, session)
    dynamo.commit(guarded(update, actor, user), *carried, act.entry)
    act.tell(notice="mfa_on_codes_void" if void else "")


def switch_off(actor: Actor, user: User, session: Session | None, project: Project) -> None:
    """A first factor suffices again. Where MFA was in force the user's other sessions end, by the project's policy."""
    if not user.mfa:
        return
    end_others = in_force(user) and project.session_invalidation
    update = guarded(users.change(user).set("mfa", False), actor, user)
    act = actor.does(Kind.MFA_OFF, user)
    dynamo.commit(update, *sessions.end_others_and_carry(update, user, session, end_others), act.entry)
    act.tell()


def _gain_factors(update: Update, user: User, session: Session) -> Update:
    sessions.note_factors(update, user, session, session.factors)
    return sessions.carry(session, session.generation, session.factors)


def _void_codes(update: Update, user: User, session: Session | None) -> bool:
    """Recovery codes of the team's and of this session's stay. Whether there were others."""
    if not user.recovery_codes or user.codes_by in (TEAM, session.id if session else TEAM):
        return False
    update.when_same("recovery_codes", user.recovery_codes).remove("recovery_codes").remove("codes_by")
    return True
