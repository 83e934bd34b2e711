"""Sign in with an e-mail address and a password."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chalicelib.accounts import password_policy
from chalicelib.audit.acts import Actor
from chalicelib.errors import ApiError, fail, wrong_password
from chalicelib.factors.ways import Way
from chalicelib.models import Project, User
from chalicelib.security import passwords
from chalicelib.security.passwords import Verdict
from chalicelib.sign_in import begin
from chalicelib.sign_in.begin import Opened, Stale
from chalicelib.storage import addresses, dynamo, users
from chalicelib.storage.items import Item
from chalicelib.storage.writes import Update, Write

TRIES = 8


class ByPassword(Way):
    provider = "email"
    factor = "password"
    method = "email-password"
    rests_on = ("email", "password")

    def is_open(self, user: User) -> bool:
        return bool(user.password and user.email)

    def provider_uid(self, user: User) -> str:
        return user.email


def sign_in(
    actor: Actor,
    claim: Item | None,
    password: str,
    lifetime: int,
    project: Project,
    alert: bool,
    budgets: Callable[[User | None], list[Write]],
) -> Opened:
    """Begin a session of so many seconds (0: as many as may be) for whoever has this address and password.

    `claim` is the item at the address's key. `budgets` are asked, before the password is judged, for the conditions
    that bound wrong ones. `alert`: the owner is told of a device that has not signed in before. 401
    `user_invalid_credentials` for an unknown address, a user without password and a wrong password alike, each after
    the same Argon2 evaluations (`passwords.judge`); 403 `user_blocked`; 412 `user_password_reset_required` for a right
    password that is known from breaches, where the project refuses those.
    """
    user = addresses.claimant(claim)
    conditions = budgets(user)
    right, renew = _judge(user, password)
    if user is None:
        raise wrong_password("no account has this address")
    if not right:
        raise wrong_password("the password is wrong" if user.password else "the account has no password")
    known, pwned = user.password, password_policy.look_up(password, project)
    for _ in range(TRIES):
        if user is not None and user.password != known:  # another sign-in may have made its hash anew
            known, (right, renew) = user.password, _judge(user, password)
        if user is None or not right:
            raise fail("user_invalid_credentials", reason="the password has changed meanwhile")
        update = users.update(user, Stale()).when("password", "=", known)
        if renew:
            update.set("password", passwords.hash_password(password)).remove("password_scheme")
        if pwned is not None and pwned != user.password_pwned:
            update.set("password_pwned", pwned)
        try:
            if pwned and project.password_pwned_sessions:
                raise _refused(user, update, conditions)
            return begin.keep(ByPassword(), actor, user, update, alert, conditions, lifetime)
        except Stale:
            user = users.find(user.id)
    raise fail("general_service_unavailable", retry_after=1, reason="too many sign-ins at the same time")


def _judge(user: User | None, password: str) -> Verdict:
    """Of nobody like of somebody without a password."""
    return passwords.judge(user.password, password, user.password_scheme) if user else passwords.judge("", password)


def _refused(user: User, update: Update, conditions: Sequence[Write]) -> ApiError:
    """What to tell of a right password that is good for nothing, which costs as much of the budgets as a good one."""
    begin.require_unblocked(user)
    dynamo.commit(update, *conditions)
    return fail("user_password_reset_required", reason="the password is known from breaches")
