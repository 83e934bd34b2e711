"""Change an account's name, password and addresses; block it.

`session` is the caller's, None for a token without one; `end_others`: the user's other sessions end.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chalicelib import services
from chalicelib.accounts.create import new_target
from chalicelib.audit.acts import Actor, Kind
from chalicelib.errors import fail
from chalicelib.models import Session, User
from chalicelib.security import hashing
from chalicelib.storage import dynamo, sessions, users
from chalicelib.storage.writes import Update, Write

CHANGED = {"email": Kind.EMAIL_CHANGED, "phone": Kind.PHONE_CHANGED}


def change_name(user: User, name: str) -> None:
    dynamo.commit(users.change(user).set("name", name))


def change_password(
    actor: Actor,
    user: User,
    session: Session | None,
    password: str,
    old: str,
    end_others: bool,
    conditions: Sequence[Write],
) -> None:
    """Set the password; an open recovery link is void. `conditions` are the budgets of wrong old passwords.

    401 `user_invalid_credentials` when the old one is wrong or missing, unless there never was one.
    """
    if user.password and not hashing.password_matches(user.password, old):
        raise fail("user_invalid_credentials")
    update = _expecting_password(user).remove("tokens.recovery")
    _set_password(update, password)
    act = actor.does(Kind.PASSWORD_CHANGED, user)
    dynamo.commit(update, *sessions.end_others_and_carry(update, user, session, end_others), *conditions, act.entry)
    act.tell()


def change_address(
    actor: Actor,
    user: User,
    session: Session | None,
    kind: str,
    address: str,
    password: str,
    end_others: bool,
    conditions: Sequence[Write],
) -> None:
    """Set the user's e-mail address or phone number (`kind` is `email` or `phone`), unproven until confirmed.

    An account without password gets this one. 401 `user_invalid_credentials` for a wrong password, 409
    `user_target_already_exists` for an address in use.
    """
    act = actor.does(CHANGED[kind], user)
    update = _expecting_password(user)
    if not user.password:
        _set_password(update, password)
    elif not hashing.password_matches(user.password, password):
        raise fail("user_invalid_credentials")
    now = services.now()
    target = {**new_target(kind, address, now), **_lasting(user, kind)}
    carried = sessions.end_others_and_carry(update, user, session, end_others)
    users.change_address(update, user, kind, address, target, [*carried, *conditions, act.entry])
    act.tell(also=address if kind == "email" else "")


def block(actor: Actor, user: User) -> None:
    """Every request of the user is refused from now on, until the team unblocks the account."""
    dynamo.commit(users.change(user).set("blocked", True), actor.does(Kind.BLOCKED, user).entry)


def _lasting(user: User, kind: str) -> dict[str, Any]:
    """What stays of a target when its address changes."""
    return {name: value for name, value in user.targets.get(kind, {}).items() if name in ("id", "created")}


def _expecting_password(user: User) -> Update:
    """A change that is void when the password that was checked is no longer the user's."""
    update = users.change(user, fail("user_invalid_credentials"))
    users.same(update, "password", user.password)
    return update


def _set_password(update: Update, password: str) -> None:
    update.set("password", hashing.hash_password(password)).set("password_updated", services.now())
    update.remove("reset_by_mail")
