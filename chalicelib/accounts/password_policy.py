"""What the project asks of a password that is to be set, wherever that is.

Whether a password was used before is told only to whoever has proven that the account is his: else it could be guessed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from chalicelib.errors import ApiError, fail
from chalicelib.models import Project, User
from chalicelib.runtime import clock
from chalicelib.security import breaches, common_passwords, passwords
from chalicelib.security.imported import OURS
from chalicelib.storage import dynamo, password_history
from chalicelib.storage.writes import Update, Write

REFUSALS = ("password_personal_data", "password_recently_used")
"""The types of the errors of `give` that are of its own."""
LEAST_OF_A_NAME = 4
"""Characters of a part of a name or an address that a password may not have in it."""
KINDS = {
    "uppercase": ("an uppercase letter", re.compile("[A-Z]")),
    "lowercase": ("a lowercase letter", re.compile("[a-z]")),
    "number": ("a number", re.compile("[0-9]")),
    "symbols": ("a symbol", re.compile(r"[^\w\s]|_")),
}


def give(update: Update, user: User, password: str, project: Project) -> list[Write]:
    """Have the update set the password of somebody who has proven himself. Returns the writes that go along.

    400 with what a policy has against it: `general_argument_invalid`, `password_personal_data`,
    `password_recently_used`.
    """
    return keep(update, user, password, project, require_fit(password, user, project))


def require_fit(password: str, user: User, project: Project) -> bool | None:
    """All policies but the one for earlier passwords; the user may be one who is about to begin.

    Returns whether the password is known from breaches, None where that was not looked up.
    """
    _require_strength(password, project)
    form = passwords.compared(password)
    if project.refuses_common_passwords():
        denied = map(passwords.compared, project.password_dictionary_denied)
        if common_passwords.is_common(form) or form in denied:
            raise _unfit("It is one of those that are guessed first: choose another.", "a common password")
    if project.password_personal_data and any(part in form for part in _personal(user, project)):
        raise fail("password_personal_data")
    pwned = look_up(password, project)
    if pwned and project.password_pwned_users:
        raise _unfit("It is known from a breach of another service: choose another.", "a password known from breaches")
    return pwned


def look_up(password: str, project: Project) -> bool | None:
    """Whether the password is known from breaches, None where the project does not ask or nobody answers."""
    return breaches.is_pwned(password) if project.password_pwned else None


def attributes(password: str, pwned: bool | None, now: int) -> dict[str, Any]:
    """The fields of the user's record that a password sets."""
    return {"password": passwords.hash_password(password), "password_updated": now, "password_pwned": pwned}


def keep(
    update: Update,
    user: User,
    password: str,
    project: Project,
    pwned: bool | None,
    conditions: Sequence[Write] = (),
) -> list[Write]:
    """Have the update set a password that is fit. Returns the writes that go along.

    400 `password_recently_used`. `conditions` hold before that is told, too: the budgets of wrong old passwords.
    """
    along = _remember(user, password, project, conditions) if project.password_history else []
    update.remove("password_scheme")
    for name, value in attributes(password, pwned, clock.now()).items():
        if value is not None:
            update.set(name, value)
        elif user.password_pwned is not None:
            update.remove(name)
    return along


def take_away(update: Update, user: User, project: Project) -> list[Write]:
    """Have the update leave no password. It is one of the earlier ones from now on; the writes that go along.

    That is dated as well, so that browsers which knew it are strangers.
    """
    update.remove("password").remove("password_scheme").remove("password_pwned").set("password_updated", clock.now())
    if not project.password_history:
        return []
    before = password_history.read(user)
    ours = [] if user.password_scheme else [user.password]
    return password_history.replace(user, before, [*ours, *before][: project.password_history])


def _remember(user: User, password: str, project: Project, conditions: Sequence[Write]) -> list[Write]:
    """The new one is none of the last so many, the present one among them, which is remembered from now on.

    A hash that another system made is not: it may be weak.
    """
    before = password_history.read(user)
    present = [(user.password, user.password_scheme)] if user.password else []
    recent = [*present, *((each, OURS) for each in before)][: project.password_history]
    if any(passwords.judge(encoded, password, scheme).right for encoded, scheme in recent):
        if conditions:
            dynamo.commit(*conditions)
        raise fail("password_recently_used")
    ours = [encoded for encoded, scheme in recent if not scheme]
    return password_history.replace(user, before, ours[: project.password_history - 1])


def _require_strength(password: str, project: Project) -> None:
    asked = (wanted for kind, wanted in KINDS.items() if getattr(project, f"password_{kind}"))
    missing = [what for what, has in asked if not has.search(password)]
    if passwords.length(password) < project.password_min:
        missing.insert(0, f"at least {project.password_min} characters")
    if missing:
        raise _unfit(f"It needs {', '.join(missing)}.", "a password weaker than the project's policy")


def _personal(user: User, project: Project) -> set[str]:
    """What the password must not have in it, in the form in which passwords are compared."""
    local_part = user.email.partition("@")[0]
    texts = [
        user.id,
        user.name,
        *re.split(r"\W+", user.name),
        user.email,
        local_part,
        user.phone,
        user.phone.removeprefix("+"),
    ]
    long_enough = [text for text in texts if len(text) >= LEAST_OF_A_NAME]
    return set(map(passwords.compared, [*long_enough, *project.password_personal_data_denied]))


def _unfit(text: str, reason: str) -> ApiError:
    return fail("general_argument_invalid", f"Invalid `password` param: {text}", reason=reason)
