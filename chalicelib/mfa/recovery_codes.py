"""Create and regenerate recovery codes. They are shown once; afterwards only their selectors can be seen."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.audit.acts import Act, Actor, Kind
from chalicelib.errors import Unfit, fail
from chalicelib.factors.force import guarded
from chalicelib.models import TEAM, ForeignCodes, RecoveryCode, User
from chalicelib.runtime import settings
from chalicelib.security import codes, hashing, imported
from chalicelib.security.imported import Scheme
from chalicelib.storage import recovery_codes, users
from chalicelib.storage.writes import Update

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


def bring(actor: Actor, user: User, hashes: Sequence[str], scheme: Scheme) -> list[str]:
    """Let the user go on with the codes that he has from another system; they are shown as masked as ours are later.

    Unfit for hashes that are malformed, or would cost too much to judge together. 409
    `user_recovery_codes_already_exists` while any code is unspent.
    """
    for encoded in hashes:
        imported.check(encoded, scheme)
    if imported.work(hashes, scheme) > 1:
        raise Unfit(
            "The hashes must not take longer to judge, all together, than the costliest password", "dear hashes"
        )
    if user.recovery_codes:
        raise fail("user_recovery_codes_already_exists", reason="some are unspent, so none are brought")
    kept = {f"{recovery_codes.FOREIGN}{number:02}": encoded for number, encoded in enumerate(dict.fromkeys(hashes))}
    act, update = _change(actor, user)
    brought = ForeignCodes(user_id=user.id, selector=recovery_codes.FOREIGN, scheme=dict(scheme), hashes=kept)
    recovery_codes.bring(update, user, brought, TEAM, act.entry)
    act.notify()
    return list(map(codes.masked, kept))


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
    act, update = _change(actor, user)
    recovery_codes.replace(update, user, kept, maker, act.entry)
    act.notify()
    return [codes.shown(code) for code in fresh.values()]


def _change(actor: Actor, user: User) -> tuple[Act, Update]:
    """What makes codes, and the beginning of the change of the user by it; 409 when he has others by then."""
    changed = fail("user_recovery_codes_already_exists", reason="they have changed meanwhile")
    update = guarded(users.dated_update(user, changed), actor, user)
    return actor.does(Kind.RECOVERY_CODES_MADE, user), update
