"""Begin a session as a new user of whom nothing is known; whoever loses the session loses the account.

An address with a password makes an account of it that one can come back to (`accounts/addresses.py`).
"""

from __future__ import annotations

from chalicelib.audit.acts import Actor
from chalicelib.factors.ways import Way
from chalicelib.ids import new_id
from chalicelib.runtime import clock
from chalicelib.sign_in import begin
from chalicelib.sign_in.begin import Opened


class Anonymously(Way):
    """No way in for anyone who comes back: it is never open."""

    provider = "anonymous"
    factor = "anonymous"
    method = "anonymous"


def sign_in(actor: Actor) -> Opened:
    """Begin a session of a new user, who has neither address nor password."""
    return begin.with_account(Anonymously(), actor, new_id(clock.now()))
