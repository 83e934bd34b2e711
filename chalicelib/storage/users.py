"""Users, the claims that keep their addresses unique, and every condition on a user's record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chalicelib import services
from chalicelib.errors import ApiError, fail
from chalicelib.models import Preferences, Token, User
from chalicelib.storage import dynamo, keys
from chalicelib.storage.dynamo import Range
from chalicelib.storage.items import Item, attributes, record
from chalicelib.storage.writes import Delete, Put, Update, Write

CLAIMS = {"email": keys.email, "phone": keys.phone}
VOID = {"email": ("email", "recovery"), "phone": ("phone", "sign-in")}
"""The purposes of the proofs that die with an address."""
ADDRESS_OF = {purpose: kind for kind, purposes in VOID.items() for purpose in purposes}


def find(user_id: str) -> User | None:
    (item,) = dynamo.read(keys.user(user_id))
    return user_of(item)


def user_of(item: Item | None) -> User | None:
    """The user that an item of the table holds."""
    return record(User, item) if item else None


def preferences_of(item: Item | None) -> Preferences:
    return record(Preferences, item or {"updated": 0})


def claimant(claim: Item | None) -> User | None:
    """The user who has claimed an address; `claim` is the item at `keys.email` or `keys.phone`.

    Reads once whether or not there is a claim, so that time does not tell which addresses have an account.
    """
    return find(claim["user_id"] if claim else "")


def create(user: User, event: Put) -> None:
    """Keep a new user with its event, and claim the addresses. 409 `user_already_exists` when id or any is taken."""
    taken = fail("user_already_exists")
    dynamo.commit(
        Put(keys.user(user.id), {**attributes(user), "listed": keys.LISTED}, taken).when_absent("pk"),
        *(_claim(key, user, taken) for key in _addresses(user)),
        event,
    )


def delete(user: User, event: Put) -> None:
    """Remove a user and all that hangs on it. What is left to TTL is dead: nobody else has this generation."""
    codes = (keys.recovery_code(user.id, item["selector"]) for item in dynamo.query(Range("recovery-codes", user.id)))
    dynamo.commit(
        Delete(keys.user(user.id)).when("generation", "=", user.generation).when("tokens", "=", user.tokens),
        *(Delete(key).when("user_id", "=", user.id) for key in _addresses(user)),
        Delete(keys.preferences(user.id)),
        *(Delete(key) for key in codes),
        event,
    )


def expect(user: User, refusal: Exception | None = None) -> Update:
    """The beginning of a write to a user's record that does not count as a change of it."""
    return Update(keys.user(user.id), refusal).when_present("pk")


def change(user: User, refusal: Exception | None = None) -> Update:
    """The beginning of a change of a user's record."""
    return expect(user, refusal).set("updated", services.now())


def set_flag(user: User, field: str, value: bool, event: Put) -> None:
    """Set `blocked`, `mfa`, `email_verified` or `phone_verified`. 404 `user_not_found` when the user is gone."""
    dynamo.commit(change(user, fail("user_not_found")).set(field, value), event)


def touch(user: User) -> None:
    """Note that the user has been here."""
    dynamo.commit(Update(keys.user(user.id)).when_present("pk").set("accessed", services.now()))


def keep_preferences(user: User, text: str) -> Preferences:
    kept = Preferences(updated=services.now(), text=text)
    dynamo.commit(Put(keys.preferences(user.id), attributes(kept)))
    return kept


def change_address(
    update: Update, user: User, kind: str, address: str, target: dict[str, Any], carried: Sequence[Write]
) -> None:
    """Move claim and target of a kind (`email`, `phone`) to another address, unproven, with what is `carried` along.

    Open proofs of the old address are void, a recovery link too. 409 `user_target_already_exists` when anybody, the
    user too, has that address.
    """
    taken = fail("user_target_already_exists")
    key, before = CLAIMS[kind], getattr(user, kind)
    if address == before:  # a transaction may not name the same claim twice
        raise taken
    update.set(kind, address).set(f"targets.{kind}", target).remove(f"{kind}_verified")
    for purpose in set(VOID[kind]) & set(user.tokens):
        update.set(f"tokens.{purpose}.expire", 0)  # not removed: the cooldown of its sending goes on
    same(update, kind, before)
    released = [Delete(key(before)).when("user_id", "=", user.id)] if before else []
    dynamo.commit(update, _claim(key(address), user, taken), *released, *carried)


