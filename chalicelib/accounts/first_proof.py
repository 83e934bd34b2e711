"""The first proof of a mailbox by somebody who comes in through it, after anybody may have signed up with its address.

Whoever typed the address first may have been a stranger who waits for its owner (A. Sudhodanan and A. Paverd,
"Pre-hijacked accounts", USENIX Security 2022): the owner takes over nothing that this stranger could use.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chalicelib.accounts import password_policy, tokens
from chalicelib.audit.acts import Actor, Kind, notify_owner
from chalicelib.errors import ApiError, fail
from chalicelib.factors.force import Change, as_read, consequences, end_sessions
from chalicelib.models import Project, User
from chalicelib.storage import addresses, dynamo, passkeys, phones, preferences, sessions, targets, words
from chalicelib.storage.writes import Update, Write


def inherit_nothing(update: Update, user: User) -> list[Write]:
    """The mailbox is proven. Sessions, tokens, number, targets, authenticators, passkeys, recovery codes, devices and
    open proofs go.

    What the team set goes, too: it may have it from the stranger, by a form of its own or another system's export.
    Returns the writes that go along.
    """
    as_read(update, user).set("email_verified", True).set("mfa", False).set("authenticators", {})
    update.set("passkeys", {}).set("pending_passkeys", {}).remove("has_passkey").remove("passkey_handle")
    update.set("sent", {}).remove("devices").remove("reset_by_mail")
    update.when_same("recovery_codes", user.recovery_codes).remove("recovery_codes").remove("codes_by")
    phones.when_owned_as_read(update, user)
    released = phones.release(user)
    if user.phone:
        released += phones.forget(update, user)
    elif "phone" in user.tokens:
        update.remove("tokens.phone")
    if "email" in user.tokens:
        update.remove("tokens.email")
    sessions.end_others(update, user, None, wanted=True)
    return [*released, *passkeys.release(user), *targets.take_off(user, preferences.find(user))]


def leaves_something(user: User) -> bool:
    """Whether the owner of the mailbox has to be told that something has been taken off the account."""
    return bool(user.phone or user.authenticators or user.passkeys or user.recovery_codes or user.mfa)


def take_over(actor: Actor, update: Update, user: User, project: Project, along: Sequence[Write]) -> None:
    """The mailbox signs in, and has the account from now on: without its password, too. `along` is written with it."""
    carried = inherit_nothing(update, user)
    if user.password:
        carried += password_policy.take_away(update, user, project)
    act = actor.does(Kind.MAILBOX_TAKES_OVER, replace(user, email_verified=True))
    dynamo.commit(update, *along, *carried, act.entry)
    if user.password or leaves_something(user):
        act.notify()


def let_go(actor: Actor, update: Update, user: User, project: Project, along: Sequence[Write] = ()) -> ApiError:
    """The account is blocked, or has MFA in force, which the mailbox is no part of: it loses the address unopened.

    The mailbox can sign up anew. MFA that could not be passed then goes off. `along` is written with it. What to tell
    who wanted the account: 400 `user_email_not_verified`.
    """
    as_read(update, user).when_same("blocked", user.blocked).remove("email").remove("targets.email")
    phones.when_owned_as_read(update, user)
    if "email" in user.tokens:
        update.remove("tokens.email")
    after = replace(user, email="")
    change = Change(user, after, project)
    acts = consequences(actor, update, change)
    end_sessions(update, change)
    acts = [actor.does(Kind.EMAIL_CHANGED, user), *acts]
    released = [*addresses.release_email(user), *tokens.forget_shown_id(user), *words.follow(update, user, after)]
    dynamo.commit(update, *along, *released, *(act.entry for act in acts))
    notify_owner(acts)
    return fail(
        "user_email_not_verified",
        "This address was not verified on its account, which is blocked or has a second factor. It has been taken "
        "off that account: sign up with it.",
    )
