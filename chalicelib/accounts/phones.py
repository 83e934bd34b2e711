"""A number belongs to whoever proved it, or had it from the team; it is on nobody else's account."""

from __future__ import annotations

from chalicelib.audit.acts import Actor, Kind
from chalicelib.client import Client
from chalicelib.errors import fail
from chalicelib.models import User
from chalicelib.storage import dynamo, keys, phones, users
from chalicelib.storage.writes import Write


def require_free(number: str, taken: str = "user_target_already_exists") -> None:
    """409, of the type `taken`, when the number is somebody's."""
    if phones.find_owner(number):
        raise fail(taken)


def require_not_anothers(user: User) -> bool:
    """Whether the number is the user's already. 409 `user_target_already_exists` when it is somebody else's."""
    owner = phones.find_owner(user.phone)
    if owner and owner.id != user.id:
        raise phones.taken_already()
    return owner is not None


def claims(user: User, stale: Exception | None = None) -> list[Write]:
    """The writes by which the number becomes the user's, in the transaction that proves it. Errors as above."""
    if require_not_anothers(user):
        return []
    return [phones.claim(user.phone, user.id, phones.taken_already()), *taken_off_others(user.phone, user.id, stale)]


def taken_off_others(number: str, owner_id: str, stale: Exception | None = None) -> list[Write]:
    """The writes that take the number off everybody who merely typed it, with an entry in the log of each.

    `stale` is raised when one of them has changed or proven it meanwhile; 503 without it.
    """
    others = phones.holders(number, owner_id)
    items = dynamo.read(*map(keys.user, others)) if others else []
    losers = [user for user in map(users.user_of, items) if user and user.phone == number and not user.owns_phone]
    nobody = Actor(Client(""))
    entries = [nobody.does(Kind.PHONE_LOST, user).entry for user in losers]
    return [*(phones.take_off(number, user, stale) for user in losers), *entries]
