"""Begin a challenge, and complete it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from chalicelib.audit.acts import Actor, Kind
from chalicelib.errors import ApiError, fail, liftable, wrong_code
from chalicelib.factors.factor import Factor, Proof, Refusal
from chalicelib.factors.registry import FACTORS, gave_password, in_force, named
from chalicelib.ids import new_id
from chalicelib.models import Challenge, Project, Session, User
from chalicelib.runtime import clock, metrics, settings
from chalicelib.security import guesses
from chalicelib.sessions import policy, roster
from chalicelib.storage import challenges, dynamo, keys, sessions, users
from chalicelib.storage.items import Item
from chalicelib.storage.keys import Key
from chalicelib.units import MINUTE_MS

_ABSENT = "no such challenge: answered already, or never there"
_ENDED = "the session has ended since it was read"
_EXPIRED = "challenge expired"


class _Stale(Exception):
    """The challenge is no longer as it was read."""


class Begun(NamedTuple):
    """A challenge that waits for its answer, and what its factor shows to the client besides."""

    challenge: Challenge
    shown: dict[str, Any]


def begin(actor: Actor, factor: Factor, user: User, session: Session, project: Project) -> Begun:
    """Put a challenge to this session of the user; a factor that sends codes sends one.

    501 `user_auth_method_unsupported` when the project does not allow the factor, 429 within the cooldown of its
    channel, 503 when the code cannot be sent, 400 when it never can be (there is no challenge then), and the factor's
    own errors.
    """
    _require_allowed(factor, project)
    config, now = settings.config(), clock.now()
    challenge_id = new_id(now)
    begun = factor.begin(user, challenge_id, actor.locale)
    if gave_password(factor, user, project):
        raise fail("user_auth_method_unsupported", "The password was reset by e-mail. Use another factor this time.")
    act = actor.does(Kind.CHALLENGED, user, challenge_id)
    expire = now + config.code_minutes * MINUTE_MS
    challenge = Challenge(
        id=challenge_id,
        user_id=user.id,
        session_id=session.id,
        factor=factor.name,
        created=now,
        expire=expire,
        ttl=expire // 1000,
        sealed_answer=begun.sealed_answer,
    )
    channel = factor.channel if config.rate_limits else ""
    complete = policy.is_complete(session, user)
    noted = sessions.going_on(session) if complete else sessions.challenged(session, expire)
    try:
        if channel:
            challenges.keep_sent(challenge, user, channel, config.send_cooldown_seconds * 1000, noted, act.entry)
        else:
            challenges.keep(challenge, noted, act.entry)
        if begun.send:
            begun.send()
    except Exception:
        with suppress(ApiError):
            challenges.withdraw(challenge, user, channel, act.withdrawal)
        raise
    metrics.count("Challenges", Factor=factor.name, Outcome="begun")
    return Begun(challenge, dict(begun.shown))


def evidence_keys(user_id: str, otp: str) -> dict[str, Key]:
    """Where the items are that factors may need to judge this answer, by the factor's name."""
    asked = ((factor.name, factor.evidence(user_id, otp)) for factor in FACTORS)
    return {name: key for name, key in asked if key}


def complete(
    actor: Actor,
    user: User,
    session: Session,
    project: Project,
    challenge_id: str,
    otp: str,
    item: Item | None,
    evidence: Mapping[str, Item | None],
) -> Session:
    """Judge the answer and, if it is right, add the factor to the session.

    `item` is the challenge as it was read, `evidence` what stands at `evidence_keys`. 401 `user_invalid_token` for a
    challenge that is unknown, spent, expired, another user's or another session's, out of attempts, and for a wrong or
    spent code; 429 when the user's budget of wrong answers is gone; 501 `user_auth_method_unsupported` for a factor
    switched off since.

    An answer is told right or wrong only if no other was judged since the counts that it was judged with. On a conflict
    everything is read and judged again, so at most the budget is judged, however many run at once.
    """
    for _ in range(_most_conflicts()):
        challenge = _valid(challenges.challenge_of(item), user, session)
        factor = named(challenge.factor)
        _require_allowed(factor, project)
        _require_budget(user)
        again = gave_password(factor, user, project)
        verdict = Refusal.WRONG if again else factor.check(otp, user, challenge, evidence.get(factor.name))
        try:
            if isinstance(verdict, Proof):
                return _grant(actor, user, session, challenge, factor, verdict)
            if verdict is Refusal.SPENT:
                raise fail("user_invalid_token", reason=factor.spent)
            _count_wrong_answer(actor, user, challenge, verdict)
            raise wrong_code("mailbox that reset the password" if again else f"wrong code of the factor {factor.name}")
        except _Stale:
            asked = evidence_keys(user.id, otp)
            places = (keys.user(user.id), keys.session(user.id, session.id), keys.challenge(challenge_id))
            user_item, session_item, item, *found = dynamo.read(*places, *asked.values())
            user, session = users.user_of(user_item) or user, _still(session_item)
            evidence = dict(zip(asked, found, strict=True))
    raise fail("general_service_unavailable", retry_after=1, reason="too many answers at the same time")


