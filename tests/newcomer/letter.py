"""A second factor as a newcomer writes it: chalicelib/factors/letter.py. The team prints its code and posts it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from chalicelib.errors import fail
from chalicelib.factors import team_codes
from chalicelib.factors.factor import Begun, Factor, Proof, Refusal
from chalicelib.models import Challenge, User
from chalicelib.storage.items import Item


class Letter(Factor):
    name = "letter"
    by_team = True
    rests_on = ("email",)
    shows: ClassVar[Mapping[str, Mapping[str, Any]]] = {"postage": {"type": "integer"}}
    refusals = ("user_email_not_found",)

    def enrolled(self, user: User) -> bool:
        return bool(user.email)

    def begin(self, user: User, challenge_id: str, locale: str) -> Begun:
        if not user.email:
            raise fail("user_email_not_found")
        return replace(team_codes.begin(challenge_id), shown={"postage": 95})

    def check(self, otp: str, user: User, challenge: Challenge, evidence: Item | None) -> Proof | Refusal:
        return team_codes.check(otp, challenge)

    def code_of(self, challenge: Challenge) -> str:
        return team_codes.code_of(challenge)
