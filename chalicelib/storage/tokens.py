"""Open proofs of an address: the newest token of each purpose, in the user's record."""

from __future__ import annotations

from chalicelib.errors import ApiError, fail
from chalicelib.models import Token, User
from chalicelib.storage import addresses, dynamo, keys, users
from chalicelib.storage.items import attributes
from chalicelib.storage.writes import Delete, Put, Update


def keep(user: User, purpose: str, token: Token, cooldown: int, event: Put) -> None:
    """Keep the newest token of a purpose, with the event that tells so; the one before is void.

    429 when the last one is younger than `cooldown` milliseconds and not yet used, or is not the one that was read: so
    what `withdraw_token` puts back has not been spent meanwhile.
    """
    path, before = f"tokens.{purpose}", user.tokens.get(purpose)
    wait = cooling(before["created"] if before else None, token.created, cooldown)
    if before and before["created"] > token.created - cooldown:
        raise wait
    update = (
        users.update(user, wait).set(path, attributes(token)).when_same(addresses.ADDRESS_OF[purpose], token.address)
    )
    update = update.when(f"{path}.id", "=", before["id"]) if before else update.when_absent(path)
    dynamo.commit(update, event)


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
    update = (
        users.dated_update(user, stale).when(f"{path}.id", "=", token.id).when(f"{path}.attempts", "=", token.attempts)
    )
    return update.when_same(addresses.ADDRESS_OF[purpose], token.address).remove(path)


def count_wrong_answer(user_id: str, purpose: str, token_id: str, most: int) -> None:
    """Count a wrong answer on the open token, if there is one of that id; 401 `user_invalid_token` either way."""
    path = f"tokens.{purpose}"
    update = Update(keys.user(user_id), fail("user_invalid_token")).when(f"{path}.id", "=", token_id)
    dynamo.commit(update.when(f"{path}.attempts", "<", most).add(f"{path}.attempts", 1))


def cooling(last: int | None, now: int, cooldown: int) -> ApiError:
    """429 for a message that came too soon after the `last`; all in milliseconds."""
    until = (now if last is None else last) + cooldown
    return fail("general_rate_limit_exceeded", retry_after=max(1, -(-(until - now) // 1000)))
