"""Passkeys: each is an item under the digest of its credential id, so it is one user's, and found without a name."""

from __future__ import annotations

import hashlib

from chalicelib.errors import fail
from chalicelib.models import Passkey, User
from chalicelib.storage import dynamo, keys
from chalicelib.storage.items import Item, attributes, record
from chalicelib.storage.writes import Delete, Put, Update

_GONE = "the passkey has been removed meanwhile"


def place(credential: bytes) -> str:
    """Where the passkey with that credential id is, as `keys.passkey` and its user's record have it."""
    return hashlib.sha256(credential).hexdigest()


def passkey_of(item: Item | None) -> Passkey | None:
    """The passkey that an item of the table holds."""
    return record(Passkey, item) if item else None


def of_user(user: User) -> list[Passkey]:
    """The user's passkeys, in order of creation."""
    items = dynamo.read(*map(keys.passkey, user.passkeys.values())) if user.passkeys else []
    found = [record(Passkey, item) for item in items if item]
    return sorted(found, key=lambda each: (each.created, each.id))


def find(user: User, passkey_id: str) -> Passkey:
    """The user's passkey of that id. 404 `user_passkey_not_found`."""
    digest = user.passkeys.get(passkey_id)
    found = passkey_of(dynamo.read(keys.passkey(digest))[0]) if digest else None
    if found is None:
        raise fail("user_passkey_not_found", reason="the user has none of that id")
    return found


def owns(user: User, passkey: Passkey) -> bool:
    """Whether the passkey is one of the user's, as the record has it."""
    return passkey.user_id == user.id and user.passkeys.get(passkey.id) == place(passkey.credential)


def new(passkey: Passkey, taken: Exception) -> Put:
    """`taken` is raised when the credential is anybody's already."""
    item = {**attributes(passkey), "listed": keys.LISTED_PASSKEY}
    return Put(keys.passkey(place(passkey.credential)), item, taken).when_absent("pk")


def release(user: User) -> list[Delete]:
    """All of the user's passkeys go."""
    return [remove(user, passkey_id) for passkey_id in user.passkeys]


def remove(user: User, passkey_id: str) -> Delete:
    return Delete(keys.passkey(user.passkeys[passkey_id])).when("user_id", "=", user.id)


def rename(passkey: Passkey) -> Update:
    """The name that the passkey has from now on. 404 `user_passkey_not_found` when it is gone."""
    return (
        _change(passkey, fail("user_passkey_not_found", reason=_GONE))
        .set("name", passkey.name)
        .set("updated", passkey.updated)
    )


def use(passkey: Passkey, counter: int, backed_up: bool, now: int, stale: Exception) -> Update:
    """The passkey has been used now. `stale` is raised when it has been used or removed since it was read."""
    update = _change(passkey, stale).when("counter", "=", passkey.counter).set("accessed", now)
    return update.set("counter", counter).set("backed_up", backed_up)


def _change(passkey: Passkey, refusal: Exception) -> Update:
    update = Update(keys.passkey(place(passkey.credential)), refusal)
    return update.when("id", "=", passkey.id).when("user_id", "=", passkey.user_id)
