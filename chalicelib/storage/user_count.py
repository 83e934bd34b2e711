"""How many users there are: counted while the project limits that, in the transaction that makes or deletes one.

While there is no limit, nothing is counted. Whoever sets one counts all who are there. Other processes know of it a
moment later and leave the users that they make until then uncounted. So those of two minutes around that moment are
counted again, once they are all on the index: of them, the item's `early` says how many it has already. Until then the
count may lack a few, and a user who is deleted at one of these moments may still be in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from chalicelib.errors import fail
from chalicelib.models import Project, User
from chalicelib.runtime import clock
from chalicelib.storage import dynamo, keys, switches
from chalicelib.storage.items import record
from chalicelib.storage.writes import Put, Update, Write
from chalicelib.units import MINUTE_MS

AROUND = MINUTE_MS
"""Longer than a process goes by an older project, a request takes, and a clock is off."""
LATE = 10_000
"""Milliseconds after which the index has whoever was made."""


class _Settled(Exception):
    """Another process has just counted again, or somebody was counted meanwhile."""


def change(policy: Mapping[str, int]) -> Project:
    """Set the project's `user_limit`, 0 for none; the first limit counts everybody, a page of an index at a time."""
    (item,) = dynamo.read(keys.PROJECT)
    if not policy["user_limit"] or record(Project, item or {}).user_limit:
        return switches.change(policy)
    now = clock.now()
    recent = dynamo.count_users(now - AROUND, now + AROUND)
    users, until = dynamo.count_users(0, now - AROUND) + recent, now + AROUND
    begun = Put(keys.USER_COUNT, {"users": users, "early": recent, "until": until})
    return switches.change({**policy, "users_counted_anew": until}, begun)


def one_more(user: User, bound: bool) -> list[Write]:
    """The part of a transaction that counts a new user. 400 `user_count_exceeded` at the limit, if that is to hold."""
    until = switches.current().users_counted_anew
    if until and clock.now() >= until + LATE:
        _count_anew(until)
    project = switches.current()
    if not project.user_limit:
        return []
    update = Update(keys.USER_COUNT, fail("user_count_exceeded", reason=f"the limit is {project.user_limit}"))
    if bound:
        update.when("users", "<", project.user_limit)
    return [_counted(update, user, project, 1)]


def one_less(user: User) -> list[Write]:
    """The part of a transaction that counts a deleted user."""
    project = switches.current()
    return [_counted(Update(keys.USER_COUNT), user, project, -1)] if project.user_limit else []


def _counted(update: Update, user: User, project: Project, number: int) -> Update:
    update.add("users", number)
    until = project.users_counted_anew
    return update.add("early", number) if until - 2 * AROUND <= user.created < until else update


def _count_anew(until: int) -> None:
    """Count those whom nobody counted when the limit was new. The next one tries again where something came between."""
    (item,) = dynamo.read(keys.USER_COUNT)
    if item and item.get("until") == until:
        missed = dynamo.count_users(until - 2 * AROUND, until) - item["early"]
        update = Update(keys.USER_COUNT, _Settled()).when("until", "=", until).when("early", "=", item["early"])
        with suppress(_Settled):
            switches.change({"users_counted_anew": 0}, update.add("users", missed).remove("until"))
