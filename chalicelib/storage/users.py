"""Users, the claims that keep their addresses unique, and every condition on a user's record."""

from __future__ import annotations

from typing import Any

from chalicelib.models import User
from chalicelib.runtime import clock
from chalicelib.storage import dynamo, erasures, keys, user_count, words
from chalicelib.storage.items import Item, attributes, record
from chalicelib.storage.writes import Delete, Put, Update, Write


def find(user_id: str) -> User | None:
    (item,) = dynamo.read(keys.user(user_id))
    return user_of(item)


def user_of(item: Item | None) -> User | None:
    """The user that an item of the table holds."""
    return record(User, item) if item else None


def new(user: User, taken: Exception, bound: bool = True) -> list[Write]:
    """A new user's record and what belongs to it.

    `taken` is raised when there is a user of that id, or something left of a deleted one. 400 `user_count_exceeded`
    when the project has as many users as it may, if that is to be `bound` by it.
    """
    record = Put(keys.user(user.id), {**attributes(user), "listed": keys.LISTED}, taken).when_absent("pk")
    return [record, erasures.none_open(user.id, taken), *user_count.one_more(user, bound), *words.new(user)]


def deletion(user: User) -> tuple[Delete, list[Write]]:
    """The user's record goes, if sessions, proofs and addresses are those that were read; and what goes with it."""
    gone = Delete(keys.user(user.id)).when("generation", "=", user.generation).when("tokens", "=", user.tokens)
    for field in ("phone_verified", "phone_by_team", "phone_before", "passkeys"):
        gone.when_same(field, getattr(user, field))
    tokens = [Delete(keys.sign_in_token(user.id)), Delete(keys.custom_token_use(user.id))]
    kept = [Delete(keys.password_history(user.id)), *tokens]
    return gone, [*kept, *words.gone(gone, user), *user_count.one_less(user), erasures.tombstone(user.id)]


def update(user: User, refusal: Exception | None = None) -> Update:
    """The beginning of a write to a user's record that does not count as a change of it."""
    return Update(keys.user(user.id), refusal).when_present("pk")


def dated_update(user: User, refusal: Exception | None = None) -> Update:
    """The beginning of a change of a user's record."""
    return update(user, refusal).set("updated", clock.now())


def refused_as(update: Update, user: User, field: str, meaning: Exception, entry: str = "") -> Update:
    """What a refusal of the update means where that field of the user, or the `entry` of that name in it, has changed
    since it was read.
    """
    otherwise = update.why_refused

    def value(of: User) -> Any:
        kept = getattr(of, field)
        return kept.get(entry) if entry else kept

    def why_refused() -> Exception:
        now = find(user.id)
        return meaning if now is None or value(now) != value(user) else otherwise()

    update.why_refused = why_refused
    return update


def touch(user: User) -> None:
    """Note that the user has been here."""
    dynamo.commit(Update(keys.user(user.id)).when_present("pk").set("accessed", clock.now()))
