"""Hand a session over to an app on another site, where the cookie of the API's own pages does not come along.

As in OAuth (RFC 6749 4.1, RFC 7636): a code travels in the address of a page, and is worth nothing without the verifier
that the app has kept. Both get the same session. Its secret is sealed with the code, so that nothing at rest opens it.
"""

from __future__ import annotations

from typing import NamedTuple

from chalicelib.accounts import links
from chalicelib.audit.acts import Actor, Kind
from chalicelib.errors import fail
from chalicelib.factors import force
from chalicelib.models import Handover, Session, User
from chalicelib.runtime import clock
from chalicelib.security import codes, encryption, hashing, origins
from chalicelib.sessions import policy
from chalicelib.sessions import secret as carried
from chalicelib.sign_in import begin
from chalicelib.sign_in.begin import Opened
from chalicelib.storage import dynamo, handovers, keys, sessions, users
from chalicelib.storage.items import Item
from chalicelib.storage.limits import Condition
from chalicelib.units import MINUTE_MS

LIFE = MINUTE_MS
CODE_LENGTH = 64


class Offer(NamedTuple):
    """A hand-over that waits for the app: its code, until when (milliseconds), and where to send the browser."""

    code: str
    expire: int
    url: str


def offer(actor: Actor, user: User, session: Session, secret: str, url: str, challenge: bytes, state: str) -> Offer:
    """Offer the session, which opens by `secret`, to whoever asks from the origin of `url` with the verifier.

    `challenge` is the SHA-256 of that. `state` goes back to the app as it came.
    """
    code, now = codes.hex_secret(CODE_LENGTH), clock.now()
    place, origin, expire = keys.handover(code), origins.origin_of(url), now + LIFE
    handover = Handover(
        id=place.values[0],
        user_id=user.id,
        session_id=session.id,
        generation=session.generation,
        origin=origin,
        challenge=challenge,
        secret=encryption.encrypt(secret.encode(), _bound(user.id, origin, challenge), code),
        created=now,
        expire=expire,
        ttl=expire // 1000,
    )
    act = actor.does(Kind.HANDOVER_MADE, user, handover.id)
    handovers.keep(handover, sessions.going_on(session), act.entry)
    return Offer(code, expire, links.with_query(url, {"code": code, **({"state": state} if state else {})}))


def take_over(
    actor: Actor, item: Item | None, code: str, verifier: str, origin: str, conditions: list[Condition]
) -> Opened:
    """The session that was offered with this code; `item` is what stands at its place.

    401 `user_invalid_token` for a code that is unknown, used or expired, and when the session has ended meanwhile. So
    for another verifier or origin, which use it up: the code has come into wrong hands. 401
    `user_more_factors_required` when the session has come to lack a factor, 403 `user_blocked`.
    """
    handover = _open(item)
    user_item, session_item = dynamo.read(
        keys.user(handover.user_id), keys.session(handover.user_id, handover.session_id)
    )
    user, session = users.user_of(user_item), sessions.session_of(session_item)
    if user is None or session is None:
        raise fail("user_invalid_token", reason=_ENDED)
    wrong = _why_wrong(handover, verifier, origin)
    if wrong:
        handovers.void(handover, user, actor.does(Kind.WRONG_HANDOVER, user).entry)
        raise fail("user_invalid_token", reason=wrong)
    _require_alive(handover, session, user)
    owner = _bound(user.id, handover.origin, handover.challenge)
    secret = encryption.decrypt(handover.secret, owner, code).decode()
    ended = fail("user_invalid_token", reason=_ENDED)
    as_read = force.as_read(users.update(user), user).when("generation", "=", user.generation)
    entry = actor.does(Kind.HANDED_OVER, user).entry
    handovers.spend(handover, [as_read, sessions.going_on(session, ended), entry, *conditions])
    return Opened(session, carried.encode(user.id, secret))


_ENDED = "the session has ended since it was offered"


def _open(item: Item | None) -> Handover:
    handover = handovers.handover_of(item)
    if handover is None:
        raise fail("user_invalid_token", reason="no such hand-over: used already, or never there")
    if handover.expire <= clock.now():
        raise fail("user_invalid_token", reason="hand-over expired")
    return handover


def _why_wrong(handover: Handover, verifier: str, origin: str) -> str:
    """Why this is not the app that the session is for; empty if it is. An app is known by no more than being one."""
    if not hashing.same(handover.challenge, hashing.digest(verifier)):
        return "wrong verifier of a hand-over"
    if handover.origin != origin if handover.origin else not origins.is_app(origin):
        return "hand-over for another origin"
    return ""


def _require_alive(handover: Handover, session: Session, user: User) -> None:
    begin.require_unblocked(user)
    if handover.generation != session.generation or not policy.is_alive(session, user, clock.now()):
        raise fail("user_invalid_token", reason=_ENDED)
    if not policy.is_complete(session, user):
        raise fail("user_more_factors_required", reason="the session that was offered lacks a factor now")


def _bound(user_id: str, origin: str, challenge: bytes) -> str:
    """What the sealed secret is bound to besides its code."""
    return f"handover {user_id} {origin} {challenge.hex()}"
