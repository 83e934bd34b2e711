"""What the factors share whose code the team's server delivers: six digits, which can be read back with an API key."""

from __future__ import annotations

from chalicelib.factors.factor import Begun, Proof, Refusal
from chalicelib.models import Challenge
from chalicelib.security import codes, encryption, hashing


def begin(challenge_id: str) -> Begun:
    """A fresh code for the challenge. It is encrypted, not hashed as all others are, because it is read back."""
    return Begun(sealed_answer=encryption.encrypt(codes.one_time_code().encode(), challenge_id))


def check(otp: str, challenge: Challenge) -> Proof | Refusal:
    """Whether `otp` is the code of the challenge."""
    code = codes.canonical_one_time_code(otp)
    if code is None or not hashing.same(code.encode(), code_of(challenge).encode()):
        return Refusal.WRONG
    return Proof(spend=lambda update: update)


def code_of(challenge: Challenge) -> str:
    """The code of the challenge, for the team's server."""
    return encryption.decrypt(challenge.sealed_answer, challenge.id).decode()
