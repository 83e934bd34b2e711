"""A code that the team's own server reads (with an API key) and delivers; off unless the project switches it on."""

from __future__ import annotations

from chalicelib.factors import team_codes
from chalicelib.factors.factor import Begun, Factor, Proof, Refusal, Switch
from chalicelib.models import Challenge, User
from chalicelib.storage.items import Item


class Custom(Factor):
    name = "custom"
    switch = Switch.OFF
    by_team = True

    def enrolled(self, user: User) -> bool:
        return True

    def begin(self, user: User, challenge_id: str, locale: str) -> Begun:
        return team_codes.begin(challenge_id)

    def check(self, otp: str, user: User, challenge: Challenge, evidence: Item | None) -> Proof | Refusal:
        return team_codes.check(otp, challenge)

    def code_of(self, challenge: Challenge) -> str:
        return team_codes.code_of(challenge)
