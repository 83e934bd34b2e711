"""Delete an account, and erase all that belongs to it."""

from __future__ import annotations

import logging

from chalicelib.accounts import tokens
from chalicelib.audit.acts import Actor, Kind
from chalicelib.delivery import mail_queue
from chalicelib.errors import ApiError
from chalicelib.factors.force import guarded
from chalicelib.models import User
from chalicelib.storage import addresses, dynamo, erasures, passkeys, phones, preferences, targets, users

log = logging.getLogger("chalicelib")
JOB = "erasure"
AT_ONCE = 10
"""Batches that a request erases; the queue's function has more time."""
BY_A_JOB = 200


def delete(actor: Actor, user: User) -> None:
    """Remove the user. Addresses are free again at once, the id as soon as all is erased.

    503 when the user has changed since he was read, and the errors of `guarded`.
    """
    act = actor.does(Kind.USER_DELETED, user)
    claims = [*addresses.release_email(user), *phones.release(user), *tokens.forget_shown_id(user)]
    kept = [*targets.delete_all(user, preferences.find(user)), *passkeys.release(user)]
    gone, along = users.deletion(user)
    try:
        dynamo.commit(guarded(gone, actor, user), *claims, *kept, *along)
    except ApiError as error:
        if error.status == 503:  # it may be done, and only its answer lost
            erase(user.id)
        raise
    act.notify()
    erase(user.id)


def erase(user_id: str) -> None:
    """Erase what a deleted user has left, and nothing of a living one. Never fails: the account is gone.

    The job goes into the queue first, so that it is done even if this process ends meanwhile.
    """
    try:
        _put_job(user_id)
        queued = True
    except ApiError:
        queued = False
    try:
        erased = erasures.erase(user_id, AT_ONCE)
    except ApiError:
        erased = False
    if not (queued or erased):
        log.error("a deleted user is not erased: delete the user once more")


def go_on(user_id: str) -> None:
    """The job: erase what is left. Does nothing where that is nothing, however often it comes."""
    if not erasures.erase(user_id, BY_A_JOB):
        _put_job(user_id)


def _put_job(user_id: str) -> None:
    mail_queue.put({"job": JOB, "user_id": user_id})
