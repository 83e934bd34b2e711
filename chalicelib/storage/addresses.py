"""The addresses of users: claims that keep e-mail addresses unique, and changes that void open proofs."""

from __future__ import annotations

from typing import Any

from chalicelib.models import User
from chalicelib.storage import keys, tokens, users
from chalicelib.storage.items import Item
from chalicelib.storage.writes import Delete, Put, Update, Write


def claimant(claim: Item | None) -> User | None:
    """The user who has claimed an address; `claim` is the item at `keys.email` or `keys.phone`.

    Reads once whether or not there is a claim, so that time does not tell which addresses have an account. A target's
    claim (targets.py) leads to nobody.
    """
    return users.find(claim.get("user_id", "") if claim else "")


def claim_email(address: str, user: User, taken: Exception) -> Put:
    """The address is this user's alone. `taken` is raised when it is anybody's already."""
    return Put(keys.email(address), {"user_id": user.id}, taken).when_absent("pk")


def release_email(user: User) -> list[Write]:
    """The user's address is nobody's from now on."""
    return [Delete(keys.email(user.email)).when("user_id", "=", user.id)] if user.email else []


def set_address(update: Update, user: User, kind: str, address: str, target: dict[str, Any]) -> None:
    """Set the address of a kind (`email`, `phone`), unproven, and void the open proofs of the one before.

    With an empty `address` the user has none any more.
    """
    update.when_same(kind, getattr(user, kind)).when_same("tokens", user.tokens).remove(f"{kind}_verified")
    if address:
        update.set(kind, address).set(f"targets.{kind}", target)
    else:
        update.remove(kind).remove(f"targets.{kind}")
    tokens.void(update, user, tokens.OF_ADDRESS[kind])
