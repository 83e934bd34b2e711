"""Sessions on their way to an app on another site: each is taken over once."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.errors import fail
from chalicelib.models import Handover, User
from chalicelib.storage import dynamo, users
from chalicelib.storage.items import Item, attributes, record
from chalicelib.storage.keys import Key
from chalicelib.storage.writes import Delete, Put, Write


def handover_of(item: Item | None) -> Handover | None:
    """The hand-over that an item holds, expired or not."""
    return record(Handover, item) if item else None


def keep(handover: Handover, *along: Write) -> None:
    """Keep a new one, and what comes `along`."""
    dynamo.commit(Put(_place(handover), attributes(handover)).when_absent("id"), *along)


def spend(handover: Handover, along: Sequence[Write]) -> None:
    """It is gone, and what comes `along` is written. 401 `user_invalid_token` when it has been used meanwhile."""
    used = fail("user_invalid_token", reason="the hand-over has been used meanwhile")
    dynamo.commit(Delete(_place(handover), used).when("created", "=", handover.created), *along)


def void(handover: Handover, user: User, event: Put) -> None:
    """It is gone without use, as the `event` tells its user."""
    spend(handover, [users.update(user), event])


def _place(handover: Handover) -> Key:
    return Key("challenges", (handover.id,))
