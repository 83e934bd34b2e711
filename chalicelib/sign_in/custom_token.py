"""Sign in with a token that the team's server made for one of its users, and brings there itself."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.audit.acts import Actor, Kind
from chalicelib.errors import fail
from chalicelib.models import User
from chalicelib.runtime import clock
from chalicelib.security import codes
from chalicelib.sign_in import begin, tokens
from chalicelib.sign_in.begin import Opened
from chalicelib.sign_in.tokens import ByToken, Redemption, Sent
from chalicelib.storage import dynamo, keys, sign_in_tokens, users
from chalicelib.storage.items import Item
from chalicelib.storage.keys import Key
from chalicelib.storage.writes import Update


class ByCustomToken(ByToken):
    provider = "token"
    factor = "token"
    kind = "custom"

    def canonical(self, typed: str) -> str:
        return typed if typed.isascii() else ""

    def use_of(self, address: str) -> Key:
        return keys.custom_token_use(address)

    def claims_on(self, address: str) -> Sequence[Key]:
        return [keys.user(address)]

    def owner(self, address: str, claims: Sequence[Item | None]) -> User | None:
        return users.user_of(claims[0])

    def opening(self, redemption: Redemption, owner: User) -> Update:
        """The beginning of the update that opens the owner's account."""
        return redemption.opening(owner)

    def open_owners(self, redemption: Redemption, owner: User) -> Opened:
        update = self.opening(redemption, owner)
        if redemption.token.generation != owner.generation:
            raise fail("user_invalid_token", reason="token of before the user's sessions were all ended")
        return begin.keep(self, redemption.actor, owner, update, redemption.alert, redemption.spend())

    def open_new(self, redemption: Redemption) -> Opened:
        raise fail("user_invalid_token", reason="token of a user who is gone")


def make(actor: Actor, user: User, length: int, seconds: int) -> Sent:
    """A token of so many hex characters that signs the user in once, in place of the one before. 403 `user_blocked`.

    It ends with the user's sessions, where all of them are ended: it may live a year, and be in a stranger's hands.
    """
    begin.require_unblocked(user)
    secret = codes.hex_secret(length)
    expire = clock.now() + seconds * 1000
    token = tokens.new_token(ByCustomToken(), user.id, user.id, secret, expire, user.generation)
    still = users.update(user).when("created", "=", user.created).when_same("blocked", False)
    dynamo.commit(sign_in_tokens.put(token), still, actor.does(Kind.SIGN_IN_TOKEN_MADE, user, token.id).entry)
    return Sent(tokens.shown(token), user.id, secret)
