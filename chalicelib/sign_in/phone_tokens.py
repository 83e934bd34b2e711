"""A sign-in code by SMS. Neither the answer nor its cost tells whether the number has an account.

The code is kept under the id that the client is told, not with a user: whose account it opens is found out when it
comes back. A number that nobody owns opens an account of its own then.
"""

from __future__ import annotations

from contextlib import suppress
from typing import NamedTuple

from chalicelib.audit.acts import Actor, Kind
from chalicelib.delivery import phone_numbers, sms, texts
from chalicelib.delivery.sms_budget import Purpose
from chalicelib.errors import ApiError
from chalicelib.ids import UNIQUE, new_id
from chalicelib.models import SignInCode, Token, User
from chalicelib.runtime import clock, settings
from chalicelib.security import codes, encryption
from chalicelib.storage import dynamo, keys, phones
from chalicelib.storage.tokens import cooling
from chalicelib.units import MINUTE_MS

PURPOSE = "sign-in"


class Sent(NamedTuple):
    """A code on its way: the token that the API shows, the id to answer in the name of, the code (for keys only)."""

    token: Token
    user_id: str
    code: str


def send_code(actor: Actor, user_id: str, number: str, client: str) -> Sent:
    """Text a sign-in code to a number, in place of the one before for the same id.

    `user_id` is the id for a new account. It is what the answer names, unless it is `unique()` or anybody's already:
    then it is a fresh one. `client` is the address of who asks, empty for the team's server. 429 within the cooldown of
    the number, and when it or the client for it had its most; 503 when the code cannot be sent.
    """
    spellings = phone_numbers.spellings(number)
    wanted = (keys.user(user_id), keys.sign_in_code(user_id), keys.number_use(number), *map(keys.phone, spellings))
    user, pending, use_item, *claims = dynamo.read(*wanted)
    owner, use, now = phones.owner(spellings, claims), phones.number_use_of(use_item), clock.now()
    before = phones.sign_in_code_of(pending)
    if user_id == UNIQUE or user or _is_anothers(before, number, now):
        user_id, before = new_id(now), None
    text = codes.one_time_code()
    code = _new_code(user_id, number, text, now)
    config = settings.config()
    cooldown = config.send_cooldown_seconds * 1000 if config.rate_limits else 0
    act = actor.does(Kind.SIGN_IN_CODE_SENT, owner or _nobody(user_id, now), code.id)
    try:
        phones.keep_code(code, before, use, cooldown, cooling(use.sent or None, now, cooldown), act.entry)
        _deliver(actor, owner, number, text, client)
    except Exception:
        with suppress(ApiError):
            phones.withdraw_code(code, before, use, act.withdrawal)
        raise
    token = Token(id=new_id(now), created=now, expire=code.expire, address=number, digest=b"")
    return Sent(token, user_id, text)


def matches(code: SignInCode, user_id: str, digits: str) -> bool:
    """Whether these digits are the code that was sent for that id."""
    return encryption.hash_matches(code.digest, *_bound(user_id, code.number, digits))


def _is_anothers(pending: SignInCode | None, number: str, now: int) -> bool:
    """An open code of another number is not to be overwritten by whoever knows the id."""
    return bool(pending and pending.number != number and pending.expire > now)


def _new_code(user_id: str, number: str, text: str, now: int) -> SignInCode:
    expire = now + settings.config().code_minutes * MINUTE_MS
    return SignInCode(
        id=keys.sign_in_code(user_id).values[0],
        number=number,
        digest=encryption.keyed_hash(*_bound(user_id, number, text)),
        created=now,
        expire=expire,
        ttl=expire // 1000,
    )


def _bound(user_id: str, number: str, text: str) -> tuple[str, ...]:
    """A code together with what it is bound to."""
    return (PURPOSE, user_id, number, text)


def _deliver(actor: Actor, owner: User | None, number: str, text: str, client: str) -> None:
    """A blocked owner gets no text, at the same budget and with the same answer."""
    country = phone_numbers.country_of(number)
    if owner and owner.blocked:
        sms.count(Purpose.SIGN_IN, "", number, country, client)
    else:
        message = texts.sms(actor.locale, text, settings.config().code_minutes)
        sms.send(Purpose.SIGN_IN, "", number, country, message, client)


def _nobody(user_id: str, now: int) -> User:
    """Whose log has the entry where the number has no owner: the same write either way."""
    return User(id=user_id, created=now, updated=now, accessed=now, generation=0)
