"""Sign in by a passkey alone: no name is asked for, and MFA asks for nothing more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from chalicelib.audit.acts import Actor, Kind
from chalicelib.errors import ApiError, fail
from chalicelib.factors import passkey as factor
from chalicelib.factors import relying_party
from chalicelib.factors.passkey import PasskeyFactor
from chalicelib.ids import new_id
from chalicelib.models import Challenge, Project, User
from chalicelib.runtime import clock
from chalicelib.security import codes, webauthn
from chalicelib.security.webauthn import Invalid
from chalicelib.sign_in import begin, tokens
from chalicelib.sign_in.custom_token import ByCustomToken
from chalicelib.sign_in.tokens import Redemption, Sent
from chalicelib.storage import challenges, passkeys, sign_in_tokens, users
from chalicelib.storage.items import Item
from chalicelib.storage.writes import Update
from chalicelib.units import MINUTE_MS

CHALLENGE_MS = 5 * MINUTE_MS
TOKEN_MS = MINUTE_MS
SECRET_LENGTH = 64


class ByPasskey(ByCustomToken):
    """The token is handed to whoever used the passkey, for one request."""

    provider = "passkey"
    factor = "passkey"
    second = "userVerification"
    method = "passkey"
    kind = "passkey"
    rests_on = ("passkeys",)
    alerts = True

    def is_open(self, user: User) -> bool:
        return bool(user.passkeys)

    def allowed_in(self, project: Project) -> bool:
        return bool(project.passkey_rp_id) and super().allowed_in(project)

    def opening(self, redemption: Redemption, owner: User) -> Update:
        if redemption.token.passkey not in owner.passkeys.values():
            raise fail("user_invalid_token", reason="the passkey has been removed meanwhile")
        return super().opening(redemption, owner).when_same("passkeys", owner.passkeys)


class Begun(NamedTuple):
    """A challenge that waits for a passkey, and what the browser is to be asked with."""

    challenge: Challenge
    options: dict[str, Any]


def start(project: Project) -> Begun:
    """Put a challenge to whoever has a passkey. 501 `user_auth_method_unsupported` where the project has no RP ID."""
    rp_id, now, challenge = relying_party.required(project), clock.now(), factor.new_challenge()
    expire = now + CHALLENGE_MS
    kept = Challenge(
        id=new_id(now),
        factor=PasskeyFactor.name,
        created=now,
        expire=expire,
        ttl=expire // 1000,
        sealed_answer=factor.kept_of(challenge, rp_id),
    )
    challenges.keep(kept)
    return Begun(kept, webauthn.request_options(rp_id, challenge, []))


def finish(actor: Actor, credential: Mapping[str, Any], challenge_item: Item | None, passkey_item: Item | None) -> Sent:
    """A token that signs in whoever's passkey has answered the challenge; the items are what was read of both.

    An answer spends its challenge, right or wrong. 401 `user_invalid_token` for a challenge that is unknown, answered,
    expired or not a guest's; 401 `user_passkey_invalid` for what proves nothing, and for a passkey that nobody has;
    403 `user_blocked` for the right answer of a blocked owner.
    """
    challenge, passkey = _open(challenges.challenge_of(challenge_item)), passkeys.passkey_of(passkey_item)
    user = users.find(passkey.user_id if passkey else "")  # of nobody's passkey, too: else the time would tell
    try:
        if user is None or passkey is None or not passkeys.owns(user, passkey):
            raise Invalid("a passkey that nobody has")
        asserted = factor.judge(credential, challenge, passkey, handle_required=True)
    except Invalid as invalid:
        told = [_still(user), actor.does(Kind.PASSKEY_REFUSED, user).entry] if user else []
        challenges.consume(challenge, _answered(), *told)
        raise fail("user_passkey_invalid", reason=str(invalid)) from None
    if user.blocked:
        challenges.consume(challenge, _answered())
    begin.require_unblocked(user)
    secret, now = codes.hex_secret(SECRET_LENGTH), clock.now()
    token = tokens.new_token(ByPasskey(), user.id, user.id, secret, now + TOKEN_MS, user.generation)
    token = replace(token, passkey=passkeys.place(passkey.credential))
    used = passkeys.use(passkey, asserted.counter, asserted.backed_up, now, _answered())
    unblocked = _still(user).when_same("blocked", False)
    made = actor.does(Kind.PASSKEY_USED, user, token.id)
    challenges.consume(challenge, _answered(), sign_in_tokens.put(token), unblocked, used, made.entry)
    return Sent(tokens.shown(token), user.id, secret)


def _still(user: User) -> Update:
    """Only while there is this user: nothing is written of one who is gone."""
    return users.update(user, _answered()).when("created", "=", user.created)


def _answered() -> ApiError:
    return fail("user_invalid_token", reason="challenge answered, or passkey used or removed, meanwhile")


def _open(challenge: Challenge | None) -> Challenge:
    if challenge is None or challenge.user_id:
        raise fail("user_invalid_token", reason="no such challenge of a sign-in: answered already, or never there")
    if challenge.expire <= clock.now():
        raise fail("user_invalid_token", reason="challenge of a sign-in expired")
    return challenge
