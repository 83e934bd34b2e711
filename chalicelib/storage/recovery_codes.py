"""Recovery codes: one item per code, and the user's set of unspent selectors, always changed together."""

from __future__ import annotations

from chalicelib.models import RecoveryCode, User
from chalicelib.runtime import clock
from chalicelib.storage import dynamo, keys
from chalicelib.storage.dynamo import Range
from chalicelib.storage.items import Item, attributes, record
from chalicelib.storage.writes import Delete, Put, Update, Write


def recovery_code_of(item: Item | None) -> RecoveryCode | None:
    """The recovery code that an item of the table holds."""
    return record(RecoveryCode, item) if item else None


def replace(update: Update, user: User, codes: list[RecoveryCode], maker: str, event: Put) -> None:
    """These are the user's recovery codes from now on, and no others; `maker` is the session that made them, or TEAM.

    The change of the user is refused when the codes are not those that were read: of two at once, one wins.
    """
    update.when_same("recovery_codes", user.recovery_codes)
    update.set("recovery_codes", {code.selector for code in codes}).set("codes_by", maker)
    kept = {code.selector for code in codes}
    old = (item["selector"] for item in dynamo.query(Range("recovery-codes", user.id)))
    dynamo.commit(
        update,
        *(Put(keys.recovery_code(user.id, code.selector), attributes(code)) for code in codes),
        *(Delete(keys.recovery_code(user.id, selector)) for selector in old if selector not in kept),
        event,
    )


def spend(code: RecoveryCode, refusal: Exception) -> Write:
    """Mark a code as spent; it must be the one that was read, unspent."""
    update = Update(keys.recovery_code(code.user_id, code.selector), refusal).when("hash", "=", code.hash)
    return update.when("spent", "=", 0).set("spent", clock.now())


def spend_selector(update: Update, selector: str) -> Update:
    return update.when_contains("recovery_codes", selector).discard("recovery_codes", selector)
