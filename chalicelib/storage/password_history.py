"""The hashes of a user's earlier passwords, in an item of their own: the record is read with every request."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.models import User
from chalicelib.storage import dynamo, keys
from chalicelib.storage.writes import Put, Write


def read(user: User) -> list[str]:
    """The newest first; the present password is not among them."""
    (item,) = dynamo.read(keys.password_history(user.id))
    return item["hashes"] if item else []


def replace(user: User, before: Sequence[str], hashes: Sequence[str]) -> list[Write]:
    """What keeps these in place of those that were read; nothing where they are the same."""
    if list(before) == list(hashes):
        return []
    return [Put(keys.password_history(user.id), {"hashes": hashes}).when_same("hashes", before)]
