"""A second factor as a newcomer writes it: chalicelib/factors/letter.py. The team prints its code and posts it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from chalicelib.errors import fail
from chalicelib.factors.factor import Begun
from chalicelib.factors.team_codes import TeamCode
from chalicelib.models import User


class Letter(TeamCode):
    name = "letter"
    rests_on = ("email",)
    shows: ClassVar[Mapping[str, Mapping[str, Any]]] = {"postage": {"type": "integer"}}
    refusals = ("user_email_not_found",)

    def enrolled(self, user: User) -> bool:
        return bool(user.email)

    def begin(self, user: User, challenge_id: str, locale: str) -> Begun:
        if not user.email:
            raise fail("user_email_not_found")
        return replace(super().begin(user, challenge_id, locale), shown={"postage": 95})
