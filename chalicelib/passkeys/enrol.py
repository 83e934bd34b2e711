"""Enrol a passkey: a challenge for the authenticator, and the credential that it makes in answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from chalicelib.audit.acts import Actor, Kind, notify_owner
from chalicelib.errors import fail
from chalicelib.factors import relying_party
from chalicelib.factors.force import Change, consequences, end_sessions, guarded, with_proof
from chalicelib.factors.passkey import PasskeyFactor, challenge_signed, kept_of, new_challenge
from chalicelib.ids import UNIQUE, new_id
from chalicelib.models import Passkey, Project, Session, User
from chalicelib.runtime import clock, randomness, settings
from chalicelib.security import webauthn
from chalicelib.security.webauthn import Invalid, Registered, RelyingParty
from chalicelib.storage import dynamo, passkeys, users
from chalicelib.storage.writes import Update
from chalicelib.units import MINUTE_MS

MOST = 10
PENDING_MS = 5 * MINUTE_MS
HANDLE_BYTES = 32


class Begun(NamedTuple):
    """A passkey that waits for its authenticator, and what the browser is to be asked with."""

    id: str
    created: int
    expire: int
    options: dict[str, Any]


class _Taken(Exception):
    """The credential is somebody's."""


def begin(actor: Actor, user: User, session: Session, project: Project, passkey_id: str, name: str) -> Begun:
    """Begin a passkey of that id, which may be `unique()`; it waits five minutes, for this session alone.

    501 `user_auth_method_unsupported` where the project has no RP ID, 400 `user_passkey_limit_exceeded` beyond MOST
    with those that wait, 409 `user_passkey_already_exists` when the user has one of that id, 503 when another is begun
    at the same time.
    """
    rp_id, now = relying_party.required(project), clock.now()
    expire = now + PENDING_MS
    passkey_id = new_id(now) if passkey_id == UNIQUE else passkey_id
    pending = {each: kept for each, kept in user.pending_passkeys.items() if kept["expire"] > now}
    if passkey_id in pending or passkey_id in user.passkeys:
        raise fail("user_passkey_already_exists", reason="the user has one of that id")
    if len(pending) + len(user.passkeys) >= MOST:
        raise fail("user_passkey_limit_exceeded", reason=f"{MOST} are there, or wait")
    relying_party.hold(project, expire)
    handle, challenge = user.passkey_handle or randomness.random_bytes(HANDLE_BYTES), new_challenge()
    kept = {"digest": kept_of(challenge, rp_id), "rp_id": rp_id, "session": session.id, "expire": expire, "name": name}
    update = guarded(users.dated_update(user), actor, user).when_same("pending_passkeys", user.pending_passkeys)
    update.set("passkey_handle", handle).set("pending_passkeys", {**pending, passkey_id: kept})
    known = [(each.credential, each.transports) for each in passkeys.of_user(user)]
    dynamo.commit(update)
    called = user.email or user.phone or user.name or user.id
    party = RelyingParty(rp_id, settings.config().project_name)
    options = webauthn.creation_options(party, handle, called, user.name or called, challenge, known)
    return Begun(passkey_id, now, expire, options)


def finish(
    actor: Actor, user: User, session: Session, project: Project, passkey_id: str, credential: Mapping[str, Any]
) -> Passkey:
    """Accept what the authenticator has made; its session has thereby passed the factor.

    An answer spends the challenge, right or wrong. Where MFA was on and comes into force by this, the user's other
    sessions end, by the project's policy.

    404 `user_passkey_not_found` for an id that none was begun under, 401 `user_invalid_token` for a challenge that is
    answered, expired or another session's, or of another RP ID, 401 `user_passkey_invalid` for what proves nothing,
    409 `user_passkey_already_exists` for a credential that is somebody's.
    """
    kept = _open(user, session, project, passkey_id)
    try:
        challenge = challenge_signed(credential, kept["digest"], project.passkey_rp_id)
        registered = webauthn.registered(credential, challenge, project.passkey_rp_id)
    except Invalid as invalid:
        _spend(user, passkey_id)
        raise fail("user_passkey_invalid", reason=str(invalid)) from None
    try:
        return _keep(actor, user, session, project, passkey_id, registered)
    except _Taken:
        _spend(user, passkey_id)
        raise fail("user_passkey_already_exists", reason="the credential is somebody's") from None


def _open(user: User, session: Session, project: Project, passkey_id: str) -> Mapping[str, Any]:
    kept = user.pending_passkeys.get(passkey_id)
    if passkey_id in user.passkeys:
        raise fail("user_invalid_token", reason="the passkey is verified already")
    if kept is None:
        raise fail("user_passkey_not_found", reason="none of that id has been begun")
    if "digest" not in kept:
        raise fail("user_invalid_token", reason="challenge of the passkey answered already")
    if kept["expire"] <= clock.now():
        raise fail("user_invalid_token", reason="challenge of the passkey expired")
    if kept["session"] != session.id:
        raise fail("user_invalid_token", reason="challenge of a passkey of another session")
    if kept["rp_id"] != project.passkey_rp_id:
        raise fail("user_invalid_token", reason="challenge of a passkey for another RP ID")
    return kept


def _keep(
    actor: Actor, user: User, session: Session, project: Project, passkey_id: str, registered: Registered
) -> Passkey:
    now = clock.now()
    pending = dict(user.pending_passkeys)
    passkey = Passkey(
        id=passkey_id,
        user_id=user.id,
        created=now,
        updated=now,
        name=pending.pop(passkey_id)["name"],
        credential=registered.credential_id,
        public_key=registered.public_key,
        counter=registered.counter,
        backup_eligible=registered.backup_eligible,
        backed_up=registered.backed_up,
        transports=registered.transports,
        handle=user.passkey_handle,
    )
    mine = {**user.passkeys, passkey_id: passkeys.place(passkey.credential)}
    after = replace(user, passkeys=mine, has_passkey=True, pending_passkeys=pending)
    update = guarded(_answering(user, passkey_id), actor, user).set("pending_passkeys", pending)
    update.when_same("passkeys", user.passkeys).set("passkeys", mine).set("has_passkey", True)
    change = Change(user, after, project, with_proof(session, user, after, PasskeyFactor.name, project))
    acts = [*consequences(actor, update, change), actor.does(Kind.PASSKEY_ADDED, user)]
    made = passkeys.new(passkey, _Taken())
    dynamo.commit(made, update, *end_sessions(update, change), *(act.entry for act in acts))
    notify_owner(acts)
    return passkey


def _spend(user: User, passkey_id: str) -> None:
    """The challenge is answered; the passkey goes on to wait, for nothing, until it is deleted or its time is over."""
    pending = {**user.pending_passkeys}
    pending[passkey_id] = {name: value for name, value in pending[passkey_id].items() if name != "digest"}
    dynamo.commit(_answering(user, passkey_id).set("pending_passkeys", pending))


def _answering(user: User, passkey_id: str) -> Update:
    """The beginning of the change by an answer. 401 `user_invalid_token` when another has come meanwhile, 503 when it
    is the user's others that have changed.
    """
    answered = fail("user_invalid_token", reason="the passkey has been answered or deleted meanwhile")
    update = users.refused_as(users.dated_update(user), user, "pending_passkeys", answered, entry=passkey_id)
    return update.when_same("pending_passkeys", user.pending_passkeys)
