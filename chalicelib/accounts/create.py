"""Create an account, and delete it."""

from __future__ import annotations

from typing import Any

from chalicelib import services
from chalicelib.audit.acts import Actor, Kind
from chalicelib.delivery import phone_numbers
from chalicelib.ids import new_id
from chalicelib.models import User
from chalicelib.security import hashing
from chalicelib.storage import users

UNIQUE = "unique()"


def create(actor: Actor, user_id: str, email: str = "", phone: str = "", password: str = "", name: str = "") -> User:
    """Create a user, not signed in, with unverified addresses; without a password if none is given.

    `user_id` may be `unique()`: then the server chooses. 409 `user_already_exists` when id or an address is taken.
    """
    now = services.now()
    user = User(
        id=new_id(now) if user_id == UNIQUE else user_id,
        created=now,
        updated=now,
        accessed=now,
        generation=_first_generation(),
        name=name,
        email=email,
        phone=phone,
        password=hashing.hash_password(password) if password else "",
        password_updated=now if password else 0,
        targets={kind: new_target(kind, address, now) for kind, address in _given(email=email, phone=phone)},
    )
    users.create(user, actor.does(Kind.USER_CREATED, user).entry)
    return user


def delete(actor: Actor, user: User) -> None:
    """Remove the user, the claims, the preferences and the recovery codes; id and addresses are free again."""
    users.delete(user, actor.does(Kind.USER_DELETED, user).entry)


def new_target(kind: str, address: str, now: int) -> dict[str, Any]:
    """The record of an address through which the user can be reached, of a number with its country.

    `kind` is `email` or `phone`.
    """
    country = {"country": phone_numbers.country_of(address)} if kind == "phone" else {}
    return {"id": new_id(now), "created": now, "updated": now, **country}


def _given(**addresses: str) -> list[tuple[str, str]]:
    return [(kind, address) for kind, address in addresses.items() if address]


def _first_generation() -> int:
    """A random start (48 bits): the sessions of a deleted user of the same id stay dead."""
    return int.from_bytes(services.random_bytes(6), "big")
