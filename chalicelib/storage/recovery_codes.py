"""Recovery codes: one item per code, and the user's set of unspent selectors, always changed together."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.models import ForeignCodes, RecoveryCode, User
from chalicelib.runtime import clock
from chalicelib.storage import dynamo, keys
from chalicelib.storage.dynamo import Range
from chalicelib.storage.items import Item, attributes, record
from chalicelib.storage.writes import Delete, Put, Update, Write

FOREIGN = "u"
"""Begins the selectors of codes that users bring from other systems: ours never have it (Crockford leaves it out)."""


def recovery_code_of(item: Item | None) -> RecoveryCode | None:
    """The recovery code that an item of the table holds."""
    return record(RecoveryCode, item) if item else None


def replace(update: Update, user: User, codes: list[RecoveryCode], maker: str, event: Put) -> None:
    """These are the user's recovery codes from now on, and no others; `maker` is the session that made them, or TEAM.

    The change of the user is refused when the codes are not those that were read: of two at once, one wins.
    """
    _replace(update, user, {code.selector for code in codes}, codes, maker, event)


def bring(update: Update, user: User, codes: ForeignCodes, maker: str, event: Put) -> None:
    """The same with codes of another system."""
    _replace(update, user, set(codes.hashes), [codes], maker, event)


def foreign(user: User) -> ForeignCodes | None:
    """The codes that the user brought from another system, if any of those is unspent."""
    if not any(selector.startswith(FOREIGN) for selector in user.recovery_codes):
        return None
    (item,) = dynamo.read(keys.recovery_code(user.id, FOREIGN))
    return record(ForeignCodes, item) if item else None


def spend_foreign(codes: ForeignCodes, selector: str, refusal: Exception) -> Write:
    """That code must be the one that was read. Which of them are spent stands with their user."""
    update = Update(keys.recovery_code(codes.user_id, codes.selector), refusal)
    return update.when(f"hashes.{selector}", "=", codes.hashes[selector]).set("spent", clock.now())


def _replace(
    update: Update,
    user: User,
    selectors: set[str],
    items: Sequence[RecoveryCode | ForeignCodes],
    maker: str,
    event: Put,
) -> None:
    update.when_same("recovery_codes", user.recovery_codes)
    update.set("recovery_codes", selectors).set("codes_by", maker)
    kept = {item.selector for item in items}
    old = (item["selector"] for item in dynamo.query(Range("recovery-codes", user.id)))
    dynamo.commit(
        update,
        *(Put(keys.recovery_code(user.id, item.selector), attributes(item)) for item in items),
        *(Delete(keys.recovery_code(user.id, selector)) for selector in old if selector not in kept),
        event,
    )


def spend(code: RecoveryCode, refusal: Exception) -> Write:
    """Mark a code as spent; it must be the one that was read, unspent."""
    update = Update(keys.recovery_code(code.user_id, code.selector), refusal).when("hash", "=", code.hash)
    return update.when("spent", "=", 0).set("spent", clock.now())


def spend_selector(update: Update, selector: str) -> Update:
    return update.when_contains("recovery_codes", selector).discard("recovery_codes", selector)
