"""Open proofs of an address: the newest token of each purpose, in the user's record."""

from __future__ import annotations

from collections.abc import Iterable

from chalicelib.errors import ApiError, fail, liftable
from chalicelib.models import Token, User
from chalicelib.storage import dynamo, keys, users
from chalicelib.storage.items import attributes
from chalicelib.storage.writes import Check, Delete, Update, Write

OF_ADDRESS = {"email": ("email", "recovery"), "phone": ("phone",)}
"""The purposes of the proofs that go to an address, and die with it."""
ADDRESS_OF = {purpose: kind for kind, purposes in OF_ADDRESS.items() for purpose in purposes}
VOID = 0
"""When what proves nothing any more expired."""


def keep(user: User, purpose: str, token: Token, cooldown: int, *along: Write) -> None:
    """Keep the newest token of a purpose, with what comes `along`; the one before is void.

    429 when the last one is younger than `cooldown` milliseconds and not yet used, or is not the one that was read: so
    what `withdraw` puts back has not been spent meanwhile.
    """
    path, before = f"tokens.{purpose}", user.tokens.get(purpose)
    wait = cooling(before["created"] if before else None, token.created, cooldown)
    if before and before["created"] > token.created - cooldown:
        raise wait
    update = users.update(user, wait).set(path, attributes(token)).when_same(ADDRESS_OF[purpose], token.address)
    update = update.when(f"{path}.id", "=", before["id"]) if before else update.when_absent(path)
    dynamo.commit(update, *along)


def named(shown_id: str, user: User, token: Token) -> Update:
    """Whose token it is, for whoever was told another id than the user's."""
    return Update(keys.recovery(shown_id)).set("user_id", user.id).set("ttl", token.expire // 1000)


def withdraw(user: User, purpose: str, token: Token, event: Delete) -> None:
    """Take back a token that could not be sent, and its event: the token before counts again."""
    path = f"tokens.{purpose}"
    update = users.update(user).when(f"{path}.id", "=", token.id)
    before = user.tokens.get(purpose)
    dynamo.commit(update.set(path, before) if before else update.remove(path), event)


def spend(user: User, purpose: str, token: Token, stale: Exception) -> Update:
    """The beginning of a write that grants what the token proves, once.

    `stale` is raised when the token, its attempts or its address are no longer as they were read.
    """
    path = f"tokens.{purpose}"
    update = users.dated_update(user, stale).when_same(ADDRESS_OF[purpose], token.address)
    return update.when(f"{path}.id", "=", token.id).when(f"{path}.attempts", "=", token.attempts).remove(path)


def as_read(spending: Update, user: User, purpose: str) -> Check:
    """Only while the open token has had no other answer. Refused as the update that is `spending` it would be."""
    path, read = f"tokens.{purpose}", user.tokens[purpose]
    check = Check(spending.key).when(f"{path}.id", "=", read["id"]).when(f"{path}.attempts", "=", read["attempts"])
    check.why_refused = spending.why_refused
    return check


def void(update: Update, user: User, purposes: Iterable[str]) -> None:
    """The open proofs of these purposes prove nothing any more. They stay, as the cooldown of their sending goes on."""
    for purpose in set(purposes) & set(user.tokens):
        update.when(f"tokens.{purpose}.id", "=", user.tokens[purpose]["id"]).set(f"tokens.{purpose}.expire", VOID)


def count_wrong_answer(user_id: str, purpose: str, token_id: str, most: int, refusal: Exception) -> None:
    """Count a wrong answer on the open token. `refusal` is raised when there is none of that id that has room."""
    path = f"tokens.{purpose}"
    update = Update(keys.user(user_id), refusal).when(f"{path}.id", "=", token_id)
    dynamo.commit(update.when(f"{path}.attempts", "<", most).add(f"{path}.attempts", 1))


def cooling(last: int | None, now: int, cooldown: int) -> ApiError:
    """429 for a message that came too soon after the `last`; all in milliseconds."""
    until = (now if last is None else last) + cooldown
    reason = liftable(f"{cooldown // 1000} seconds between two messages of a kind")
    return fail("general_rate_limit_exceeded", retry_after=max(1, -(-(until - now) // 1000)), reason=reason)
