"""What the ways to sign in by mail share: the mailbox is proven, and nothing is left of whoever typed it before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from chalicelib.accounts import first_proof
from chalicelib.audit.acts import Actor, Kind
from chalicelib.delivery import mail, mail_budget
from chalicelib.delivery.message import Message
from chalicelib.factors.registry import in_force
from chalicelib.models import User
from chalicelib.sign_in import begin, tokens
from chalicelib.sign_in.begin import Opened, Stale
from chalicelib.sign_in.tokens import ByToken, Redemption, Sent
from chalicelib.storage import addresses, keys, users
from chalicelib.storage.items import Item
from chalicelib.storage.keys import Key


class Asker(NamedTuple):
    """Who asks for a mail, in what id's name: from which client, empty for the team's server; known by the mailbox?"""

    user_id: str
    client: str
    known_device: bool


class ByMail(ByToken):
    factor = "email"
    channel = "email"
    rests_on = ("email", "email_verified")

    def is_open(self, user: User) -> bool:
        """A mailbox that its account has not proven opens no account as it is."""
        return bool(user.email and user.email_verified)

    def use_of(self, address: str) -> Key:
        return keys.mailbox_use(self.kind, mail_budget.mailbox(address))

    def claims_on(self, address: str) -> Sequence[Key]:
        return [keys.email(address)]

    def owner(self, address: str, claims: Sequence[Item | None]) -> User | None:
        return addresses.claimant(claims[0])

    def open_owners(self, redemption: Redemption, owner: User) -> Opened:
        if not owner.email_verified:
            _prove(redemption, owner)
            raise Stale
        update = redemption.opening(owner).when("email", "=", owner.email).when("email_verified", "=", True)
        return begin.keep(self, redemption.actor, owner, update, redemption.alert, redemption.spend())

    def open_new(self, redemption: Redemption) -> Opened:
        address = redemption.token.address
        return begin.with_account(
            self,
            redemption.actor,
            redemption.user_id,
            [Kind.EMAIL_VERIFIED],
            redemption.spend(),
            lambda user: [addresses.claim_email(address, user, Stale())],
            email=address,
            email_verified=True,
        )


def send(actor: Actor, way: ByMail, asker: Asker, address: str, write: Callable[[Sent], Message]) -> Sent:
    """Mail a token to an address, whosever it is, as `write` words it. Errors as in `tokens.send`, and 503 when it
    cannot be sent, 429 when the mailbox, or the client for it, had its most.
    """

    def deliver(sent: Sent, owner: User | None) -> None:
        mail_budget.spend(tokens.PURPOSE, address, asker.known_device, asker.client)
        mail.send(address, "", write(sent))

    return tokens.send(actor, way, asker.user_id, address, deliver)


def _prove(redemption: Redemption, owner: User) -> None:
    """The first proof of the mailbox, in a transaction of its own, after which the token is judged anew.

    It empties the account, or leaves it without the address.
    """
    update, still_open = users.dated_update(owner, Stale()), redemption.still_open()
    if owner.blocked or in_force(owner):
        first_proof.let_go(redemption.actor, update, owner, redemption.project, still_open)
    else:
        first_proof.take_over(redemption.actor, update, owner, redemption.project, still_open)
