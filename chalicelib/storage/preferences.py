"""Preferences of users."""

from __future__ import annotations

from chalicelib.models import Preferences, User
from chalicelib.runtime import clock
from chalicelib.storage import dynamo, keys
from chalicelib.storage.items import Item, attributes, record
from chalicelib.storage.writes import Check, Put


def preferences_of(item: Item | None) -> Preferences:
    return record(Preferences, item or {"updated": 0})


def keep(user: User, text: str) -> Preferences:
    kept = Preferences(updated=clock.now(), text=text)
    same_user = Check(keys.user(user.id)).when("created", "=", user.created)
    dynamo.commit(same_user, Put(keys.preferences(user.id), attributes(kept)))
    return kept
