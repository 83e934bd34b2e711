"""Phone numbers: who owns one.

A number is claimed when it is proven or set by the team. One that a user merely typed has no claim: it leads nobody
anywhere and blocks nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from chalicelib.errors import fail
from chalicelib.models import User
from chalicelib.runtime import clock
from chalicelib.storage import dynamo, keys, users, words
from chalicelib.storage.addresses import claimant
from chalicelib.storage.items import Item
from chalicelib.storage.writes import Check, Delete, Put, Update, Write

MOST_TAKEN_OFF = 25
"""Users who lose a typed number when it is proven. Others, and whoever typed it a moment ago, which the index does not
know yet, cannot prove it any more; they only go on showing it."""


class _NotTheirs(Exception):
    """A user has meanwhile proven the number, lost it or changed it."""


def owner(numbers: Sequence[str], claims: Sequence[Item | None]) -> User | None:
    """Whoever owns the number; `numbers` are its spellings, `claims` the items at `keys.phone` of each, the first of
    which counts. One read, whether or not there is a claim.

    A claim from before numbers had to be proven, whose user has not proven his, is removed.
    """
    number, claim = next((pair for pair in zip(numbers, claims, strict=True) if pair[1]), (numbers[0], None))
    user = claimant(claim)
    if claim and not (user and user.owns(number)):
        if "user_id" in claim and "owned" not in claim:
            with suppress(_NotTheirs):
                unproven = Delete(keys.phone(number), _NotTheirs()).when("user_id", "=", claim["user_id"])
                dynamo.commit(unproven.when_absent("owned"))
        return None
    return user


def find_owner(numbers: Sequence[str]) -> User | None:
    return owner(numbers, dynamo.read(*map(keys.phone, numbers)))


def claim(number: str, user_id: str, taken: Exception) -> Put:
    """The number is this user's alone from now on. `taken` is raised when it is anybody's already."""
    return Put(keys.phone(number), {"user_id": user_id, "owned": True}, taken).when_absent("pk")


def unclaimed(number: str, taken: Exception) -> Check:
    """Only if the number is nobody's."""
    return Check(keys.phone(number), taken).when_absent("pk")


def release(user: User, but: str = "") -> list[Write]:
    """The numbers that are the user's are nobody's from now on, apart from one."""
    owned = {number for number in (user.phone, user.phone_before) if user.owns(number)} - {but}
    return [Delete(keys.phone(number)).when("user_id", "=", user.id) for number in sorted(owned)]


def when_owned_as_read(update: Update, user: User) -> Update:
    """Only if the user's number, and whether it is his, is what was read."""
    for field in ("phone", "phone_verified", "phone_by_team", "phone_before"):
        update.when_same(field, getattr(user, field))
    return update


def forget(update: Update, user: User) -> list[Write]:
    """Take the number off the user's record, with its open proof. Its claim is released apart.

    Returns the writes that go along.
    """
    update.remove("phone").remove("phone_verified").remove("phone_by_team").remove("phone_before")
    _void_proof(update.remove("targets.phone"), user)
    return words.follow(update, user, replace(user, phone=""))


def holders(number: str, but: str) -> list[str]:
    """The ids of users besides `but` whose record has the number, MOST_TAKEN_OFF at most."""
    found = (item["pk"].partition("#")[2] for item in dynamo.query_phone(number, MOST_TAKEN_OFF + 1))
    return [user_id for user_id in found if user_id != but]


def take_off(user: User, target: dict[str, Any]) -> list[Write]:
    """Take a typed number off a user; the one before, if there is any, stands there again, with that `target`.

    Refused when it is no longer what he has, or proven meanwhile.
    """
    update = when_owned_as_read(users.update(user), user).set("updated", clock.now())
    if not user.phone_before:
        return [update, *forget(update, user)]
    _void_proof(update.set("phone", user.phone_before).set("targets.phone", target), user)
    return [update, *words.follow(update, user, replace(user, phone=user.phone_before))]


def _void_proof(update: Update, user: User) -> None:
    if "phone" in user.tokens:
        update.remove("tokens.phone")


def taken_already() -> Exception:
    return fail("user_target_already_exists", reason="the number is somebody else's")
