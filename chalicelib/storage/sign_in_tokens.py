"""Open sign-in tokens, the newest of each id, and what those that went to an address have seen."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.models import AddressUse, SignInToken
from chalicelib.runtime import clock
from chalicelib.storage import dynamo
from chalicelib.storage.items import Item, attributes, record
from chalicelib.storage.keys import Key
from chalicelib.storage.writes import Check, Delete, Put, Update, Write
from chalicelib.units import DAY_S


def token_of(item: Item | None) -> SignInToken | None:
    """The token that an item holds, expired or not."""
    return record(SignInToken, item) if item else None


def use_of(key: Key, item: Item | None) -> AddressUse:
    """What the item at that key says."""
    return record(AddressUse, {**(item or {}), "id": key.values[0]})


def keep(
    token: SignInToken, before: SignInToken | None, use: AddressUse, cooldown: int, wait: Exception, event: Put
) -> None:
    """Keep a token in place of the one `before`, and note that it goes to its address now.

    `wait` is raised when another was sent there within `cooldown` milliseconds and has not been used, or when the
    tokens are not those that were read.
    """
    put = Put(_place(token), attributes(token), wait)
    put = put.when("digest", "=", before.digest) if before else put.when_absent("id")
    note = _note(use, wait).when_absent_or("sent", "<=", token.created - cooldown).set("sent", token.created)
    dynamo.commit(put, note.when_same("sent", use.sent), event)


def put(token: SignInToken) -> Put:
    """The token that the team hands out, in place of whatever was there."""
    return Put(_place(token), attributes(token))


def withdraw(token: SignInToken, before: SignInToken | None, use: AddressUse, event: Delete) -> None:
    """Take back a token that could not be sent, and its event: the one before counts again."""
    place = _place(token)
    undo = Put(place, attributes(before)) if before else Delete(place)
    note = _note(use).when("sent", "=", token.created).set("sent", use.sent)
    dynamo.commit(undo.when("digest", "=", token.digest), note, event)


def count_wrong_answer(token: SignInToken, use: AddressUse, guesses: list[int], stale: Exception, event: Put) -> None:
    """Count a wrong answer on the token, and on its address, whose wrong answers are `guesses` from now on."""
    update = Update(_place(token), stale).when("digest", "=", token.digest).when("attempts", "=", token.attempts)
    note = _note(use, stale).when_same("guesses", use.guesses).set("guesses", guesses)
    dynamo.commit(update.set("attempts", token.attempts + 1), note, event)


def spend(token: SignInToken, use: AddressUse, stale: Exception) -> list[Write]:
    """The token is gone and the next may be sent at once. `stale`: it, or its address, has had another answer since."""
    spent = Delete(_place(token), stale).when("digest", "=", token.digest).when("attempts", "=", token.attempts)
    return [spent, _note(use, stale).when_same("guesses", use.guesses).set("sent", 0)]


def as_read(token: SignInToken, use: AddressUse, stale: Exception) -> Sequence[Write]:
    """Only while the token and its address have had no other answer; it may still be spent."""
    still_open = Check(_place(token), stale).when("digest", "=", token.digest).when("attempts", "=", token.attempts)
    return [still_open, Check(_counter(use), stale).when_same("guesses", use.guesses)]


def _place(token: SignInToken) -> Key:
    return Key("challenges", (token.id,))


def _counter(use: AddressUse) -> Key:
    return Key("limits", (use.id,))


def _note(use: AddressUse, refusal: Exception | None = None) -> Update:
    """What tokens to an address have seen is kept for as long as the longest budget looks back."""
    ttl = clock.now() // 1000 + 2 * DAY_S
    return Update(_counter(use), refusal).set("ttl", ttl)
