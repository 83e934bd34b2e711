"""What the factors share whose code the team's server delivers: six digits, which can be read back with an API key."""

from __future__ import annotations

from chalicelib.factors.factor import Begun, Factor, Proof, Refusal
from chalicelib.models import Challenge, User
from chalicelib.security import codes, encryption, hashing
from chalicelib.storage.items import Item


class TeamCode(Factor):
    """A code of six digits. It is encrypted, not hashed as all others are, because it is read back."""

    by_team = True

    def begin(self, user: User, challenge_id: str, locale: str) -> Begun:
        return Begun(sealed_answer=encryption.encrypt(codes.one_time_code().encode(), challenge_id))

    def check(self, otp: str, user: User, challenge: Challenge, evidence: Item | None) -> Proof | Refusal:
        code = codes.canonical_one_time_code(otp)
        if code is None or not hashing.same(code.encode(), self.code_of(challenge).encode()):
            return Refusal.WRONG
        return Proof(spend=lambda update: update)

    def code_of(self, challenge: Challenge) -> str:
        return encryption.decrypt(challenge.sealed_answer, challenge.id).decode()
