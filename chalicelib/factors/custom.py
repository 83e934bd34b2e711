"""A code that the team's own server reads (with an API key) and delivers; off unless the project switches it on."""

from __future__ import annotations

from chalicelib.factors.factor import Begun, Factor, Proof, Refusal
from chalicelib.models import Challenge, User
from chalicelib.security import codes, encryption, hashing
from chalicelib.storage.items import Item


class Custom(Factor):
    name = "custom"

    def enrolled(self, user: User) -> bool:
        return True

    def begin(self, user: User, challenge_id: str, locale: str) -> Begun:
        return Begun(kept=encryption.encrypt(codes.one_time_code().encode(), challenge_id))

    def check(self, otp: str, user: User, challenge: Challenge, evidence: Item | None) -> Proof | Refusal:
        """The code can be read back, unlike all others, so it is encrypted instead of hashed."""
        code = codes.canonical_one_time_code(otp)
        if code is None or not hashing.same(code.encode(), code_of(challenge).encode()):
            return Refusal.WRONG
        return Proof(spend=lambda update: update)


def code_of(challenge: Challenge) -> str:
    """The code of a challenge of this factor."""
    return encryption.decrypt(challenge.kept, challenge.id).decode()
