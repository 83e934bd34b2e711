"""Time-based one-time passwords of an authenticator app (RFC 6238).

Ours have SHA-1, 6 digits, 30 s and a secret of 160 bits. Those that users bring from other systems have what they have.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple

from chalicelib.factors.factor import Factor, Proof, Refusal, Switch
from chalicelib.models import Challenge, User
from chalicelib.runtime import clock, randomness
from chalicelib.schema import takes
from chalicelib.security import codes, encryption, hashing
from chalicelib.storage import authenticators
from chalicelib.storage.items import Item

if TYPE_CHECKING:
    from pyotp import HOTP

DRIFT_STEPS = 1
SECRET_BYTES = 20
LEAST_SECRET_BYTES = 10
"""Of a secret from elsewhere: 80 bits, as Google Authenticator began with. RFC 4226 4, R6 asks for 128."""
ALGORITHMS = ("SHA1", "SHA256", "SHA512")
DIGITS = (6, 8)
PERIODS = range(15, 121)
"""Seconds."""


class Make(NamedTuple):
    """How an authenticator makes its codes; the defaults are those of ours."""

    algorithm: str = "SHA1"
    digits: int = 6
    period: int = 30


OURS = Make()


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
        step = matching_step(otp, open_secret(user), clock.now(), make_of(authenticator))
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


@takes(type="string", minLength=16, maxLength=256, description="Base32 of 80 bits or more.")
def known_secret(value: Any) -> str:
    """A rule for parameters.py: the secret of an authenticator of another system, in canonical base32.

    White space, capitals and padding may be as they are there.
    """
    secret = "".join(value.split()).upper().rstrip("=") if isinstance(value, str) and len(value) <= 256 else ""
    whole = re.fullmatch("[A-Z2-7]+", secret, re.ASCII) and len(secret) % 8 in (0, 2, 4, 5, 7)
    if not whole or len(secret) * 5 // 8 < LEAST_SECRET_BYTES:
        raise ValueError(f"Value must be base32 of at least {LEAST_SECRET_BYTES} bytes, and at most 256 chars")
    return secret


def make_of(authenticator: Mapping[str, Any]) -> Make:
    """Of an authenticator in its user's record, where only those of other systems say so."""
    return Make(**{name: authenticator[name] for name in Make._fields if name in authenticator})


def seal_secret(secret: str, user_id: str) -> bytes:
    return encryption.encrypt(secret.encode(), user_id)


def open_secret(user: User) -> str:
    return encryption.decrypt(user.authenticators[Totp.name]["secret"], user.id).decode()


def matching_step(otp: str, secret: str, now: int, make: Make = OURS) -> int | None:
    """The time step whose code `otp` is, at most DRIFT_STEPS from `now` (milliseconds); None if there is none.

    RFC 6238 5.2 recommends one step of delay at most, whatever it lasts. The step is what is remembered, so that no
    spelling of a code can be used twice.
    """
    code = codes.canonical_one_time_code(otp, make.digits)
    if code is None:
        return None
    generator = _generator()(secret, digits=make.digits, digest=getattr(hashlib, make.algorithm.lower()))
    current = now // 1000 // make.period
    steps = range(current + DRIFT_STEPS, current - DRIFT_STEPS - 1, -1)
    matches = [step for step in steps if hashing.same(generator.at(step).encode(), code.encode())]
    return matches[0] if matches else None


@cache
def _generator() -> type[HOTP]:
    """pyotp's, which by itself refuses secrets of less than 112 bits: other systems have made such."""
    from pyotp import HOTP

    class Generator(HOTP):
        min_secret_length_bits = 8 * LEAST_SECRET_BYTES

    return Generator
