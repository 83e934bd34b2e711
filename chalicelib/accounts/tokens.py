"""Open proofs of an address: made, sent to it, and redeemed once. Each purpose has at most one, the newest.

It travels in a link, or as a code: the one voids the other, so that there is one secret to guess and one to redeem.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import TypeVar

from chalicelib.audit.acts import Act
from chalicelib.errors import ApiError, fail, wrong_code
from chalicelib.ids import new_id
from chalicelib.models import Token, User
from chalicelib.runtime import clock, settings
from chalicelib.security import codes, encryption, hashing
from chalicelib.storage import keys, tokens, users
from chalicelib.storage.items import record
from chalicelib.storage.writes import Delete, Update, Write
from chalicelib.units import MINUTE_MS

LINK_SECRET_LENGTH = 256
T = TypeVar("T")


class _Stale(Exception):
    """The token is no longer as it was read."""


def new_link(address: str, now: int) -> tuple[Token, str]:
    """A token that travels in a link, and its secret: 256 hex characters."""
    secret = codes.hex_secret(LINK_SECRET_LENGTH)
    return _new_token(address, hashing.digest(secret), now, settings.config().link_minutes), secret


def new_code(user: User, purpose: str, number: str) -> tuple[Token, str]:
    """A token that travels in a text message, and its code: six digits, kept as a keyed hash."""
    code = codes.one_time_code()
    digest = encryption.keyed_hash(*_bound(user.id, purpose, number, code))
    return _new_token(number, digest, clock.now(), settings.config().code_minutes), code


def new_mailed_code(told_id: str, address: str, now: int, key: bytes) -> tuple[Token, str]:
    """A token that travels as a code in a mail, and that code, kept as a hash under the `mail_key` of this moment.

    `told_id` is the id to redeem it with.
    """
    code = codes.one_time_code()
    token = _new_token(address, encryption.hash_under(key, told_id, code), now, settings.config().code_minutes)
    return replace(token, by_code=True), code


def mail_key(purpose: str, address: str, now: int) -> bytes:
    """The key of one mailed code. Whoever mails it needs no other: the queue's consumer has no data key."""
    return encryption.keyed_hash(*_key_parts(purpose, address, now))


def shown_id(email: str) -> str:
    """What everybody who asks for recovery is told to be the user id of an address."""
    return encryption.keyed_hash("recovery", email).hex()[:20]


def forget_shown_id(user: User) -> list[Write]:
    """The part of a transaction by which a code that was mailed to the user's address is nobody's."""
    try:
        return [Delete(keys.recovery(shown_id(user.email)))] if user.email else []
    except ApiError:  # without the data keys it is left, and ends by itself
        return []


def send(act: Act, user: User, purpose: str, token: Token, deliver: Callable[[], None], *along: Write) -> None:
    """Keep the token, then deliver its secret. What cannot be delivered is taken back, and so is the `act`.

    What comes `along` is written with the token, and stays.

    429 `general_rate_limit_exceeded` within the cooldown of the purpose, 503 when the delivery fails, 400 when it never
    can.
    """
    config = settings.config()
    cooldown = config.send_cooldown_seconds * 1000 if config.rate_limits else 0
    try:
        tokens.keep(user, purpose, token, cooldown, act.entry, *along)  # whose answer may be lost
        deliver()
    except Exception:
        with suppress(ApiError):
            tokens.withdraw(user, purpose, token, act.withdrawal)
        raise


