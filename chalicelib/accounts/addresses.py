"""Change an account's e-mail address and phone number, and say what is verified.

Users `change` theirs, the team `set`s them. `session` is the caller's, None for a token without one. The project's
policy says whether other sessions end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from chalicelib.accounts import password_policy, phones, tokens
from chalicelib.accounts.change import expecting_password
from chalicelib.accounts.create import new_target
from chalicelib.audit.acts import Actor, Kind, notify_owner
from chalicelib.errors import fail, wrong_password
from chalicelib.factors.force import Change, consequences, end_sessions, ways_in
from chalicelib.models import Project, Session, User
from chalicelib.runtime import clock
from chalicelib.security import passwords
from chalicelib.storage import addresses as stored_addresses
from chalicelib.storage import dynamo, sessions, users, words
from chalicelib.storage import phones as stored_phones
from chalicelib.storage.writes import Update, Write

CHANGED = {"email": Kind.EMAIL_CHANGED, "phone": Kind.PHONE_CHANGED}
FLAGGED = {"email": Kind.EMAIL_FLAGGED, "phone": Kind.PHONE_FLAGGED}


def change_address(
    actor: Actor,
    user: User,
    session: Session | None,
    kind: str,
    address: str,
    password: str,
    project: Project,
    conditions: Sequence[Write],
) -> None:
    """Set the user's e-mail address or phone number (`kind` is `email` or `phone`), unproven until confirmed.

    An account without password gets this one: 400 if it may not be set (`password_policy.give`). A number may stand
    unproven on several accounts. 401 `user_invalid_credentials` for a wrong password, 409 `user_target_already_exists`
    for an address in use, the user's own too. MFA that could not be passed without the address of before goes off.
    """
    update, remembered = expecting_password(actor, user), []
    if user.password and not passwords.judge(user.password, password, user.password_scheme).right:
        raise wrong_password("the password is wrong")
    after = _with_address(update, user, kind, address)
    if not user.password:
        _require_new(password)
        remembered = password_policy.give(update.remove("reset_by_mail"), after, password, project)
        after = replace(after, password=password)
    if kind == "phone":
        after = _without_proof(update, user, after, project)
    _commit_address(actor, update, Change(user, after, project), session, kind, [*remembered, *conditions])


def set_address(actor: Actor, user: User, kind: str, address: str, project: Project) -> None:
    """The team sets the user's e-mail address or phone number (`kind`), unproven, or takes it away if it is empty.

    A number is this user's alone from now on. 409 `user_target_already_exists` for an address in use, the user's own
    too. MFA that could not be passed without the address of before goes off.
    """
    if not address and not getattr(user, kind):
        return
    update = users.dated_update(user)
    after = _with_address(update, user, kind, address)
    if kind == "phone":
        stored_phones.when_owned_as_read(update, user).remove("phone_before")
        update.set("phone_by_team", bool(address))
        after = replace(after, phone_by_team=bool(address), phone_before="")
    _commit_address(actor, update, Change(user, after, project), None, kind)
    if kind == "phone" and address:
        phones.take_off_others(address, user.id)


def set_verified(actor: Actor, user: User, kind: str, value: bool, project: Project) -> None:
    """The team says whether an address is proven. 400 `user_email_not_found` or `user_phone_not_found` without one.

    A number that is called proven is the user's alone from now on: 409 `user_target_already_exists` when it is somebody
    else's. One that no longer is stays his if the team had set it, and for signing in where he has no other way. MFA
    that cannot be passed without it goes off. Where it comes into force or goes off, the user's sessions end, by the
    project's policy.
    """
    address, flag = getattr(user, kind), f"{kind}_verified"
    if value and not address:
        raise fail(f"user_{kind}_not_found", reason="there is none to call verified")
    update = users.dated_update(user).when_same(kind, address).set(flag, value)
    changed: dict[str, Any] = {flag: value}
    after = replace(user, **changed)
    claims: list[Write] = []
    if kind == "phone":
        stored_phones.when_owned_as_read(update, user)
        if value:
            claims, after = phones.claims(user), replace(after, phone_before="")
            update.remove("phone_before")
        elif user.owns_phone and not after.owns_phone:
            if ways_in(after, project):
                claims = stored_phones.release(user)
            else:
                after = replace(after, phone_before=user.phone)
                update.set("phone_before", user.phone)
    change = Change(user, after, project)
    acts = consequences(actor, update, change)
    end_sessions(update, change)
    acts = [actor.does(FLAGGED[kind], user), *acts]
    dynamo.commit(update, *claims, *(act.entry for act in acts))
    if kind == "phone" and value:
        phones.take_off_others(user.phone, user.id)
    notify_owner(acts)


def _with_address(update: Update, user: User, kind: str, address: str) -> User:
    """The user with another address, or without any, that is not proven. Its target stays the same one."""
    lasting = {name: value for name, value in user.targets.get(kind, {}).items() if name in ("id", "created")}
    target = {**new_target(kind, address, clock.now()), **lasting} if address else {}
    stored_addresses.set_address(update, user, kind, address, target)
    changed: dict[str, Any] = {kind: address, f"{kind}_verified": False}
    return replace(user, **changed)


def _commit_address(
    actor: Actor,
    update: Update,
    change: Change,
    session: Session | None,
    kind: str,
    along: Sequence[Write] = (),
) -> None:
    """Do a change of address with all that it means, and tell the owner, at a new mailbox too."""
    user, after, project = change.before, change.after, change.project
    claims = _new_claims(user, after, kind)
    acts = [actor.does(CHANGED[kind], user), *consequences(actor, update, change)]
    carried = sessions.end_others(update, user, session, project.session_invalidation)
    followed = words.follow(update, user, after)
    dynamo.commit(update, *claims, *followed, *carried, *along, *(act.entry for act in acts))
    notify_owner(acts, also=after.email if kind == "email" else "")


def _without_proof(update: Update, user: User, after: User, project: Project) -> User:
    """The user with a number that is not proven yet.

    Whoever has no other way in keeps the one before for signing in, until the new one is proven: a mistyped number, or
    a thief's, must not be the loss of the account.
    """
    stored_phones.when_owned_as_read(update, user).remove("phone_by_team")
    after = replace(after, phone_by_team=False, phone_before="")
    owned = user.phone_before or (user.phone if user.owns_phone else "")
    if not owned or ways_in(after, project):
        update.remove("phone_before")
        return after
    update.set("phone_before", owned)
    return replace(after, phone_before=owned)


def _new_claims(user: User, after: User, kind: str) -> list[Write]:
    """What makes the address the user's, or leaves a number to whoever proves it, and frees the one before."""
    address = getattr(after, kind)
    if address == getattr(user, kind):  # a transaction may not name the same claim twice
        raise fail("user_target_already_exists", reason="it is the user's own already")
    taken = fail("user_target_already_exists", reason="it is somebody else's")
    if kind == "email":
        claim = [stored_addresses.claim_email(address, user, taken)] if address else []
        return [*claim, *stored_addresses.release_email(user), *tokens.forget_shown_id(user)]
    released = stored_phones.release(user, but=address if after.owns_phone else after.phone_before)
    if not address or user.owns(address):  # back to the number of before
        return released
    phones.require_free(address)
    if after.owns_phone:
        return [stored_phones.claim(address, user.id, taken), *released]
    return [stored_phones.unclaimed(address, taken), *released]


def _require_new(password: str) -> None:
    try:
        passwords.new_password(password)
    except ValueError as error:
        raise fail("general_argument_invalid", f"Invalid `password` param: {error}") from None
