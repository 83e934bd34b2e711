"""Switch MFA on and off."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.audit.acts import Actor, Kind
from chalicelib.factors.force import as_read, guarded, require_passable, void_codes, void_proofs
from chalicelib.factors.registry import counting, in_force
from chalicelib.models import Project, Session, User
from chalicelib.storage import dynamo, sessions, users


def switch_on(actor: Actor, user: User, session: Session | None, project: Project) -> None:
    """From now on a session needs a second factor.

    Whoever switches it on stays signed in: this `session`, if any, gains all factors of the user. By the project's
    policy his other sessions end, and recovery codes that another session made are void, and so are open proofs of
    addresses: what was done before MFA must not outlive it. Where it is on already, nothing happens. 409
    `user_mfa_factor_missing` when neither a way in nor this session could be completed.
    """
    if user.mfa:
        return
    require_passable(user, project, session)
    act = actor.does(Kind.MFA_ON, user)
    update = as_read(users.dated_update(user), user).set("mfa", True)
    end_others = project.session_invalidation
    gained = session and replace(session, factors=sessions.with_factors(session, counting(user)))
    carried = sessions.end_others(update, user, gained, end_others)
    if gained and not end_others:
        carried = sessions.keep_with_factors(update, user, gained)
    if counting(user):
        void_proofs(update, user)
    void = void_codes(update, user, session)
    dynamo.commit(guarded(update, actor, user), *carried, act.entry)
    waiting = "" if counting(user) else "mfa_on_waiting"
    act.notify(notice="mfa_on_codes_void" if void else waiting)


def switch_off(actor: Actor, user: User, session: Session | None, project: Project) -> None:
    """A first factor suffices again. Where MFA was in force the user's other sessions end, by the project's policy."""
    if not user.mfa:
        return
    end_others = in_force(user) and project.session_invalidation
    update = guarded(users.dated_update(user).set("mfa", False), actor, user)
    act = actor.does(Kind.MFA_OFF, user)
    dynamo.commit(update, *sessions.end_others(update, user, session, end_others), act.entry)
    act.notify()
