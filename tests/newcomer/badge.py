"""A way to sign in as a newcomer writes it: chalicelib/sign_in/badge.py. The badge comes by mail."""

from __future__ import annotations

from chalicelib.audit.acts import Actor
from chalicelib.errors import fail
from chalicelib.factors.ways import Way
from chalicelib.models import User
from chalicelib.sign_in import begin
from chalicelib.sign_in.begin import Opened
from chalicelib.storage import users


class ByBadge(Way):
    provider = "badge"
    factor = "email"
    channel = "email"
    method = "badge"
    rests_on = ("email",)

    def is_open(self, user: User) -> bool:
        return bool(user.email)

    def provider_uid(self, user: User) -> str:
        return f"badge-{user.id}"


def sign_in(actor: Actor, user_id: str, badge: str, alert: bool) -> Opened:
    """Begin a session for whoever wears the user's badge. 401 `user_invalid_token`, 403 `user_blocked`."""
    user = users.find(user_id)
    if user is None or badge != f"badge-{user.id}":
        raise fail("user_invalid_token")
    update = users.update(user, fail("general_service_unavailable", retry_after=1))
    return begin.keep(ByBadge(), actor, user, update, alert, [])
