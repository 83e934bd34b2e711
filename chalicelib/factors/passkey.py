"""A passkey (WebAuthn Level 3), which answers on the project's own pages only.

It verifies its user itself. So it is a second factor, and in a sign-in of its own both at once (`sign_in/passkey.py`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, ClassVar

from chalicelib.errors import fail
from chalicelib.factors.factor import Begun, Factor, Proof, Refusal, Switch
from chalicelib.models import Challenge, Passkey, Project, User
from chalicelib.runtime import clock, randomness
from chalicelib.security import hashing, webauthn
from chalicelib.security.webauthn import Asserted, Invalid, Known
from chalicelib.storage import keys, passkeys, switches
from chalicelib.storage.items import Item

CHALLENGE_BYTES = 32
"""WebAuthn Level 3 13.4.3 wants 16 at least."""


class PasskeyFactor(Factor):
    name = "passkey"
    switch = Switch.ON
    proof = "has_passkey"
    rests_on = ("passkeys",)
    shows: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "publicKey": {"type": "object", "description": "PublicKeyCredentialRequestOptions as JSON."}
    }
    refusals = ("user_passkey_not_found",)

    def enrolled(self, user: User) -> bool:
        return bool(user.passkeys)

    def allowed_in(self, project: Project) -> bool:
        """Whatever the project says of signing in by passkeys alone: users may have no other second factor."""
        return bool(project.passkey_rp_id) and super().allowed_in(project)

    def begin(self, user: User, challenge_id: str, locale: str) -> Begun:
        if not user.passkeys:
            raise fail("user_passkey_not_found", reason="there is none to answer with")
        rp_id, challenge = switches.current().passkey_rp_id, new_challenge()
        allowed = [(each.credential, each.transports) for each in passkeys.of_user(user)]
        shown = {"publicKey": webauthn.request_options(rp_id, challenge, allowed)}
        return Begun(shown=shown, sealed_answer=kept_of(challenge, rp_id))

    def evidence(self, user_id: str, otp: str) -> keys.Key | None:
        return place_of(_parsed(otp))

    def check(self, otp: str, user: User, challenge: Challenge, evidence: Item | None) -> Proof | Refusal:
        credential, passkey = _parsed(otp), passkeys.passkey_of(evidence)
        if credential is None:
            return Refusal.WRONG
        if passkey is None or not passkeys.owns(user, passkey):
            return Refusal.FALSE
        try:
            asserted = judge(credential, challenge, passkey)
        except Invalid:
            return Refusal.FALSE
        stale = fail("user_invalid_token", reason="the passkey has been used or removed meanwhile")
        used = passkeys.use(passkey, asserted.counter, asserted.backed_up, clock.now(), stale)
        return Proof(spend=lambda update: update, writes=(used,))


def new_challenge() -> bytes:
    return randomness.random_bytes(CHALLENGE_BYTES)


def kept_of(challenge: bytes, rp_id: str) -> bytes:
    """What is kept of a challenge: enough to know it again, for the same relying party."""
    return hashlib.sha256(rp_id.encode() + b"|" + challenge).digest()


def challenge_signed(credential: Mapping[str, Any], kept: bytes, rp_id: str) -> bytes:
    """The challenge that a credential answers, if it is the one that is kept. Invalid for any other."""
    challenge = webauthn.challenge_of(credential)
    if not hashing.same(kept_of(challenge, rp_id), kept):
        raise Invalid("another challenge, or one of another relying party")
    return challenge


def place_of(credential: Mapping[str, Any] | None) -> keys.Key | None:
    """Where the passkey of a credential is, if it can be one."""
    try:
        return keys.passkey(passkeys.place(webauthn.credential_id(credential))) if credential else None
    except Invalid:
        return None


def judge(
    credential: Mapping[str, Any], challenge: Challenge, passkey: Passkey, handle_required: bool = False
) -> Asserted:
    """What a passkey has signed in answer to a challenge. Invalid for what proves nothing.

    `handle_required`: it says itself whose it is.
    """
    rp_id = switches.current().passkey_rp_id
    signed = challenge_signed(credential, challenge.sealed_answer, rp_id)
    known = Known(passkey.public_key, passkey.counter, passkey.backup_eligible, passkey.handle)
    return webauthn.asserted(credential, signed, rp_id, known, handle_required=handle_required)


def _parsed(otp: str) -> dict[str, Any] | None:
    """The credential that an answer is, as JSON; None for a code of another factor."""
    try:
        parsed = json.loads(otp) if otp.lstrip().startswith("{") else None
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None
