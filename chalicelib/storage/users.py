"""Users, the claims that keep their addresses unique, and every condition on a user's record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chalicelib.errors import ApiError, fail
from chalicelib.models import Preferences, Token, User
from chalicelib.runtime import clock
from chalicelib.storage import dynamo, keys
from chalicelib.storage.dynamo import Range
from chalicelib.storage.items import Item, attributes, record
from chalicelib.storage.writes import Check, Delete, Put, Update, Write

VOID = {"email": ("email", "recovery"), "phone": ("phone",)}
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


def new(user: User, taken: Exception) -> Put:
    """A new user's record. `taken` is raised when there is a user of that id."""
    return Put(keys.user(user.id), {**attributes(user), "listed": keys.LISTED}, taken).when_absent("pk")


def claim_email(address: str, user: User, taken: Exception) -> Put:
    """The address is this user's alone. `taken` is raised when it is anybody's already."""
    return Put(keys.email(address), {"user_id": user.id}, taken).when_absent("pk")


def release_email(user: User) -> list[Write]:
    """The user's address is nobody's from now on."""
    return [Delete(keys.email(user.email)).when("user_id", "=", user.id)] if user.email else []


def delete(user: User, claims: Sequence[Write], event: Put) -> None:
    """Remove a user and all that hangs on it; `claims` are the writes that release the addresses.

    What is left to TTL is dead: nobody else has this generation.
    """
    codes = (keys.recovery_code(user.id, item["selector"]) for item in dynamo.query(Range("recovery-codes", user.id)))
    gone = Delete(keys.user(user.id)).when("generation", "=", user.generation).when("tokens", "=", user.tokens)
    for field in ("email", "phone", "phone_verified", "phone_by_team", "phone_before"):
        gone.when_same(field, getattr(user, field))
    dynamo.commit(
        gone,
        *claims,
        Delete(keys.preferences(user.id)),
        *(Delete(key) for key in codes),
        event,
    )


def expect(user: User, refusal: Exception | None = None) -> Update:
    """The beginning of a write to a user's record that does not count as a change of it."""
    return Update(keys.user(user.id), refusal).when_present("pk")


def change(user: User, refusal: Exception | None = None) -> Update:
    """The beginning of a change of a user's record."""
    return expect(user, refusal).set("updated", clock.now())


def refused_as(update: Update, user: User, field: str, meaning: Exception) -> Update:
    """What a refusal of the update means where that field of the user has changed since he was read."""
    otherwise = update.why_refused

    def why_refused() -> Exception:
        now = find(user.id)
        return meaning if now is None or getattr(now, field) != getattr(user, field) else otherwise()

    update.why_refused = why_refused
    return update


def touch(user: User) -> None:
    """Note that the user has been here."""
    dynamo.commit(Update(keys.user(user.id)).when_present("pk").set("accessed", clock.now()))


def keep_preferences(user: User, text: str) -> Preferences:
    kept = Preferences(updated=clock.now(), text=text)
    same_user = Check(keys.user(user.id)).when("created", "=", user.created)
    dynamo.commit(same_user, Put(keys.preferences(user.id), attributes(kept)))
    return kept


def set_address(update: Update, user: User, kind: str, address: str, target: dict[str, Any]) -> None:
    """Set the address of a kind (`email`, `phone`), unproven, and void the open proofs of the one before."""
    update.when_same(kind, getattr(user, kind)).when_same("tokens", user.tokens)
    update.set(kind, address).set(f"targets.{kind}", target).remove(f"{kind}_verified")
    for purpose in set(VOID[kind]) & set(user.tokens):
        update.set(f"tokens.{purpose}.expire", 0)  # not removed: the cooldown of its sending goes on


def open_token(user: User, purpose: str, token: Token, cooldown: int, event: Put) -> None:
    """Keep the newest token of a purpose, with the event that tells so; the one before is void.

    429 when the last one is younger than `cooldown` milliseconds and not yet used, or is not the one that was read: so
    what `withdraw_token` puts back has not been spent meanwhile.
    """
    path, before = f"tokens.{purpose}", user.tokens.get(purpose)
    wait = cooling(before["created"] if before else None, token.created, cooldown)
    if before and before["created"] > token.created - cooldown:
        raise wait
    update = expect(user, wait).set(path, attributes(token)).when_same(ADDRESS_OF[purpose], token.address)
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
    return update.when_same(ADDRESS_OF[purpose], token.address).remove(path)


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
