"""Many users at once, put into the tables with all that belongs to them, as whatever makes them one by one does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chalicelib.models import User
from chalicelib.storage import keys, words
from chalicelib.storage.items import Item, attributes
from chalicelib.storage.keys import Key

Keep = Callable[..., None]
"""What the fixture `keep` gives."""


def user(number: int, **fields: Any) -> User:
    now = 1000 + number
    given = {"created": now, "updated": now, "accessed": now, "generation": 1, **fields}
    return User(id=f"u{number:04d}", **given)


def items(user: User) -> dict[Key, Item]:
    """What the tables hold of a user."""
    record = {keys.user(user.id): {**attributes(user), "listed": keys.LISTED}}
    claim: dict[Key, Item] = {keys.email(user.email): {"user_id": user.id}} if user.email else {}
    return {**record, **claim, **{entry: {} for entry in words.entries(user)}}
