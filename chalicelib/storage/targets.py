"""The targets that the team has noted for a user: in the item of the preferences, which no sign-in reads.

Each has a claim on its identifier at the place of a user's address, which names no owner: nobody else can have the
address, and it leads to nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib.models import Preferences, Target, User
from chalicelib.storage import dynamo, keys
from chalicelib.storage.items import Item, attributes, record
from chalicelib.storage.keys import Key
from chalicelib.storage.writes import Check, Delete, Put, Update, Write


def of(kept: Preferences) -> dict[str, Target]:
    """The targets by id."""
    return {name: record(Target, item) for name, item in kept.targets.items()}


def is_claim(claim: Item | None) -> bool:
    """Whether an item at the place of a user's address is the claim of a target."""
    return bool(claim and "target_of" in claim)


def replace(user: User, before: Preferences, after: Mapping[str, Target], taken: Exception, event: Put) -> None:
    """Let these be the user's targets from now on. `taken` is raised when an identifier is in use.

    Only while the user's addresses and targets are those that were read.
    """
    targets: dict[str, dict[str, Any]] = {name: attributes(target) for name, target in after.items()}
    same_user = Check(keys.user(user.id)).when("created", "=", user.created).when("targets", "=", user.targets)
    update = Update(keys.preferences(user.id)).when_same("targets", before.targets).set("targets", targets)
    old, new = _claims(of(before).values()), _claims(after.values())
    claims = [Put(each, {"target_of": user.id}, taken).when_absent("pk") for each in new if each not in old]
    dynamo.commit(same_user, update, *claims, *_release(user, (each for each in old if each not in new)), event)


def delete_all(user: User, kept: Preferences) -> list[Write]:
    """Remove what is kept beside the record of a user, and free the identifiers of its targets."""
    gone = Delete(keys.preferences(user.id)).when_same("targets", kept.targets)
    return [gone, *_release(user, _claims(of(kept).values()))]


def take_off(user: User, kept: Preferences) -> list[Write]:
    """Leave the user none of these targets, whose identifiers are free again."""
    if not kept.targets:
        return []
    update = Update(keys.preferences(user.id)).when_same("targets", kept.targets).remove("targets")
    return [update, *_release(user, _claims(of(kept).values()))]


def _release(user: User, places: Iterable[Key]) -> list[Write]:
    return [Delete(place).when("target_of", "=", user.id) for place in places]


def _claims(targets: Iterable[Target]) -> list[Key]:
    return [_claim(target) for target in targets]


def _claim(target: Target) -> Key:
    return (keys.email if target.kind == "email" else keys.phone)(target.identifier)