def redeem(
    user_id: str,
    purpose: str,
    secret: str,
    grant: Callable[[User, Update], T],
    *,
    by_code: bool = False,
    told_id: str = "",
    blocked_too: bool = False,
) -> tuple[Token, T]:
    """Judge a secret and, if it is right, let `grant` write what it gives.

    `grant` gets the user and an update of the user's record that spends the token; it commits it. 401
    `user_invalid_token` for a wrong, spent, expired or superseded secret, for a link's where a code is due (`by_code`)
    and the other way round, and after as many wrong codes as a challenge may have (a link's secret cannot be guessed,
    and guessing must not void it). So for a mailed code of another id than `told_id`, the user's own unless given. An
    unknown user looks the same (404 `user_not_found` with parity for enumeration). 403 `user_blocked` for the right
    secret of a blocked user, unless `blocked_too`: then `grant` judges.
    """
    most = settings.config().challenge_attempts
    for _ in range(most + 1):
        user = users.find(user_id)
        if user is None and "enumeration" in settings.config().parity:
            raise fail("user_not_found", reason="no user of that id redeems")
        token = _open(user, purpose, by_code) if user else None
        matches = _matches(told_id or user_id, purpose, token, secret, by_code)
        if user is None or token is None or token.attempts >= most or not matches:
            refusal = _refusal(user, purpose, token, most, by_code)
            if by_code:  # of nobody, too: the time must not tell
                tokens.count_wrong_answer(user_id, purpose, token.id if token else "", most, refusal)
            raise refusal
        if user.blocked and not blocked_too:
            raise fail("user_blocked", reason="right secret of a blocked user")
        try:
            return token, grant(user, tokens.spend(user, purpose, token, _Stale()))
        except _Stale:
            continue
    raise fail("user_invalid_token", reason="others were redeemed at the same time, again and again")


def _open(user: User, purpose: str, by_code: bool) -> Token | None:
    token = _kept(user, purpose)
    if token is None or _is_over(token, user, purpose) or _is_code(token, purpose) != by_code:
        return None
    return token


def _kept(user: User, purpose: str) -> Token | None:
    kept = user.tokens.get(purpose)
    return record(Token, kept) if kept else None


def _is_over(token: Token, user: User, purpose: str) -> bool:
    return token.expire <= clock.now() or token.address != getattr(user, tokens.ADDRESS_OF[purpose])


def _is_code(token: Token, purpose: str) -> bool:
    return token.by_code or tokens.ADDRESS_OF[purpose] == "phone"


def _refusal(user: User | None, purpose: str, token: Token | None, most: int, by_code: bool) -> ApiError:
    """401 `user_invalid_token`, with what was wrong; `token` is the open one."""
    what = "code" if by_code else "link"
    if user is None:
        reason = "no user of that id"
    elif token is None:
        reason = _why_closed(what, _kept(user, purpose))
    elif token.attempts >= most:
        reason = f"code dead after {token.attempts} wrong answers"
    elif what == "link":
        reason = "wrong secret of a link, or one that was superseded"
    else:
        return wrong_code(f"wrong code of a {'recovery' if purpose == 'recovery' else 'verification'}")
    return fail("user_invalid_token", reason=reason)


def _why_closed(what: str, token: Token | None) -> str:
    if token is None:
        return f"no open {what}: used already, or never sent"
    if token.expire == tokens.VOID:
        return f"{what} void since a change of the account"
    if token.expire <= clock.now():
        return f"{what} expired"
    return f"{what} superseded by one of the other kind, or sent to an address of before"


def _matches(told_id: str, purpose: str, token: Token | None, secret: str, by_code: bool) -> bool:
    """Whether the secret is the token's; the same work without a token."""
    address, digest = (token.address, token.digest) if token else ("", b"")
    if not by_code:
        return hashing.same(hashing.digest(secret), digest)
    code = codes.canonical_one_time_code(secret) or ""
    if tokens.ADDRESS_OF[purpose] == "email":
        key_parts = _key_parts(purpose, address, token.created if token else 0)
        return encryption.hash_under_matches(digest, key_parts, told_id, code)
    return encryption.hash_matches(digest, *_bound(told_id, purpose, address, code))


def _bound(user_id: str, purpose: str, number: str, code: str) -> tuple[str, ...]:
    """A code together with what it is bound to."""
    return (purpose, user_id, number, code)


def _key_parts(purpose: str, address: str, created: int) -> tuple[str, ...]:
    return ("mailed code", purpose, address, str(created))


def _new_token(address: str, digest: bytes, now: int, minutes: int) -> Token:
    expire = now + minutes * MINUTE_MS
    return Token(id=new_id(now), created=now, expire=expire, address=address, digest=digest)
