"""Create and regenerate recovery codes. They are shown once; afterwards only their selectors can be seen."""

from __future__ import annotations

from chalicelib.audit.acts import Actor, Kind
from chalicelib.errors import fail
from chalicelib.factors.force import guarded
from chalicelib.models import RecoveryCode, User
from chalicelib.runtime import settings
from chalicelib.security import codes, hashing
from chalicelib.storage import recovery_codes, users

_NONE = "none is unspent"


def create(actor: Actor, user: User, maker: str) -> list[str]:
    """The user's first codes, as people see them. `maker` is the id of the session that makes them, or TEAM.

    409 `user_recovery_codes_already_exists` while any is unspent.
    """
    if user.recovery_codes:
        raise fail("user_recovery_codes_already_exists", reason="some are unspent: regenerate them")
    return _replace(actor, user, maker)


def regenerate(actor: Actor, user: User, maker: str) -> list[str]:
    """Fresh codes in place of the old ones. 404 `user_recovery_codes_not_found` when none is unspent."""
    if not user.recovery_codes:
        raise fail("user_recovery_codes_not_found", reason=_NONE)
    return _replace(actor, user, maker)


def masked(user: User) -> list[str]:
    """The unspent codes, masked after the selector. 404 `user_recovery_codes_not_found` when there are none."""
    if not user.recovery_codes:
        raise fail("user_recovery_codes_not_found", reason=_NONE)
    return [codes.masked(selector) for selector in sorted(user.recovery_codes)]


def _replace(actor: Actor, user: User, maker: str) -> list[str]:
    fresh: dict[str, str] = {}
    while len(fresh) < settings.config().recovery_codes:
        code = codes.recovery_code()
        fresh.setdefault(code[: codes.SELECTOR_LENGTH], code)
    kept = [
        RecoveryCode(user_id=user.id, selector=selector, hash=hashing.hash_secret(code))
        for selector, code in fresh.items()
    ]
    act = actor.does(Kind.RECOVERY_CODES_MADE, user)
    changed = fail("user_recovery_codes_already_exists", reason="they have changed meanwhile")
    update = guarded(users.dated_update(user, changed), actor, user)
    recovery_codes.replace(update, user, kept, maker, act.entry)
    act.notify()
    return [codes.shown(code) for code in fresh.values()]
