"""A number belongs to whoever proved it, or had it from the team; it is on nobody else's account."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

from chalicelib import services
from chalicelib.audit.acts import Actor, Kind
from chalicelib.client import Client
from chalicelib.errors import ApiError, fail
from chalicelib.models import User
from chalicelib.storage import dynamo, keys, phones, users
from chalicelib.storage.writes import Write


def require_free(number: str, taken: str = "user_target_already_exists") -> None:
    """409, of the type `taken`, when the number is somebody's."""
    if phones.find_owner(number):
        raise fail(taken)


def claims(user: User) -> list[Write]:
    """The writes by which the number becomes the user's, in the transaction that proves it.

    None when it is his already. 409 `user_target_already_exists` when it is somebody else's.
    """
    owner = phones.find_owner(user.phone)
    if owner and owner.id != user.id:
        raise phones.taken_already()
    return [] if owner else [phones.claim(user.phone, user.id, phones.taken_already())]


def take_off_others(number: str, owner_id: str) -> None:
    """Take the number off everybody who merely typed it. What fails here is left: nobody can prove it any more."""
    with suppress(ApiError):
        others = phones.holders(number, owner_id)
        items = dynamo.read(*map(keys.user, others)) if others else []
        services.together([partial(_take_off, number, user) for user in map(users.user_of, items) if user])


def _take_off(number: str, user: User) -> None:
    phones.take_off(number, user, Actor(Client("")).does(Kind.PHONE_LOST, user).entry)
