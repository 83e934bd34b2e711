"""Time-based one-time passwords of an authenticator app (RFC 6238: SHA-1, 6 digits, 30 s, 160-bit secret)."""

from __future__ import annotations

from functools import partial

from chalicelib.factors.factor import Factor, Proof, Refusal, Switch
from chalicelib.models import Challenge, User
from chalicelib.runtime import clock, randomness
from chalicelib.security import codes, encryption, hashing
from chalicelib.storage import authenticators
from chalicelib.storage.items import Item

STEP_SECONDS = 30
DRIFT_STEPS = 1
SECRET_BYTES = 20


class Totp(Factor):
    name = "totp"
    switch = Switch.ON
    proof = "authenticators.totp.verified"
    rests_on = ("authenticators",)
    spent = "TOTP step already used"

    def enrolled(self, user: User) -> bool:
        return bool(user.authenticators.get(self.name, {}).get("verified"))

    def check(self, otp: str, user: User, challenge: Challenge, evidence: Item | None) -> Proof | Refusal:
        if not self.enrolled(user):
            return Refusal.WRONG
        authenticator = user.authenticators[self.name]
        step = matching_step(otp, open_secret(user), clock.now())
        if step is None:
            return Refusal.WRONG
        if step <= authenticator["step"]:
            return Refusal.SPENT
        sealed = authenticator["secret"]
        resealed = None if encryption.is_current(sealed) else seal_secret(open_secret(user), user.id)
        return Proof(spend=partial(authenticators.spend_totp_step, sealed=sealed, step=step, resealed=resealed))


def new_secret() -> str:
    """A fresh secret: 160 bits (RFC 4226 4, R6) as 32 base32 characters, without padding."""
    from base64 import b32encode

    return b32encode(randomness.random_bytes(SECRET_BYTES)).decode()


def seal_secret(secret: str, user_id: str) -> bytes:
    return encryption.encrypt(secret.encode(), user_id)


def open_secret(user: User) -> str:
    return encryption.decrypt(user.authenticators[Totp.name]["secret"], user.id).decode()


def matching_step(otp: str, secret: str, now: int) -> int | None:
    """The time step whose code `otp` is, at most DRIFT_STEPS from `now` (milliseconds); None if there is none.

    RFC 6238 5.2 recommends one step of delay at most. The step is what is remembered, so that no spelling of a code
    can be used twice.
    """
    from pyotp import HOTP

    code = codes.canonical_one_time_code(otp)
    if code is None:
        return None
    generator = HOTP(secret)
    current = now // 1000 // STEP_SECONDS
    steps = range(current + DRIFT_STEPS, current - DRIFT_STEPS - 1, -1)
    matches = [step for step in steps if hashing.same(generator.at(step).encode(), code.encode())]
    return matches[0] if matches else None
