"""What is kept beside the record of a user: preferences, and the targets that the team has noted."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.models import Preferences, User
from chalicelib.runtime import clock
from chalicelib.storage import dynamo, keys
from chalicelib.storage.items import Item, record
from chalicelib.storage.writes import Check, Update


def preferences_of(item: Item | None) -> Preferences:
    return record(Preferences, item or {})


def find(user: User) -> Preferences:
    (item,) = dynamo.read(keys.preferences(user.id))
    return preferences_of(item)


def keep(user: User, before: Preferences, text: str) -> Preferences:
    kept = replace(before, updated=clock.now(), text=text)
    same_user = Check(keys.user(user.id)).when("created", "=", user.created)
    update = Update(keys.preferences(user.id)).set("updated", kept.updated).set("text", text)
    dynamo.commit(same_user, update)
    return kept