def open_token(user: User, purpose: str, token: Token, cooldown: int, event: Put) -> None:
    """Keep the newest token of a purpose, with the event that tells so; the one before is void.

    429 when the last one is younger than `cooldown` milliseconds and not yet used, or is not the one that was read: so
    what `withdraw_token` puts back has not been spent meanwhile.
    """
    path, before = f"tokens.{purpose}", user.tokens.get(purpose)
    wait = cooling(before["created"] if before else None, token.created, cooldown)
    if before and before["created"] > token.created - cooldown:
        raise wait
    update = expect(user, wait).set(path, attributes(token))
    same(update, ADDRESS_OF[purpose], token.address)
    update = update.when(f"{path}.id", "=", before["id"]) if before else update.when_absent(path)
    dynamo.commit(update, event)


def cooling(last: int | None, now: int, cooldown: int) -> ApiError:
    """429 for a message that came too soon after the `last`; all in milliseconds."""
    until = (now if last is None else last) + cooldown
    return fail("general_rate_limit_exceeded", retry_after=max(1, -(-(until - now) // 1000)))


def withdraw_token(user: User, purpose: str, token: Token, event: Delete) -> None:
    """Take back a token that could not be sent, and its event: the token before counts again."""
    path = f"tokens.{purpose}"
    update = expect(user).when(f"{path}.id", "=", token.id)
    before = user.tokens.get(purpose)
    dynamo.commit(update.set(path, before) if before else update.remove(path), event)


def spend_token(user: User, purpose: str, token: Token, stale: Exception) -> Update:
    """The beginning of a write that grants what the token proves, once.

    `stale` is raised when the token, its attempts or its address are no longer as they were read.
    """
    path = f"tokens.{purpose}"
    update = change(user, stale).when(f"{path}.id", "=", token.id).when(f"{path}.attempts", "=", token.attempts)
    same(update, ADDRESS_OF[purpose], token.address)
    return update.remove(path)


def count_wrong_answer(user_id: str, purpose: str, token_id: str, most: int) -> None:
    """Count a wrong answer on the open token, if there is one of that id; 401 `user_invalid_token` either way."""
    path = f"tokens.{purpose}"
    update = Update(keys.user(user_id), fail("user_invalid_token")).when(f"{path}.id", "=", token_id)
    dynamo.commit(update.when(f"{path}.attempts", "<", most).add(f"{path}.attempts", 1))


def end_all_sessions(user: User, event: Put) -> None:
    dynamo.commit(change(user).add("generation", 1).set("sessions", {}), event)


def hold_channel(update: Update, channel: str, now: int, cooldown: int) -> Update:
    """Note that a challenge goes out through a channel now, unless one did within `cooldown` milliseconds."""
    return update.when_absent_or(f"sent.{channel}", "<=", now - cooldown).set(f"sent.{channel}", now)


def free_channel(update: Update, channel: str) -> Update:
    """The code that was sent last has been used (or was never sent): the next may go out at once."""
    return update.remove(f"sent.{channel}")


def expecting_guesses(update: Update, user: User) -> Update:
    """Only if the user has given no wrong answer since it was read."""
    return update.when("guesses", "=", user.guesses) if user.guesses else update.when_absent("guesses")


def spend_totp_step(update: Update, sealed: bytes, step: int, resealed: bytes | None) -> Update:
    """Accept a TOTP step once: it must be later than the last one, of the same verified authenticator.

    `resealed` is its secret under a newer data key, None when it need not change.
    """
    record_path = "authenticators.totp"
    update.when(f"{record_path}.secret", "=", sealed).when(f"{record_path}.verified", "=", True)
    if resealed:
        update.set(f"{record_path}.secret", resealed)
    return update.when(f"{record_path}.step", "<", step).set(f"{record_path}.step", step)


def spend_recovery_code(update: Update, selector: str) -> Update:
    return update.when_contains("recovery_codes", selector).discard("recovery_codes", selector)


def same(update: Update, field: str, value: str) -> None:
    """Only if that field still has the value that was read (an empty one is no attribute at all)."""
    if value:
        update.when(field, "=", value)
    else:
        update.when_absent(field)


def _addresses(user: User) -> list[keys.Key]:
    return [key(getattr(user, kind)) for kind, key in CLAIMS.items() if getattr(user, kind)]


def _claim(key: keys.Key, user: User, taken: Exception) -> Put:
    return Put(key, {"user_id": user.id}, taken).when_absent("pk")
