"""Sign in with a code that went to a phone number; whoever has no account gets one, with the number proven."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from chalicelib.accounts import phones as account_phones
from chalicelib.accounts.verify import proof_at_sign_in
from chalicelib.audit.acts import Actor, Kind, notify_owner
from chalicelib.delivery import phone_numbers, sms, sms_budget, texts
from chalicelib.delivery.sms_budget import Purpose
from chalicelib.models import User
from chalicelib.runtime import settings
from chalicelib.sign_in import begin, tokens
from chalicelib.sign_in.begin import Opened, Stale
from chalicelib.sign_in.tokens import ByToken, Redemption, Sent
from chalicelib.storage import dynamo, keys, phones, users
from chalicelib.storage.items import Item
from chalicelib.storage.keys import Key


class ByPhoneCode(ByToken):
    provider = "phone"
    factor = "phone"
    channel = "phone"
    method = "phone"
    rests_on = ("phone", "phone_verified", "phone_by_team", "phone_before")
    kind = "phone"

    def is_open(self, user: User) -> bool:
        return user.owns_phone or bool(user.phone_before)

    def use_of(self, address: str) -> Key:
        return keys.number_use(address)

    def claims_on(self, address: str) -> Sequence[Key]:
        return [keys.phone(spelling) for spelling in phone_numbers.spellings(address)]

    def owner(self, address: str, claims: Sequence[Item | None]) -> User | None:
        return phones.owner(phone_numbers.spellings(address), claims)

    def open_owners(self, redemption: Redemption, owner: User) -> Opened:
        update, number = redemption.opening(owner), redemption.token.address
        if owner.phone in phone_numbers.spellings(number) and not owner.phone_verified:
            _prove(redemption, owner)
            raise Stale
        phones.when_owned_as_read(update, owner)
        opened = begin.keep(self, redemption.actor, owner, update, redemption.alert, redemption.spend())
        sms_budget.note_verified(phone_numbers.country_of(number))
        return opened

    def open_new(self, redemption: Redemption) -> Opened:
        number = redemption.token.address
        opened = begin.with_account(
            self,
            redemption.actor,
            redemption.user_id,
            [Kind.PHONE_VERIFIED],
            redemption.spend(),
            lambda user: [phones.claim(number, user.id, Stale())],
            phone=number,
            phone_verified=True,
        )
        sms_budget.note_verified(phone_numbers.country_of(number))
        account_phones.take_off_others(number, opened.session.user_id)
        return opened


def send(actor: Actor, user_id: str, number: str, client: str) -> Sent:
    """Text a sign-in code to a number. Errors as in `tokens.send`, and 503 when the code cannot be sent.

    `client` is the address of who asks, empty for the team's server. 429 when the number, or the client for it, had its
    most.
    """
    return tokens.send(actor, ByPhoneCode(), user_id, number, partial(_deliver, actor, number, client))


def _deliver(actor: Actor, number: str, client: str, sent: Sent, owner: User | None) -> None:
    """A blocked owner gets no text, at the same budget and with the same answer."""
    country = phone_numbers.country_of(number)
    if owner and owner.blocked:
        sms.count(Purpose.SIGN_IN, "", number, country, client)
    else:
        message = texts.sms(actor.locale, sent.secret, settings.config().code_minutes)
        sms.send(Purpose.SIGN_IN, "", number, country, message, client)


def _prove(redemption: Redemption, owner: User) -> None:
    """The first proof of a number that the team set, or of one that the user went back to.

    It is a transaction of its own, after which the code is judged anew: sessions may have ended with it.
    """
    update = users.dated_update(owner, Stale())
    acts, carried = proof_at_sign_in(redemption.actor, update, owner, redemption.project)
    released = phones.release(owner, but=owner.phone)
    dynamo.commit(update, *redemption.still_open(), *carried, *released, *(act.entry for act in acts))
    notify_owner(acts)
