"""What the factors that send a code share: six digits, kept as a keyed hash bound to challenge, user and address."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from chalicelib.factors.factor import Begun, Proof, Refusal
from chalicelib.models import Challenge, User
from chalicelib.security import codes, encryption
from chalicelib.storage import challenges


def begin(user: User, challenge_id: str, address: str, deliver: Callable[[str], None]) -> Begun:
    """A fresh code for the challenge; `deliver` takes it to `address` once the challenge is kept."""
    code = codes.one_time_code()
    return Begun(
        sealed_answer=encryption.keyed_hash(*_bound(challenge_id, user, address, code)), send=partial(deliver, code)
    )


def check(otp: str, user: User, challenge: Challenge, address: str) -> Proof | Refusal:
    """Whether `otp` is the code that went to `address`, which must be the user's verified one now."""
    code = codes.canonical_one_time_code(otp)
    if code is None or not encryption.hash_matches(challenge.sealed_answer, *_bound(challenge.id, user, address, code)):
        return Refusal.WRONG
    return Proof(spend=partial(challenges.free_channel, channel=challenge.factor, address=address))


def _bound(challenge_id: str, user: User, address: str, code: str) -> tuple[str, ...]:
    """A code together with what it is bound to."""
    return ("challenge", challenge_id, user.id, address, code)
