"""How a session begins, whatever proved the first factor: what holds for all ways to sign in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from chalicelib.accounts import create as accounts
from chalicelib.audit.acts import Actor, Kind
from chalicelib.errors import fail
from chalicelib.factors.ways import Way
from chalicelib.ids import new_id
from chalicelib.models import Session, User
from chalicelib.runtime import clock, metrics, settings
from chalicelib.security import codes, hashing
from chalicelib.sessions import policy, roster, secret
from chalicelib.storage import dynamo, limits, sessions, users
from chalicelib.storage.limits import Counter
from chalicelib.storage.writes import Update, Write
from chalicelib.user_agent import Client, subscriber

SECRET_LENGTH = 64
MOST_DEVICES = 10


class Opened(NamedTuple):
    """A session that has just begun, and the one value that opens it again."""

    session: Session
    value: str


class Stale(Exception):
    """The user's record moved while the session was being made."""


class _IdTaken(Exception):
    """There is a user of that id since it was asked for."""


def keep(
    way: Way, actor: Actor, user: User, update: Update, alert: bool, along: Sequence[Write], lifetime: int = 0
) -> Opened:
    """Begin a session of so many seconds (0: as many as may be), by way of an update of its user.

    What else comes `along` is written with it. `alert`: the owner is told of a device that has not signed in before,
    unless a mail was what signed in. The update's refusal, `Stale`, is raised when the user's sessions have moved since
    he was read. 403 `user_blocked`, 429 when this client has signed the user in as often as it may.
    """
    opened = new_session(way, user, actor.client, lifetime)
    room = roster.room_for(opened.session, user, Stale())
    act = actor.does(_remember_device(actor.client, user, update, alert and way.channel != "email"), user)
    writes = [*along, *_count_sign_in(user, actor.client), act.entry]
    sessions.open_session(opened.session, user, update, room.evicted, room.most, writes)
    count(way)
    act.notify()
    return opened


def with_account(
    way: Way,
    actor: Actor,
    user_id: str,
    proven: Sequence[Kind] = (),
    along: Sequence[Write] = (),
    claims: Callable[[User], Sequence[Write]] = lambda user: (),
    **fields: Any,
) -> Opened:
    """Begin the first session of an account that is made for it, with these fields.

    It has the id that was asked for, unless somebody has taken that. `proven` is what is logged of its address, which
    `claims` make the user's. What else comes `along` is written with it.
    """
    now = clock.now()
    user = accounts.new_user(user_id, now, **fields)
    opened = new_session(way, user, actor.client)
    user = replace(
        user, sessions={opened.session.id: len(opened.session.factors)}, devices=[actor.client.fingerprint()]
    )
    acts = [actor.does(kind, user) for kind in (Kind.USER_CREATED, *proven, Kind.SIGNED_IN)]
    made = [*users.new(user, _IdTaken()), *claims(user), sessions.new(opened.session)]
    try:
        dynamo.commit(*along, *made, *(act.entry for act in acts))
    except _IdTaken:
        return with_account(way, actor, new_id(now), proven, along, claims, **fields)
    count(way)
    return opened


def new_session(way: Way, user: User, client: Client, lifetime: int = 0) -> Opened:
    """A session of the user that has passed what the way in proves; kept by nobody yet. 403 `user_blocked`."""
    require_unblocked(user)
    now = clock.now()
    session_id = new_id(now)
    raw = session_id + codes.hex_secret(SECRET_LENGTH)
    expire = policy.expiry(now, lifetime)
    session = Session(
        id=session_id,
        user_id=user.id,
        created=now,
        updated=now,
        expire=expire,
        ttl=expire // 1000,
        generation=user.generation,
        secret_digest=hashing.digest(raw),
        provider=way.provider,
        provider_uid=way.provider_uid(user),
        lifetime=lifetime,
        ip=client.address,
        device=client.device(),
        factors=[way.factor, way.second] if way.second else [way.factor],
        mfa_updated=now if way.second else 0,
    )
    return Opened(session, secret.encode(user.id, raw))


def require_unblocked(user: User) -> None:
    """403 `user_blocked`."""
    if user.blocked:
        raise fail("user_blocked", reason="who signs in is blocked")


def count(way: Way) -> None:
    """One more sign-in, in the metrics."""
    metrics.count("SignIns", Provider=way.provider)


def _count_sign_in(user: User, client: Client) -> list[Write]:
    """Sign-ins have a budget too, for user and client: each writes to the user's log, which nobody shall flush."""
    config = settings.config()
    bucket = f"sign-ins|user:{user.id}|ip:{subscriber(client.address)}"
    what = "sign-ins of one user from one address an hour"
    counter = Counter(bucket, limits.hour_end(), config.sign_ins_per_client, what)
    return [limits.one_more(counter)] if config.rate_limits else []


def _remember_device(client: Client, user: User, update: Update, alert: bool) -> Kind:
    """Note the device for the next time. What this sign-in is: the first of all devices is no news to the owner."""
    device = client.fingerprint()
    if device in user.devices:
        return Kind.SIGNED_IN
    update.set("devices", [*user.devices, device][-MOST_DEVICES:])
    return Kind.SIGNED_IN_ON_NEW_DEVICE if alert and user.devices else Kind.SIGNED_IN
