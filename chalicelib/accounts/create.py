"""Create an account, and delete it."""

from __future__ import annotations

from typing import Any

from chalicelib import services
from chalicelib.ids import new_id
from chalicelib.models import User
from chalicelib.security import hashing
from chalicelib.storage import users

UNIQUE = "unique()"


def create(user_id: str, email: str = "", phone: str = "", password: str = "", name: str = "") -> User:
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
        targets={kind: new_target(now) for kind, address in (("email", email), ("phone", phone)) if address},
    )
    users.create(user)
    return user


def delete(user: User) -> None:
    """Remove the user, the claims, the preferences and the recovery codes; id and addresses are free again."""
    users.delete(user)


def new_target(now: int) -> dict[str, Any]:
    """The record of an address through which the user can be reached."""
    return {"id": new_id(now), "created": now, "updated": now}


def _first_generation() -> int:
    """A random start (48 bits): the sessions of a deleted user of the same id stay dead."""
    return int.from_bytes(services.random_bytes(6), "big")
