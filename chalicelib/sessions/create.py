"""Sign in with the first factor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from chalicelib.audit.acts import Actor, Kind
from chalicelib.errors import fail
from chalicelib.ids import new_id
from chalicelib.models import Session, User
from chalicelib.runtime import clock, metrics, settings
from chalicelib.security import codes, hashing, passwords
from chalicelib.sessions import policy, roster, secret
from chalicelib.storage import limits, sessions, users
from chalicelib.storage.items import Item
from chalicelib.storage.limits import Counter
from chalicelib.storage.writes import Update, Write
from chalicelib.user_agent import Client, subscriber

SECRET_LENGTH = 64
TRIES = 8
MOST_DEVICES = 10


class Opened(NamedTuple):
    """A session that has just begun, and the one value that opens it again."""

    session: Session
    value: str


class Stale(Exception):
    """The user's record moved while the session was being made."""


def with_password(
    actor: Actor,
    claim: Item | None,
    email: str,
    password: str,
    lifetime: int,
    alert: bool,
    budgets: Callable[[User | None], list[Write]],
) -> Opened:
    """Begin a session of so many seconds (0: as many as may be) for whoever has this address and password.

    `claim` is the item at the address's key. `budgets` are asked, before the password is judged, for the conditions
    that bound wrong ones. `alert`: the owner is told of a device that has not signed in before. 401
    `user_invalid_credentials` for an unknown address, a user without password and a wrong password alike, each after
    the same Argon2 evaluations (`passwords.judge`); 403 `user_blocked`.
    """
    user = users.claimant(claim)
    conditions = budgets(user)
    right, renew = passwords.judge(user.password if user else "", password)
    if user is None or not right:
        raise fail("user_invalid_credentials")
    known = user.password
    for _ in range(TRIES):
        if user is None or user.password != known:
            raise fail("user_invalid_credentials")
        if user.blocked:
            raise fail("user_blocked")
        update = users.expect(user, Stale()).when("password", "=", known)
        if renew:
            update.set("password", passwords.hash_password(password))
        try:
            opened = new_session(user, "email", "password", actor.client, email, lifetime)
            return begin(actor, user, update, opened, alert, conditions)
        except Stale:
            user = users.find(user.id)
    raise fail("general_service_unavailable", retry_after=1)


def for_server(actor: Actor, user: User) -> Opened:
    """A session that the team's server made: outside the roster, so it counts towards no cap. 403 `user_blocked`."""
    if user.blocked:
        raise fail("user_blocked")
    opened = new_session(user, "server", "server", actor.client)
    sessions.keep(opened.session, actor.does(Kind.SIGNED_IN, user).entry)
    return opened


def begin(actor: Actor, user: User, update: Update, opened: Opened, alert: bool, along: Sequence[Write]) -> Opened:
    """Keep a session that has just been made, by way of an update of its user, with what else comes `along`.

    The update's refusal, `Stale`, is raised when the user's sessions have moved since he was read.
    """
    room = roster.room_for(opened.session, user, Stale())
    act = actor.does(_remember_device(actor.client, user, update, alert), user)
    writes = [*along, *_count_sign_in(user, actor.client), act.entry]
    sessions.open_session(opened.session, user, update, room.evicted, room.most, writes)
    metrics.count("SignIns", Provider=opened.session.provider)
    act.tell()
    return opened


def _count_sign_in(user: User, client: Client) -> list[Write]:
    """Sign-ins have a budget too, for user and client: each writes to the user's log, which nobody shall flush."""
    config = settings.config()
    bucket = f"sign-ins|user:{user.id}|ip:{subscriber(client.address)}"
    counter = Counter(bucket, limits.hour_end(), config.sign_ins_per_client)
    return [limits.one_more(counter)] if config.rate_limits else []


def _remember_device(client: Client, user: User, update: Update, alert: bool) -> Kind:
    """Note the device for the next time. What this sign-in is: the first of all devices is no news to the owner."""
    device = client.fingerprint()
    if device in user.devices:
        return Kind.SIGNED_IN
    update.set("devices", [*user.devices, device][-MOST_DEVICES:])
    return Kind.SIGNED_IN_ON_NEW_DEVICE if alert and user.devices else Kind.SIGNED_IN


def new_session(user: User, provider: str, factor: str, client: Client, uid: str = "", lifetime: int = 0) -> Opened:
    """A session of the user that has passed its first factor; kept by nobody yet."""
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
        secret=hashing.digest(raw),
        provider=provider,
        provider_uid=uid,
        lifetime=lifetime,
        ip=client.address,
        device=client.device(),
        factors=[factor],
    )
    return Opened(session, secret.encode(user.id, raw))
