"""Begin a session as a new user of whom nothing is known; whoever loses the session loses the account.

An address with a password makes an account of it that one can come back to (`accounts/change.py`).
"""

from __future__ import annotations

from chalicelib.accounts import create as accounts
from chalicelib.audit.acts import Actor, Kind
from chalicelib.errors import fail
from chalicelib.factors.ways import Way
from chalicelib.ids import new_id
from chalicelib.runtime import clock
from chalicelib.sign_in import begin
from chalicelib.sign_in.begin import Opened
from chalicelib.storage import dynamo, sessions, users


class Anonymously(Way):
    """No way in for anyone who comes back: it is never open."""

    provider = "anonymous"
    factor = "anonymous"
    method = "anonymous"


def sign_in(actor: Actor) -> Opened:
    """Begin a session of a new user, who has neither address nor password."""
    now = clock.now()
    user = accounts.new_user(new_id(now), now)
    opened = begin.new_session(Anonymously(), user, actor.client)
    user = begin.as_first(opened, user, actor.client)
    acts = [actor.does(kind, user) for kind in (Kind.USER_CREATED, Kind.SIGNED_IN)]
    taken = fail("general_service_unavailable", retry_after=1, reason="a new user id was taken")
    dynamo.commit(*users.new(user, taken), sessions.new(opened.session), *(act.entry for act in acts))
    begin.count(Anonymously())
    return opened
