"""A number belongs to whoever proved it, or had it from the team; it is on nobody else's account."""

from __future__ import annotations

import logging
from functools import partial

from chalicelib.audit.acts import Actor, Kind
from chalicelib.delivery import phone_numbers
from chalicelib.errors import fail
from chalicelib.models import User
from chalicelib.runtime import clock, threads
from chalicelib.storage import dynamo, keys, phones, users
from chalicelib.storage.writes import Write
from chalicelib.user_agent import Client

log = logging.getLogger("chalicelib")


def require_free(number: str, taken: str = "user_target_already_exists") -> None:
    """409, of the type `taken`, when the number is somebody's."""
    if phones.find_owner(phone_numbers.spellings(number)):
        raise fail(taken, reason="the number is somebody's")


def require_not_anothers(user: User) -> None:
    """409 `user_target_already_exists` when the number is somebody else's."""
    owner = phones.find_owner(phone_numbers.spellings(user.phone))
    if owner and owner.id != user.id:
        raise phones.taken_already()


def claims(user: User) -> list[Write]:
    """The writes by which the number becomes the user's, in the transaction that proves it.

    A number of before is free then. Errors as in `require_not_anothers`.
    """
    released = phones.release(user, but=user.phone)
    require_not_anothers(user)
    if user.owns(user.phone):
        return released
    return [*released, phones.claim(user.phone, user.id, phones.taken_already())]


def take_off_others(number: str, owner_id: str) -> None:
    """Take the number off everybody who merely typed it, with an entry in the log of each.

    What fails here is left: nobody can prove it any more. It is no part of the transaction that proves the number, or
    strangers who go on changing their accounts could hold that up.
    """
    (outcome,) = threads.together([partial(_take_off_all, number, owner_id)])
    if isinstance(outcome, Exception):
        log.error("number not taken off others: %s", type(outcome).__name__)


def _take_off_all(number: str, owner_id: str) -> None:
    others = phones.holders(number, owner_id)
    items = dynamo.read(*map(keys.user, others)) if others else []
    threads.together([partial(_take_off, number, user) for user in map(users.user_of, items) if user])


def _take_off(number: str, user: User) -> None:
    if user.phone != number or user.owns_phone:
        return
    before = user.phone_before
    country = phone_numbers.country_of(before) if before else ""
    target = {**user.targets.get("phone", {}), "updated": clock.now(), "country": country}
    dynamo.commit(*phones.take_off(user, target), Actor(Client("")).does(Kind.PHONE_LOST, user).entry)
