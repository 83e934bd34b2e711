"""Authenticators, in their user's record: at most one of each type, unconfirmed or confirmed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.errors import fail
from chalicelib.models import User
from chalicelib.storage import dynamo, keys, users
from chalicelib.storage.writes import Update

_MEANWHILE = "it has been removed or confirmed meanwhile"


def keep(update: Update, type_: str, sealed: bytes) -> None:
    """Keep a fresh unconfirmed one by way of a change of its user, which is refused when a confirmed one is there."""
    path = f"authenticators.{type_}"
    update.when_absent_or(f"{path}.verified", "=", False)
    dynamo.commit(update.set(path, {"secret": sealed, "verified": False, "step": 0, "attempts": 0}))


def bring(update: Update, user: User, type_: str, sealed: bytes, make: Mapping[str, Any]) -> None:
    """Keep a confirmed one, which makes its codes as `make` says, by way of a change of its user.

    The change is refused when the user's authenticators are not those that were read.
    """
    update.when_same("authenticators", user.authenticators)
    update.set(f"authenticators.{type_}", {"secret": sealed, "verified": True, "step": 0, **make})


def attempts(user: User, type_: str) -> int:
    """How many wrong first codes the unconfirmed authenticator has had."""
    return int(user.authenticators[type_].get("attempts", 0))


def confirm(update: Update, user: User, type_: str, step: int) -> Update:
    """Confirm the authenticator that was read by way of a change of its user, with the step of its first code.

    The change is refused when it has been replaced, removed, confirmed or guessed at since.
    """
    path = f"authenticators.{type_}"
    update.when(f"{path}.verified", "=", False)
    update.when(f"{path}.secret", "=", user.authenticators[type_]["secret"])
    update.when_absent_or(f"{path}.attempts", "=", attempts(user, type_))
    return update.set(f"{path}.verified", True).set(f"{path}.step", step)


def count_wrong_answer(user: User, type_: str, most: int) -> None:
    """Count a wrong first code on the unconfirmed authenticator that was read; 401 `user_invalid_token` either way."""
    path = f"authenticators.{type_}"
    stale = fail("user_invalid_token", reason="authenticator replaced, confirmed or guessed at meanwhile")
    update = Update(keys.user(user.id), stale)
    update.when(f"{path}.secret", "=", user.authenticators[type_]["secret"]).when(f"{path}.verified", "=", False)
    dynamo.commit(update.when_absent_or(f"{path}.attempts", "<", most).add(f"{path}.attempts", 1))


def remove(user: User, type_: str) -> Update:
    """The beginning of a change that removes the authenticator that was read.

    404 `user_authenticator_not_found` when it is gone already, or was confirmed since.
    """
    path = f"authenticators.{type_}"
    update = users.refused_as(
        users.dated_update(user), user, "authenticators", fail("user_authenticator_not_found", reason=_MEANWHILE)
    ).remove(path)
    return update.when(f"{path}.verified", "=", user.authenticators[type_]["verified"])


def spend_totp_step(update: Update, sealed: bytes, step: int, resealed: bytes | None) -> Update:
    """Accept a TOTP step once: it must be later than the last one, of the same verified authenticator.

    `resealed` is its secret under a newer data key, None when it need not change.
    """
    record_path = "authenticators.totp"
    update.when(f"{record_path}.secret", "=", sealed).when(f"{record_path}.verified", "=", True)
    if resealed:
        update.set(f"{record_path}.secret", resealed)
    return update.when(f"{record_path}.step", "<", step).set(f"{record_path}.step", step)
