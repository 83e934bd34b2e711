"""Targets that the team notes for a user, beside those of e-mail address and phone number, which follow the user."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.accounts import phones
from chalicelib.audit.acts import Actor, Kind
from chalicelib.delivery import mail_addresses, phone_numbers
from chalicelib.errors import fail
from chalicelib.ids import UNIQUE, new_id
from chalicelib.models import Preferences, Target, User
from chalicelib.runtime import clock
from chalicelib.storage import targets as stored_targets

MOST = 10
CHANGED_BY = {"email": "updateEmail", "phone": "updatePhone"}
"""The method by which the team changes the target of an address."""


def of_addresses(user: User) -> list[Target]:
    """The targets that follow the user's e-mail address and phone number."""
    kinds = {"email": ("email", user.email), "phone": ("sms", user.phone)}
    return [
        Target(
            id=kept["id"],
            created=kept["created"],
            updated=kept["updated"],
            kind=kinds[address][0],
            identifier=kinds[address][1],
        )
        for address, kept in user.targets.items()
    ]


def create(
    actor: Actor, user: User, kept: Preferences, target_id: str, kind: str, identifier: str, name: str
) -> Target:
    """Note a target of the kind `email` or `sms`. `target_id` may be `unique()`.

    400 `general_invalid_email` or `general_invalid_phone`, 400 `general_argument_invalid` beyond MOST, 409
    `user_target_already_exists` when the user has one of that id, or the identifier is anybody's address or target.
    """
    now, before = clock.now(), stored_targets.of(kept)
    target_id = new_id(now) if target_id == UNIQUE else target_id
    if target_id in before or target_id in _ids_of_addresses(user):
        raise fail("user_target_already_exists", reason="the user has a target of that id")
    if len(before) >= MOST:
        raise fail("general_argument_invalid", f"A user has at most {MOST} targets besides e-mail and phone.")
    address = _free_address(user, kept, kind, identifier)
    target = Target(id=target_id, created=now, updated=now, kind=kind, identifier=address, name=name)
    _replace(actor, Kind.TARGET_MADE, user, kept, {**before, target_id: target})
    return target


def change(actor: Actor, user: User, kept: Preferences, target_id: str, identifier: str, name: str) -> Target:
    """Give a target another identifier or name; what is empty stays. Errors as in `create` and `named`."""
    before = named(user, kept, target_id)
    address = _in_one_form(before.kind, identifier) if identifier else before.identifier
    if address != before.identifier:
        address = _free_address(user, kept, before.kind, address)
    target = replace(before, updated=clock.now(), identifier=address, name=name or before.name)
    _replace(actor, Kind.TARGET_CHANGED, user, kept, {**stored_targets.of(kept), target_id: target})
    return target


def delete(actor: Actor, user: User, kept: Preferences, target_id: str) -> None:
    """Errors as in `named`."""
    gone = named(user, kept, target_id)
    others = {name: target for name, target in stored_targets.of(kept).items() if name != gone.id}
    _replace(actor, Kind.TARGET_REMOVED, user, kept, others)


def named(user: User, kept: Preferences, target_id: str) -> Target:
    """The target of that id, which the team may change.

    404 `user_target_not_found`, 400 `general_argument_invalid` for those that follow the user's addresses.
    """
    address = _ids_of_addresses(user).get(target_id)
    if address:
        text = f"This target follows the user's {address}. Change it with users.{CHANGED_BY[address]}."
        raise fail("general_argument_invalid", text)
    target = stored_targets.of(kept).get(target_id)
    if target is None:
        raise fail("user_target_not_found", reason="the user has none of that id")
    return target


def _replace(actor: Actor, act: Kind, user: User, kept: Preferences, after: dict[str, Target]) -> None:
    taken = fail("user_target_already_exists", reason="the identifier is in use")
    stored_targets.replace(user, kept, after, taken, actor.does(act, user).entry)


def _ids_of_addresses(user: User) -> dict[str, str]:
    return {target["id"]: address for address, target in user.targets.items()}


def _free_address(user: User, kept: Preferences, kind: str, identifier: str) -> str:
    """The identifier in its one form, if it is nobody's address as far as can be seen before it is claimed."""
    address = _in_one_form(kind, identifier)
    own = (user.email, user.phone, *(target.identifier for target in stored_targets.of(kept).values()))
    if address in own:
        raise fail("user_target_already_exists", reason="the identifier is the user's own already")
    if kind == "sms":
        phones.require_free(address)
    return address


def _in_one_form(kind: str, identifier: str) -> str:
    address = mail_addresses.in_one_form(identifier) if kind == "email" else phone_numbers.in_one_form(identifier)
    if not address:
        raise fail(f"general_invalid_{'email' if kind == 'email' else 'phone'}", reason="the identifier of a target")
    return address
