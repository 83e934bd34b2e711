"""A session that the team's server makes, for whoever it has signed in itself."""

from __future__ import annotations

from chalicelib.audit.acts import Actor, Kind
from chalicelib.factors.ways import Way
from chalicelib.models import User
from chalicelib.sign_in import begin
from chalicelib.sign_in.begin import Opened
from chalicelib.storage import sessions


class ByServer(Way):
    provider = "server"
    factor = "server"


def sign_in(actor: Actor, user: User) -> Opened:
    """Begin a session outside the roster, so that it counts towards no cap. 403 `user_blocked`."""
    opened = begin.new_session(ByServer(), user, actor.client)
    sessions.keep(opened.session, actor.does(Kind.SIGNED_IN, user).entry)
    return opened
