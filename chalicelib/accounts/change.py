"""Change an account's name, labels and password; block it.

Users `change` their password, the team `set`s it. `session` is the caller's, None for a token without one. The
project's policy says whether other sessions end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chalicelib.accounts import password_policy
from chalicelib.audit.acts import Actor, Kind, notify_owner
from chalicelib.errors import fail, wrong_password
from chalicelib.factors.force import Change, consequences, guarded
from chalicelib.models import Project, Session, User
from chalicelib.runtime import clock
from chalicelib.security import passwords
from chalicelib.storage import dynamo, sessions, tokens, users, words
from chalicelib.storage.writes import Update, Write


def change_name(user: User, name: str) -> None:
    update = users.dated_update(user).set_or_remove("name", name)
    dynamo.commit(update, *words.follow(update, user, replace(user, name=name)))


def set_labels(actor: Actor, user: User, labels: list[str]) -> None:
    update = users.dated_update(user).set("labels", labels)
    along = words.follow(update, user, replace(user, labels=labels))
    dynamo.commit(update, *along, actor.does(Kind.LABELS_CHANGED, user).entry)


def change_password(
    actor: Actor,
    user: User,
    session: Session | None,
    password: str,
    old: str,
    project: Project,
    conditions: Sequence[Write],
) -> None:
    """Set the password; an open recovery link, and an open proof of a number, are void.

    `conditions` are the budgets of wrong old passwords.

    401 `user_invalid_credentials` when the old one is wrong or missing, unless there never was one; 400 as in
    `password_policy.give`.
    """
    pwned = password_policy.require_fit(password, user, project)
    if user.password and not passwords.judge(user.password, old, user.password_scheme).right:
        if not old:
            raise fail("user_invalid_credentials", reason="no old password came")
        raise wrong_password("the old password is wrong")
    update = expecting_password(actor, user).remove("tokens.recovery")
    remembered = password_policy.keep(update, user, password, project, pwned, conditions)
    tokens.void(update.remove("reset_by_mail"), user, ["phone"])
    act = actor.does(Kind.PASSWORD_CHANGED, user)
    carried = sessions.end_others(update, user, session, project.session_invalidation)
    dynamo.commit(update, *remembered, *carried, *conditions, act.entry)
    act.notify()


def set_password(actor: Actor, user: User, password: str, project: Project) -> None:
    """The team sets the password, or takes it away if it is empty; proofs are void as above.

    All sessions end. MFA that could not be passed any more goes off. 400 as in `password_policy.give`.
    """
    if not password and not user.password:
        return
    update = users.dated_update(user).when_same("password", user.password)
    tokens.void(update.remove("tokens.recovery").remove("reset_by_mail"), user, ["phone"])
    if password:
        remembered = password_policy.give(update, user, password, project)
    else:
        remembered = password_policy.take_away(update, user, project)
    change = Change(user, replace(user, password=password), project)
    acts = [actor.does(Kind.PASSWORD_CHANGED, user), *consequences(actor, update, change)]
    carried = sessions.end_others(update, user, None, project.session_invalidation)
    dynamo.commit(update, *remembered, *carried, *(act.entry for act in acts))
    notify_owner(acts)


def block(actor: Actor, user: User) -> None:
    """Every request of the user is refused until the team unblocks the account.

    Sessions, tokens and open proofs end for good, codes that are on their way too.
    """
    update = guarded(users.dated_update(user).set("blocked", True).set("blocked_at", clock.now()), actor, user)
    update.when_same("tokens", user.tokens).set("tokens", {})
    update.add("generation", 1).set("sessions", {})
    dynamo.commit(update, actor.does(Kind.BLOCKED, user).entry)


def unblock(actor: Actor, user: User) -> None:
    """Let the user sign in again."""
    dynamo.commit(users.dated_update(user).set("blocked", False), actor.does(Kind.UNBLOCKED, user).entry)


def expecting_password(actor: Actor, user: User) -> Update:
    """A change that is void when the password that was checked is no longer the user's: 401, else 503 to try again."""
    changed = fail("user_invalid_credentials", reason="the password has changed meanwhile")
    update = users.dated_update(user).when_same("password", user.password)
    return guarded(users.refused_as(update, user, "password", changed), actor, user)