def _most_conflicts() -> int:
    """Each conflict is another answer that was judged, or a sign-in: more than both budgets allow for is a storm."""
    config = settings.config()
    return config.challenge_attempts + config.guesses_per_hour + policy.most()


def _require_budget(user: User) -> None:
    seconds = guesses.wait(user.guesses, clock.now(), user.guesses_forgiven)
    if seconds:
        raise fail("general_rate_limit_exceeded", retry_after=seconds, reason=liftable(guesses.SPENT))


def _count_wrong_answer(actor: Actor, user: User, challenge: Challenge, refusal: Refusal) -> None:
    """Count it on challenge and user; the owner hears of it when that was the last of the budget."""
    now, config = clock.now(), settings.config()
    after = guesses.with_another(user.guesses, now) if config.rate_limits else user.guesses
    spent = guesses.wait(after, now, user.guesses_forgiven)
    act = actor.does(Kind.GUESSES_SPENT if spent else Kind.WRONG_ANSWER, user)
    attempts = config.challenge_attempts if refusal is Refusal.FALSE else challenge.attempts + 1
    challenges.count_wrong_answer(challenge, attempts, user, after, _Stale(), act.entry)
    metrics.count("Challenges", Factor=challenge.factor, Outcome="wrong")
    act.notify()


def read_code(user: User, challenge_id: str) -> tuple[Challenge, str]:
    """The code of an open challenge of a factor whose codes the team's server delivers.

    401 `user_invalid_token` for a challenge that is unknown, expired, another user's or another factor's.
    """
    challenge = challenges.challenge_of(dynamo.read(keys.challenge(challenge_id))[0])
    if challenge is None:
        raise fail("user_invalid_token", reason=_ABSENT)
    if challenge.user_id != user.id:
        raise fail("user_invalid_token", reason="challenge of another user")
    if challenge.expire <= clock.now():
        raise fail("user_invalid_token", reason=_EXPIRED)
    factor = named(challenge.factor)
    if not factor.by_team:
        raise fail("user_invalid_token", reason=f"challenge of the factor {factor.name}, whose codes are not read back")
    return challenge, factor.code_of(challenge)


def _grant(actor: Actor, user: User, session: Session, challenge: Challenge, factor: Factor, proof: Proof) -> Session:
    now, act = clock.now(), actor.does(factor.passing, user)
    lasting = factor.lasts or in_force(user)  # codes that whoever has the password makes are no factor before MFA
    factors = sessions.with_factors(session, [challenge.factor] if lasting else [])
    unchanged = challenges.expecting_guesses(users.update(user, _Stale()), user).when(
        "generation", "=", user.generation
    )
    update = proof.spend(unchanged)
    if user.reset_by_mail:
        update.remove("reset_by_mail")
    evicted: list[str] = []
    if session.id in user.sessions and not policy.is_complete(session, user):
        update.when("sessions", "=", user.sessions)  # else two that become complete at once could exceed the cap
        evicted = roster.evictions(user, len(factors), _Stale())
    sessions.update_roster(update, user, session, factors)
    for session_id in evicted:
        update.remove(f"sessions.{session_id}")
    challenges.consume(
        challenge,
        _Stale(),
        sessions.record_challenge(session, factors, now, _Stale()),
        update,
        *proof.writes,
        *sessions.deletions(user, evicted),
        act.entry,
    )
    metrics.count("Challenges", Factor=challenge.factor, Outcome="passed")
    act.notify(left=len(user.recovery_codes) - 1)
    factor.passed(user)
    return sessions.after_challenge(session, factors, now)


def _still(item: Item | None) -> Session:
    session = sessions.session_of(item)
    if session is None:
        raise fail("user_invalid_token", reason=_ENDED)
    return session


def _valid(challenge: Challenge | None, user: User, session: Session) -> Challenge:
    if challenge is None:
        raise fail("user_invalid_token", reason=_ABSENT)
    if (challenge.user_id, challenge.session_id) != (user.id, session.id):
        raise fail("user_invalid_token", reason="challenge of another user or session")
    if session.generation != user.generation:
        raise fail("user_invalid_token", reason=_ENDED)
    if challenge.expire <= clock.now():
        raise fail("user_invalid_token", reason=_EXPIRED)
    if challenge.attempts >= settings.config().challenge_attempts:
        raise fail("user_invalid_token", reason=f"challenge dead after {challenge.attempts} wrong answers")
    return challenge


def _require_allowed(factor: Factor, project: Project) -> None:
    if not factor.allowed_in(project):
        raise fail("user_auth_method_unsupported", reason=f"the project does not allow the factor {factor.name}")
