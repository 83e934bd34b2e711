"""Sign in with the first factor."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from chalicelib import services
from chalicelib.accounts import tokens
from chalicelib.errors import fail
from chalicelib.ids import new_id
from chalicelib.models import Session, User
from chalicelib.security import codes, hashing
from chalicelib.sessions import policy, secret
from chalicelib.sessions.client import Client
from chalicelib.storage import sessions, users
from chalicelib.storage.items import Item
from chalicelib.storage.writes import Update

SECRET_LENGTH = 64
TRIES = 8


class Opened(NamedTuple):
    """A session that has just begun, and the one value that opens it again."""

    session: Session
    value: str


class _Stale(Exception):
    """The user's record moved while the session was being made."""


def with_password(claim: Item | None, email: str, password: str, client: Client) -> Opened:
    """Begin a session for whoever has this address and password.

    `claim` is the item at the address's key. 401 `user_invalid_credentials` for an unknown address, a user without
    password and a wrong password alike, each after exactly one Argon2 evaluation; 403 `user_blocked`.
    """
    user = users.claimant(claim)
    matches = hashing.password_matches(user.password if user else "", password)
    if user is None or not matches:
        raise fail("user_invalid_credentials")
    known = user.password
    for _ in range(TRIES):
        if user is None or user.password != known:
            raise fail("user_invalid_credentials")
        if user.blocked:
            raise fail("user_blocked")
        update = users.expect(user, _Stale()).when("password", "=", known)
        if hashing.needs_rehash(known):
            update.set("password", hashing.hash_password(password))
        try:
            return _open(user, update, _new_session(user, "email", "password", client, email))
        except _Stale:
            user = users.find(user.id)
    raise fail("general_service_unavailable", retry_after=1)


def with_phone_code(user_id: str, code: str, client: Client) -> Opened:
    """Begin a session for the code that went to the user's number, which is verified thereby.

    `code` may be the six digits or the form in which API keys got them. 401 `user_invalid_token`.
    """
    held = secret.unwrap(code)
    digits = held.secret if held and held.user_id == user_id and codes.is_one_time_code(held.secret) else code
    return tokens.redeem(user_id, "sign-in", digits, partial(_open_by_phone, client))[1]


def for_server(user: User, client: Client) -> Opened:
    """A session that the team's server made: outside the roster, so it counts towards no cap."""
    opened = _new_session(user, "server", "server", client)
    sessions.keep(opened.session)
    return opened


def _open_by_phone(client: Client, user: User, update: Update) -> Opened:
    return _open(user, update.set("phone_verified", True), _new_session(user, "phone", "phone", client))


def _open(user: User, update: Update, opened: Opened) -> Opened:
    factors = len(opened.session.factors)
    evicted, room = policy.evictions(user, factors), policy.room(user, factors)
    sessions.open_session(opened.session, user, update, evicted, room)
    return opened


def _new_session(user: User, provider: str, factor: str, client: Client, uid: str = "") -> Opened:
    now = services.now()
    session_id = new_id(now)
    raw = session_id + codes.hex_secret(SECRET_LENGTH)
    expire = policy.expiry(now)
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
        ip=client.address,
        device=client.device(),
        factors=[factor],
    )
    return Opened(session, secret.encode(user.id, raw))
