"""Create an account."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chalicelib.accounts import mail_addresses, password_policy, phones
from chalicelib.audit.acts import Actor, Kind
from chalicelib.delivery import phone_numbers
from chalicelib.errors import ApiError, fail
from chalicelib.ids import UNIQUE, new_id
from chalicelib.models import Project, User
from chalicelib.runtime import clock, randomness
from chalicelib.security.imported import OURS, Scheme
from chalicelib.storage import addresses as stored_addresses
from chalicelib.storage import dynamo, users
from chalicelib.storage import phones as stored_phones
from chalicelib.storage.writes import Write


def create(
    actor: Actor,
    project: Project,
    user_id: str,
    email: str = "",
    phone: str = "",
    password: str = "",
    name: str = "",
    imported: tuple[str, Scheme] = ("", OURS),
) -> User:
    """Create a user, not signed in, with unverified addresses; without a password if none is given.

    `imported` is the hash of one that another system made, and how it did.

    `user_id` may be `unique()`: then the server chooses. A `phone` comes from the team's server and is this user's
    alone from now on. 400 for a password that a policy refuses (`password_policy.require_fit`), whoever exists; 409
    `user_already_exists` when id or an address is taken.
    """
    now = clock.now()
    user = new_user(
        new_id(now) if user_id == UNIQUE else user_id,
        now,
        name=name,
        email=email,
        phone=phone,
        phone_by_team=bool(phone),
        password=imported[0],
        password_scheme=imported[1],
        password_updated=now if imported[0] else 0,
    )
    pwned = password_policy.require_fit(password, user, project) if password else None
    if phone:
        phones.require_free(phone, "user_already_exists")
    if password:
        user = replace(user, **password_policy.attributes(password, pwned, now))
    claims: list[Write] = [stored_addresses.claim_email(email, user, _taken("e-mail address"))] if email else []
    if phone:
        claims += [stored_phones.claim(phone, user.id, _taken("number"))]
    made = users.new(user, _taken("user id"), bound=not actor.admin)
    dynamo.commit(*made, *claims, actor.does(Kind.USER_CREATED, user).entry)
    if phone:
        phones.take_off_others(phone, user.id)
    return user


def _taken(what: str) -> ApiError:
    return fail("user_already_exists", reason=f"the {what} is taken")


def new_user(user_id: str, now: int, email: str = "", phone: str = "", **fields: Any) -> User:
    """A user who begins now, with the targets of the addresses; kept by nobody yet."""
    addresses = (("email", email), ("phone", phone))
    return User(
        id=user_id,
        created=now,
        updated=now,
        accessed=now,
        generation=_first_generation(),
        email=email,
        phone=phone,
        targets={kind: new_target(kind, address, now) for kind, address in addresses if address},
        **fields,
    )


def new_target(kind: str, address: str, now: int) -> dict[str, Any]:
    """The record of an address through which the user can be reached, of a number with its country.

    `kind` is `email` or `phone`. Errors as in `mail_addresses.require_allowed`.
    """
    if kind == "email":
        mail_addresses.require_allowed(address)
    country = {"country": phone_numbers.country_of(address)} if kind == "phone" else {}
    return {"id": new_id(now), "created": now, "updated": now, **country}


def _first_generation() -> int:
    """A random start (48 bits): the sessions of a deleted user of the same id stay dead."""
    return int.from_bytes(randomness.random_bytes(6), "big")
