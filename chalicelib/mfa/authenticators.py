"""Enrol an authenticator app, confirm it with its first code, remove it."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from chalicelib.audit.acts import Actor, Kind, notify_owner
from chalicelib.errors import fail, wrong_code
from chalicelib.factors import totp
from chalicelib.factors.force import Change, consequences, end_sessions, guarded, with_proof
from chalicelib.mfa.key_uri import key_uri
from chalicelib.models import Project, Session, User
from chalicelib.runtime import clock, settings
from chalicelib.storage import authenticators, dynamo, sessions, users


class Enrolment(NamedTuple):
    """What an authenticator app needs: the base32 secret, and the same as an otpauth URI for its camera."""

    secret: str
    uri: str


def enrol(actor: Actor, user: User) -> Enrolment:
    """Give the user a fresh secret, to be confirmed; it replaces an unconfirmed one.

    409 `user_authenticator_already_verified` when a confirmed authenticator is in the way.
    """
    secret = totp.new_secret()
    in_the_way = fail("user_authenticator_already_verified", reason="a confirmed one is in the way")
    update = guarded(users.dated_update(user, in_the_way), actor, user)
    authenticators.keep(update, totp.Totp.name, totp.seal_secret(secret, user.id))
    uri = key_uri(secret, settings.config().project_name, user.email or user.phone or user.id)
    return Enrolment(secret, uri)


def confirm(actor: Actor, user: User, session: Session, otp: str, project: Project) -> None:
    """Accept the authenticator for its first code, which is then spent; the session has passed the factor just now.

    After as many wrong codes as a challenge may have it takes none: enrol again. Where MFA was on and comes into force
    by this, the user's other sessions end, by the project's policy.

    404 `user_authenticator_not_found`, 409 `user_authenticator_already_verified`, 401 `user_invalid_token`.
    """
    authenticator = user.authenticators.get(totp.Totp.name)
    if authenticator is None:
        raise fail("user_authenticator_not_found", reason="there is none to confirm: enrol one")
    if authenticator["verified"]:
        raise fail("user_authenticator_already_verified", reason="it is confirmed already")
    most = settings.config().challenge_attempts
    if authenticators.attempts(user, totp.Totp.name) >= most:
        raise fail("user_invalid_token", reason=f"authenticator dead after {most} wrong codes: enrol it anew")
    step = totp.matching_step(otp, totp.open_secret(user), clock.now())
    if step is None:
        authenticators.count_wrong_answer(user, totp.Totp.name, most)
        raise wrong_code("wrong first code of the authenticator")
    stale = fail("user_invalid_token", reason="authenticator replaced, removed, confirmed or guessed at meanwhile")
    update = guarded(users.refused_as(users.dated_update(user), user, "authenticators", stale), actor, user)
    authenticators.confirm(update, user, totp.Totp.name, step)
    confirmed = {**user.authenticators, totp.Totp.name: {**authenticator, "verified": True}}
    after = replace(user, authenticators=confirmed)
    gained = with_proof(session, user, after, totp.Totp.name, project)
    change = Change(user, after, project, gained)
    acts = consequences(actor, update, change)
    acts = [*acts, actor.does(Kind.AUTHENTICATOR_ADDED, user)]
    dynamo.commit(update, *end_sessions(update, change), *(act.entry for act in acts))
    notify_owner(acts)


def bring(actor: Actor, user: User, secret: str, make: totp.Make, project: Project) -> None:
    """Give the user the authenticator that he has at another system, confirmed as it is there; an unconfirmed one goes.

    Where MFA was on and comes into force by this, the user's sessions end, by the project's policy. 409
    `user_authenticator_already_verified` when a confirmed one is in the way.
    """
    name = totp.Totp.name
    if totp.Totp().enrolled(user):
        raise fail("user_authenticator_already_verified", reason="a confirmed one is in the way of another system's")
    meanwhile = fail(
        "user_authenticator_already_verified", reason="one has been enrolled, confirmed or removed meanwhile"
    )
    update = users.refused_as(users.dated_update(user), user, "authenticators", meanwhile)
    authenticators.bring(update, user, name, totp.seal_secret(secret, user.id), make._asdict())
    change = Change(user, replace(user, authenticators={**user.authenticators, name: {"verified": True}}), project)
    acts = [*consequences(actor, update, change), actor.does(Kind.AUTHENTICATOR_ADDED, user)]
    dynamo.commit(update, *end_sessions(update, change), *(act.entry for act in acts))
    notify_owner(acts)


def remove(actor: Actor, user: User, session: Session | None, project: Project) -> None:
    """Take the authenticator away, confirmed or not; sessions besides `session` end, by the project's policy.

    The owner is told of a confirmed one: another was no factor. MFA that could not be passed without it goes off. 404
    `user_authenticator_not_found`.
    """
    name = totp.Totp.name
    if name not in user.authenticators:
        raise fail("user_authenticator_not_found", reason="there is none to remove")
    update = guarded(authenticators.remove(user, name), actor, user)
    others = {type_: each for type_, each in user.authenticators.items() if type_ != name}
    acts = [actor.does(Kind.AUTHENTICATOR_REMOVED, user)]
    acts += consequences(actor, update, Change(user, replace(user, authenticators=others), project))
    carried = sessions.end_others(update, user, session, project.session_invalidation)
    dynamo.commit(update, *carried, *(act.entry for act in acts))
    notify_owner(acts if user.authenticators[name]["verified"] else acts[1:])
