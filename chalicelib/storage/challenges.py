"""Challenges: opened, counted against, and consumed with everything that the right answer changes."""

from __future__ import annotations

from chalicelib.models import Challenge, User
from chalicelib.storage import dynamo, keys, tokens, users
from chalicelib.storage.items import Item, attributes, record
from chalicelib.storage.writes import Delete, Put, Update, Write


def challenge_of(item: Item | None) -> Challenge | None:
    """The challenge that an item of the table holds; None for a sign-in token, which is kept beside them."""
    return record(Challenge, item) if item and "factor" in item else None


def keep(challenge: Challenge, *along: Write) -> None:
    """Keep a new challenge and what comes `along`."""
    dynamo.commit(Put(keys.challenge(challenge.id), attributes(challenge)).when_absent("id"), *along)


def keep_sent(challenge: Challenge, user: User, channel: str, cooldown: int, *along: Write) -> None:
    """Keep a new challenge that is sent through a `channel`, and hold the channel for `cooldown` milliseconds.

    429 when another went out through that channel within the cooldown and has not been used.
    """
    wait = tokens.cooling(user.sent.get(channel), challenge.created, cooldown)
    keep(challenge, hold_channel(users.update(user, wait), channel, challenge.created, cooldown), *along)


def withdraw(challenge: Challenge, user: User, channel: str, event: Delete) -> None:
    """Take back a challenge that could not be sent, and its event."""
    writes: list[Write] = [Delete(keys.challenge(challenge.id)), event]
    if channel:
        writes.append(free_channel(users.update(user), channel).when(f"sent.{channel}", "=", challenge.created))
    dynamo.commit(*writes)


def count_wrong_answer(
    challenge: Challenge, attempts: int, user: User, guesses: list[int], stale: Exception, event: Put
) -> None:
    """Count a wrong answer on the challenge, which has had so many `attempts` from now on, and on the user, whose wrong
    answers are `guesses`.

    `stale` is raised when either has had another answer since it was read.
    """
    update = Update(keys.challenge(challenge.id), stale).when("attempts", "=", challenge.attempts)
    update.set("attempts", attempts)
    if guesses == user.guesses:
        dynamo.commit(update, event)
    else:
        dynamo.commit(update, expecting_guesses(users.update(user, stale), user).set("guesses", guesses), event)


def consume(challenge: Challenge, stale: Exception, *granted: Write) -> None:
    """The challenge is gone and all that was `granted` is written, or nothing happens.

    `stale` is raised when the challenge is gone or has had another answer since it was read.
    """
    spent = Delete(keys.challenge(challenge.id), stale).when("attempts", "=", challenge.attempts)
    dynamo.commit(spent, *granted)


def hold_channel(update: Update, channel: str, now: int, cooldown: int) -> Update:
    """Note that a challenge goes out through a channel now, unless one did within `cooldown` milliseconds."""
    return update.when_absent_or(f"sent.{channel}", "<=", now - cooldown).set(f"sent.{channel}", now)


def free_channel(update: Update, channel: str, address: str = "") -> Update:
    """The code that was sent last has been used (or was never sent): the next may go out at once.

    `address` is where a used one went; it must be the user's proven one still.
    """
    if address:
        update.when(channel, "=", address).when(f"{channel}_verified", "=", True)
    return update.remove(f"sent.{channel}")


def expecting_guesses(update: Update, user: User) -> Update:
    """Only if the user has given no wrong answer since it was read."""
    return update.when_same("guesses", user.guesses)
