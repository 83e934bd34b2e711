"""Tokens that sign in: a code or a link that is sent, or what the team hands out. Each is redeemed once.

A token is kept under the id that the client is told, not with a user: whose account it opens is found out when it comes
back. So neither the answer to the request for one nor its cost tells whether the address has an account.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import ClassVar, NamedTuple

from chalicelib.audit.acts import Actor, Kind
from chalicelib.errors import ApiError, fail
from chalicelib.factors.ways import Way
from chalicelib.ids import UNIQUE, new_id
from chalicelib.models import AddressUse, Project, SignInToken, Token, User
from chalicelib.runtime import clock, settings
from chalicelib.security import codes, encryption, hashing
from chalicelib.sign_in import begin
from chalicelib.sign_in.begin import Opened, Stale
from chalicelib.storage import dynamo, keys, sign_in_tokens, users
from chalicelib.storage.items import Item
from chalicelib.storage.keys import Key
from chalicelib.storage.tokens import cooling
from chalicelib.storage.writes import Update, Write
from chalicelib.units import MINUTE_MS

PURPOSE = "sign-in"


class Redemption(NamedTuple):
    """A right token on its way into a session, as it was read with what its address has seen.

    `user_id` is the id that it was redeemed for. `alert`: the owner is told of a device that has not signed in before.
    """

    actor: Actor
    user_id: str
    token: SignInToken
    use: AddressUse
    project: Project
    alert: bool

    def spend(self) -> list[Write]:
        return sign_in_tokens.spend(self.token, self.use, Stale())

    def still_open(self) -> Sequence[Write]:
        return sign_in_tokens.as_read(self.token, self.use, Stale())

    def opening(self, owner: User) -> Update:
        """The beginning of the update that opens the owner's account, Stale where he is not as this was decided.

        403 `user_blocked`, 401 `user_invalid_token` for a token from before a block that has been lifted, or before the
        password: it may have been changed because others have read the owner's mails or texts.
        """
        begin.require_unblocked(owner)
        if self.token.created <= owner.blocked_at:
            raise fail("user_invalid_token", reason="sign-in token of before the user was blocked")
        if owner.password and self.token.created < owner.password_updated:
            raise fail("user_invalid_token", reason="sign-in token of before the password was changed")
        return users.update(owner, Stale()).when_same("password_updated", owner.password_updated)


class ByToken(Way):
    """A way to sign in by such a token: six digits, unless told otherwise."""

    kind: ClassVar[str]
    """What its tokens are kept as."""

    @property
    def minutes(self) -> int:
        """How long one that is sent lives."""
        return settings.config().code_minutes

    def new_secret(self) -> str:
        return codes.one_time_code()

    def canonical(self, typed: str) -> str:
        """A secret in the form in which it was made; empty for what can be none."""
        return codes.canonical_one_time_code(typed) or ""

    def use_of(self, address: str) -> Key:
        """Where is kept what tokens to the address have seen."""
        raise NotImplementedError

    def claims_on(self, address: str) -> Sequence[Key]:
        """What says whose the address is."""
        raise NotImplementedError

    def owner(self, address: str, claims: Sequence[Item | None]) -> User | None:
        """Whose the address is; `claims` are the items that were found. The same work if it is nobody's."""
        raise NotImplementedError

    def open_owners(self, redemption: Redemption, owner: User) -> Opened:
        """The session of the owner of the address. Stale when it has to be judged anew."""
        raise NotImplementedError

    def open_new(self, redemption: Redemption) -> Opened:
        """The session of an account of its own, for an address that is nobody's."""
        raise NotImplementedError


class Sent(NamedTuple):
    """A token on its way: as the API shows it, the id to answer in the name of, and the secret."""

    token: Token
    user_id: str
    secret: str


def send(actor: Actor, way: ByToken, user_id: str, address: str, deliver: Callable[[Sent, User | None], None]) -> Sent:
    """Keep a token in place of the one before for the same id, and `deliver` it to its address, whose owner is told.

    `user_id` is the id for a new account. It is what the answer names, unless it is `unique()` or anybody's already:
    then it is a fresh one. 429 within the cooldown of the address. What cannot be delivered is taken back.
    """
    wanted = (keys.user(user_id), keys.sign_in_token(user_id), way.use_of(address), *way.claims_on(address))
    user, pending, use_item, *claims = dynamo.read(*wanted)
    owner, use, now = way.owner(address, claims), sign_in_tokens.use_of(way.use_of(address), use_item), clock.now()
    before = sign_in_tokens.token_of(pending)
    if user_id == UNIQUE or user or _is_anothers(before, address, now):
        user_id, before = new_id(now), None
    secret = way.new_secret()
    kept = new_token(way, user_id, address, secret, now + way.minutes * MINUTE_MS)
    config = settings.config()
    cooldown = config.send_cooldown_seconds * 1000 if config.rate_limits else 0
    act = actor.does(Kind.SIGN_IN_TOKEN_MADE, owner or nobody(user_id), kept.id)
    sent = Sent(shown(kept), user_id, secret)
    try:
        sign_in_tokens.keep(kept, before, use, cooldown, cooling(use.sent or None, now, cooldown), act.entry)
        deliver(sent, owner)
    except Exception:
        with suppress(ApiError):
            sign_in_tokens.withdraw(kept, before, use, act.withdrawal)
        raise
    return sent


def new_token(way: ByToken, user_id: str, address: str, secret: str, expire: int, generation: int = 0) -> SignInToken:
    guessable = len(secret) < hashing.UNGUESSABLE_HEX
    return SignInToken(
        id=keys.sign_in_token(user_id).values[0],
        kind=way.kind,
        address=address,
        digest=encryption.keyed_hash(*_bound(user_id, address, secret)) if guessable else hashing.digest(secret),
        guessable=guessable,
        generation=generation,
        created=clock.now(),
        expire=expire,
        ttl=expire // 1000,
    )


def shown(token: SignInToken) -> Token:
    """A token as the API shows it: under an id that says nothing."""
    now = token.created
    return Token(id=new_id(now), created=now, expire=token.expire, address=token.address, digest=b"")


def matches(token: SignInToken, user_id: str, secret: str) -> bool:
    """Whether this secret is the one that was sent, or handed out, for that id."""
    if token.guessable:
        return encryption.hash_matches(token.digest, *_bound(user_id, token.address, secret))
    return hashing.same(token.digest, hashing.digest(secret))


def nobody(user_id: str) -> User:
    """Whose log has the entry where an address has no owner: the same write either way."""
    now = clock.now()
    return User(id=user_id, created=now, updated=now, accessed=now, generation=0)


def _is_anothers(pending: SignInToken | None, address: str, now: int) -> bool:
    """An open token of another address is not to be overwritten by whoever knows the id."""
    return bool(pending and pending.address != address and pending.expire > now)


def _bound(user_id: str, address: str, secret: str) -> tuple[str, ...]:
    """A secret together with what it is bound to."""
    return (PURPOSE, user_id, address, secret)
