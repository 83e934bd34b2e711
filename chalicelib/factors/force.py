"""Whether MFA can be passed, and conditions of writes that were decided on whether it is in force."""

from __future__ import annotations

from chalicelib import services
from chalicelib.audit.acts import Act, Actor, Kind
from chalicelib.errors import fail
from chalicelib.factors.registry import FACTORS, PROOFS, counting, in_force
from chalicelib.models import TEAM, Project, Session, User
from chalicelib.storage import sessions, users
from chalicelib.storage.writes import Update

WAYS = ("email", "email_verified", "password", "phone", "phone_verified", "phone_by_team", "phone_before")
"""What the ways in, and the factors besides authenticators, depend on."""


def ways_in(user: User, project: Project) -> list[str]:
    """The first factors by which the user can sign in without the team's help."""
    ways = {
        "password": bool(user.password and user.email) and project.allows_method("email-password"),
        "phone": (user.owns_phone or bool(user.phone_before)) and project.allows_method("phone"),
    }
    return [way for way, is_open in ways.items() if is_open]


def is_passable(user: User, project: Project) -> bool:
    """Whether a second factor that lasts completes one of the user's ways in.

    A way in is no second factor beside itself. Whoever has no way in of his own is signed in by the team, with whatever
    he has.
    """
    ways = ways_in(user, project)
    lasting = [each for each in FACTORS if each.lasts and project.allows_factor(each.name) and each.enrolled(user)]
    return not ways or any(factor.name != way for way in ways for factor in lasting)


def require_passable(user: User, project: Project) -> None:
    """409 `user_mfa_factor_missing` when MFA would be in force and lock the user out. Without any factor it is not."""
    if counting(user) and not is_passable(user, project):
        raise fail("user_mfa_factor_missing")


def consequences(
    actor: Actor, update: Update, before: User, after: User, project: Project, session: Session | None = None
) -> list[Act]:
    """What a change of the user's addresses and factors means for MFA that is on; the acts to log and to tell.

    It goes off where it could not be passed after the change. Where it comes into force, recovery codes that were made
    in another session than this are void. Where it waits for a first factor, it goes on waiting. `after`
    is the user as the change leaves him. The update is refused when what this is decided on is not as it was read.
    """
    if not before.mfa:
        update.when_same("mfa", False)
        return []
    as_read(update, before)
    if in_force(before) or in_force(after):
        if not (counting(after) and is_passable(after, project)):
            update.set("mfa", False)
            return [actor.does(Kind.MFA_OFF, before)]
        if not in_force(before) and void_codes(update, before, session):
            return [actor.does(Kind.RECOVERY_CODES_VOIDED, before)]
    return []


def end_sessions(
    update: Update, before: User, after: User, project: Project, session: Session | None = None
) -> list[Update]:
    """End the user's sessions besides this one, by the project's policy, where MFA comes into force or goes off.

    One from before may hold a factor that the user no longer has; a half one must not become whole. Returns what goes
    with the update.
    """
    if in_force(before) == (in_force(after) and is_passable(after, project)):
        return []
    return sessions.end_others_and_carry(update, before, session, project.session_invalidation)


def void_codes(update: Update, user: User, session: Session | None) -> bool:
    """Void the recovery codes, apart from those of the team and of this session. Whether there were others."""
    update.when_same("recovery_codes", user.recovery_codes)
    if not user.recovery_codes or user.codes_by in (TEAM, session.id if session else TEAM):
        return False
    update.remove("recovery_codes").remove("codes_by")
    return True


def as_read(update: Update, user: User) -> Update:
    """Only if MFA, and all that decides whether it is in force and can be passed, is as it was read."""
    for field in ("mfa", "authenticators", *WAYS):
        update.when_same(field, getattr(user, field))
    return update


def guarded(update: Update, actor: Actor, user: User) -> Update:
    """Only if the user's sessions have not been ended since he was read, and MFA not come into force.

    The caller was let in because MFA was not in force, or had passed a challenge. Where that is no longer so, 401
    `user_challenge_required`, or 503 to try again. The team's server needs no challenge.
    """
    if actor.admin:
        return update
    otherwise = update.why_refused
    update.when("generation", "=", user.generation)
    if not in_force(user) and "factor-changes" not in services.config().parity:
        update.when_not_both("mfa", PROOFS)
    update.why_refused = lambda: _reason(user, otherwise())
    return update


def _reason(read: User, otherwise: Exception) -> Exception:
    now = users.find(read.id)
    if now and in_force(now) and not in_force(read):
        return fail("user_challenge_required")
    if now and now.generation != read.generation:
        return fail("general_service_unavailable", retry_after=1)
    return otherwise
