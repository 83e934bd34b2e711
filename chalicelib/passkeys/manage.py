"""Rename a passkey, and remove one."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.audit.acts import Actor, Kind, notify_owner
from chalicelib.errors import fail
from chalicelib.factors.force import Change, consequences, guarded
from chalicelib.models import Passkey, Project, Session, User
from chalicelib.runtime import clock
from chalicelib.storage import dynamo, passkeys, sessions, users
from chalicelib.storage.writes import Update


def rename(actor: Actor, user: User, passkey_id: str, name: str) -> Passkey:
    """404 `user_passkey_not_found`."""
    passkey = replace(passkeys.find(user, passkey_id), name=name, updated=clock.now())
    dynamo.commit(passkeys.rename(passkey), actor.does(Kind.PASSKEY_CHANGED, user).entry)
    return passkey


def remove(actor: Actor, user: User, session: Session | None, project: Project, passkey_id: str) -> None:
    """Take a passkey away; sessions besides `session` end, by the project's policy. MFA that could not be passed
    without it goes off. One that still waits for its authenticator just goes. 404 `user_passkey_not_found`.
    """
    if passkey_id in user.pending_passkeys:
        left = {each: kept for each, kept in user.pending_passkeys.items() if each != passkey_id}
        dynamo.commit(_change(user, "pending_passkeys", passkey_id).set("pending_passkeys", left))
        return
    if passkey_id not in user.passkeys:
        raise fail("user_passkey_not_found", reason="there is none of that id to remove")
    mine = {each: place for each, place in user.passkeys.items() if each != passkey_id}
    after = replace(user, passkeys=mine, has_passkey=bool(mine))
    update = guarded(_change(user, "passkeys", passkey_id), actor, user).set("passkeys", mine)
    if not mine:
        update.remove("has_passkey")
    acts = [actor.does(Kind.PASSKEY_REMOVED, user), *consequences(actor, update, Change(user, after, project))]
    carried = sessions.end_others(update, user, session, project.session_invalidation)
    dynamo.commit(update, passkeys.remove(user, passkey_id), *carried, *(act.entry for act in acts))
    notify_owner(acts)


def _change(user: User, field: str, passkey_id: str) -> Update:
    """The beginning of a removal. When the user's others are not those that were read, 404 `user_passkey_not_found` if
    it is no longer there as it was, else 503.
    """
    gone = fail("user_passkey_not_found", reason="it has been removed, or answered, meanwhile")
    update = users.refused_as(users.dated_update(user), user, field, gone, entry=passkey_id)
    return update.when_same(field, getattr(user, field))
