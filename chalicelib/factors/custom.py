"""A code that the team's own server reads (with an API key) and delivers; off unless the project switches it on."""

from __future__ import annotations

from chalicelib.factors.factor import Switch
from chalicelib.factors.team_codes import TeamCode
from chalicelib.models import User


class Custom(TeamCode):
    name = "custom"
    switch = Switch.OFF

    def enrolled(self, user: User) -> bool:
        return True
