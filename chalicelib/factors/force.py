"""Whether MFA can be passed, and conditions of writes that were decided on whether it is in force."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple, TypeVar

from chalicelib.audit.acts import Act, Actor, Kind
from chalicelib.errors import fail
from chalicelib.factors import ways
from chalicelib.factors.registry import FACTORS, PROOFS, counting, in_force, named, required_factors, usable
from chalicelib.factors.ways import Way
from chalicelib.models import TEAM, Project, Session, User
from chalicelib.runtime import clock, settings
from chalicelib.storage import sessions, tokens, users
from chalicelib.storage.writes import Update, Write

Guarded = TypeVar("Guarded", bound=Write)


def ways_in(user: User, project: Project) -> list[Way]:
    """The ways in which the user can sign in without the team's help."""
    return [way for way in ways.every() if way.is_open(user) and way.allowed_in(project)]


def is_passable(user: User, project: Project, passed: Sequence[str] = ()) -> bool:
    """Whether a second factor that lasts completes one of the user's ways in, and the session that has `passed` these.

    A way in is no second factor beside itself, unless it proves one at once. Where the project has switched off all of
    a user's ways, they are judged as if it had not: it may switch them on again. Whoever has none is signed in by the
    team, with whatever he has.
    """
    firsts = ways_in(user, project) or ways_in(user, Project())
    lasting = {each.name for each in FACTORS if each.lasts and each.allowed_in(project) and each.enrolled(user)}
    by_way = not firsts or any(way.second or lasting - {way.factor} for way in firsts)
    return by_way and (not passed or len(passed) > 1 or bool(lasting - set(passed)))


def require_passable(user: User, project: Project, session: Session | None) -> None:
    """409 `user_mfa_factor_missing` when MFA would be in force and lock the user, or this session of his, out.

    Without any factor it is not in force.
    """
    if counting(user) and not is_passable(user, project, session.factors if session else ()):
        raise fail("user_mfa_factor_missing")


class Change(NamedTuple):
    """A change of a user's addresses and factors: he as he was read, and as it leaves him, in which of his sessions.

    `session` is the one that acts, as it is after that, and `proof` the purpose of the open proof that is redeemed.
    """

    before: User
    after: User
    project: Project
    session: Session | None = None
    proof: str = ""

    @property
    def leaves_in_force(self) -> bool:
        """Whether MFA is in force after it. It goes off where the change leaves no way through.

        Not where there was none before it: that is the project's policy, which may be of today only.
        """
        if not in_force(self.after):
            return False
        without_way = in_force(self.before) and not is_passable(self.before, self.project)
        return without_way or is_passable(self.after, self.project)


def with_proof(session: Session, before: User, after: User, factor: str, project: Project) -> Session:
    """The session once it has proven a factor that the user has after that: as if it had passed a challenge with it.

    Not one that lacks a factor: it would become whole by what it added itself. Nor by a factor with which no challenge
    could be passed.
    """
    if not usable(named(factor), after, project) or len(session.factors) < required_factors(before):
        return session
    return sessions.after_challenge(session, sessions.with_factors(session, [factor]), clock.now())


def consequences(actor: Actor, update: Update, change: Change) -> list[Act]:
    """What the change means for MFA that is on; the acts to log and to tell.

    It goes off where it could not be passed any more. Where it comes into force, recovery codes that were made in
    another session are void, and so are open proofs. Where it waits for a first factor, it goes on waiting. The update
    is refused when what this is decided on is not as it was read.
    """
    before = change.before
    owner = change.after if change.proof == "email" else before  # a mailbox that is proven now hears of all
    if not before.mfa:
        update.when_same("mfa", False)
        return []
    as_read(update, before)
    if not change.leaves_in_force:
        if not (in_force(before) or in_force(change.after)):
            return []
        update.set("mfa", False)
        return [actor.does(Kind.MFA_OFF, owner)]
    if in_force(before):
        return []
    void_proofs(update, before, but=change.proof)
    return [actor.does(Kind.RECOVERY_CODES_VOIDED, owner)] if void_codes(update, before, change.session) else []


def end_sessions(update: Update, change: Change) -> list[Update]:
    """End the user's other sessions, by the project's policy, where MFA comes into force or goes off.

    One from before may hold a factor that the user no longer has; a half one must not become whole. The session that
    acts goes on as it is in the `change`. Returns what goes with the update.
    """
    before, session = change.before, change.session
    if in_force(before) != change.leaves_in_force and change.project.session_invalidation:
        return sessions.end_others(update, before, session, wanted=True)
    return sessions.keep_with_factors(update, before, session) if session else []


def void_codes(update: Update, user: User, session: Session | None) -> bool:
    """Void the recovery codes, apart from those of the team and of this session. Whether there were others."""
    update.when_same("recovery_codes", user.recovery_codes)
    if not user.recovery_codes or user.codes_by in (TEAM, session.id if session else TEAM):
        return False
    update.remove("recovery_codes").remove("codes_by")
    return True


def void_proofs(update: Update, user: User, but: str = "") -> None:
    """Void the open proofs of the user's addresses, apart from that of the purpose `but`.

    Whoever asked for one before MFA would get a factor by it.
    """
    tokens.void(update, user, {"email", "phone"} - {but})


def as_read(update: Update, user: User) -> Update:
    """Only if MFA, and all that decides whether it is in force and can be passed, is as it was read."""
    declared = [*(each.rests_on for each in FACTORS), *(each.rests_on for each in ways.every())]
    for field in dict.fromkeys(["mfa", *chain.from_iterable(declared)]):
        update.when_same(field, getattr(user, field))
    return update


def guarded(update: Guarded, actor: Actor, user: User) -> Guarded:
    """Only if the user's sessions have not been ended since he was read, and MFA not come into force.

    The caller was let in because MFA was not in force, or had passed a challenge. Where that is no longer so, 401
    `user_challenge_required`, or 503 to try again. The team's server needs no challenge.
    """
    if actor.admin:
        return update
    otherwise = update.why_refused
    update.when("generation", "=", user.generation)
    if not in_force(user) and "factor-changes" not in settings.config().parity:
        update.when_not_both("mfa", PROOFS)
    update.why_refused = lambda: _reason(user, otherwise())
    return update


def _reason(read: User, otherwise: Exception) -> Exception:
    now = users.find(read.id)
    if now and in_force(now) and not in_force(read):
        return fail("user_challenge_required", reason="MFA has come into force meanwhile")
    if now and now.generation != read.generation:
        return fail("general_service_unavailable", retry_after=1, reason="the user's sessions have ended meanwhile")
    return otherwise
