"""Get back into an account whose password is lost, by a link or a code to its mailbox.

Whether an address has an account is found out off the request, by whoever takes the job from the queue: the answer and
its cost are the same for every address.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from chalicelib.accounts import first_proof, password_policy, tokens
from chalicelib.accounts.links import link
from chalicelib.audit.acts import Actor, Kind
from chalicelib.delivery import mail, mail_budget, mail_queue, texts
from chalicelib.delivery.message import Message
from chalicelib.errors import ApiError, fail
from chalicelib.factors.force import as_read
from chalicelib.factors.registry import in_force
from chalicelib.models import Project, Token, User
from chalicelib.runtime import clock, settings
from chalicelib.security import guesses
from chalicelib.storage import addresses, dynamo, keys, limits, sessions
from chalicelib.storage import tokens as stored_tokens
from chalicelib.storage.items import Item
from chalicelib.storage.writes import Update, Write
from chalicelib.user_agent import Client

PURPOSE = "recovery"
JOB = "recovery"
JOB_BY_CODE = "recovery-code"


def request(actor: Actor, email: str, url: str, known_device: bool) -> tuple[Token, str]:
    """Have a recovery link mailed to an address, if it has an account. Returns the token and the user id to show.

    The user id is a keyed hash of the address, for known and unknown ones alike. With parity for enumeration: 404
    `user_not_found`, 403 `user_blocked`. 429 when the mailbox had its most (of known devices, or of everybody else),
    503 when the queue cannot be reached.
    """
    _admit(email, known_device)
    token, _ = tokens.new_link(email, clock.now())
    mail_queue.put({"job": JOB, "url": url, **_asked(actor, token)})
    return token, tokens.shown_id(email)


def request_code(actor: Actor, email: str, phrase: str, known_device: bool) -> tuple[Token, str]:
    """Have a code mailed instead, with the security phrase, if any. The user id to show is the one to redeem it with.

    Returns and errors as above.
    """
    _admit(email, known_device)
    now, user_id = clock.now(), tokens.shown_id(email)
    key = tokens.mail_key(PURPOSE, email, now)
    token, _ = tokens.new_mailed_code("", email, now, key)
    how = {"shown_id": user_id, "key": key.hex(), "phrase": phrase}
    mail_queue.put({"job": JOB_BY_CODE, **how, **_asked(actor, token)})
    return token, user_id


def send(email: str, url: str, at: int, locale: str, client: Sequence[str] = ("",)) -> None:
    """The job: mail the link that was asked for at the time `at`. It voids the one before.

    Nothing happens for an unknown address, a blocked account whose mailbox is verified (whoever typed somebody else's
    address and blocked himself must not hold it), a link that went out within the cooldown, or a job that comes after
    its link has expired.
    """
    user = _entitled(email)
    if user:
        token, secret = tokens.new_link(email, at)
        target = link(url, user.id, secret, token.expire)
        config = settings.config()
        message = texts.recovery(locale, config.project_name, user.name, target, config.link_minutes)
        _send(Actor(Client(*client), locale), user, token, message)


def send_code(email: str, shown_id: str, key: str, phrase: str, at: int, locale: str, client: Sequence[str]) -> None:
    """The job: mail the code that was asked for, to be redeemed with `shown_id`. As above otherwise."""
    user = _entitled(email)
    if user:
        token, code = tokens.new_mailed_code(shown_id, email, at, bytes.fromhex(key))
        config = settings.config()
        message = texts.recovery_code(locale, config.project_name, code, config.code_minutes, phrase)
        named = stored_tokens.named(shown_id, user, token)
        _send(Actor(Client(*client), locale), user, token, message, named)


def complete(actor: Actor, user_id: str, secret: str, password: str, project: Project) -> Token:
    """Redeem the link: this is the password from now on. Errors as in `tokens.redeem` and `password_policy.give`; a
    password that is refused leaves the link as it is.

    All sessions of the user end, by the project's policy. The budget of wrong passwords for the address is fresh, and
    once a day the hourly one of wrong second-factor answers: the owner's way out when somebody has used them up.

    Factors stay as they are. While MFA is in force the mailbox is no second factor for whoever has another, until a
    challenge has been passed: else the mailbox alone would give both factors. Where the mailbox was never proven
    before, the account is emptied (`first_proof`), or, blocked or with MFA in force, loses the address: 400
    `user_email_not_verified`.
    """
    grant = partial(_grant, actor, password, project, ())
    return tokens.redeem(user_id, PURPOSE, secret, grant, blocked_too=True)[0]


def complete_by_code(
    actor: Actor,
    shown_id: str,
    named: Item | None,
    code: str,
    password: str,
    project: Project,
    conditions: Sequence[Write],
) -> tuple[Token, str]:
    """Redeem the code, with the same effects. Returns the token and whose it was.

    `named` is the item at the id that was shown, `conditions` are the budgets of wrong codes. For an unknown id a code
    is as wrong as any, after the same work. So is that of another address for an id which the same user's address of
    before was shown as: it has a budget of its own.
    """
    user_id = named["user_id"] if named else ""
    grant = partial(_grant, actor, password, project, conditions)
    token, _ = tokens.redeem(user_id, PURPOSE, code, grant, by_code=True, told_id=shown_id, blocked_too=True)
    return token, user_id


def _grant(
    actor: Actor, password: str, project: Project, conditions: Sequence[Write], user: User, update: Update
) -> None:
    if not user.email_verified and (user.blocked or in_force(user)):
        raise first_proof.let_go(actor, update, user, project, conditions)
    if user.blocked:
        raise fail("user_blocked", reason="right secret of a blocked user")
    remembered = _give(update, user, password, project, conditions)
    if user.email_verified:
        along, notice = _keep_factors(update, user, project.session_invalidation), ""
    else:
        along = first_proof.inherit_nothing(update, user)
        notice = "password_reset_first" if first_proof.leaves_something(user) else ""
    act = actor.does(Kind.PASSWORD_RESET, replace(user, email_verified=True))
    dynamo.commit(update, *remembered, *along, *conditions, limits.fresh_password_budget(user.email), act.entry)
    act.notify(notice=notice)


def _give(update: Update, user: User, password: str, project: Project, conditions: Sequence[Write]) -> list[Write]:
    """Have the update set the password. What a policy has against it tells that a code was right: only while it is."""
    try:
        return password_policy.give(update, user, password, project)
    except ApiError:
        dynamo.commit(stored_tokens.as_read(update, user, PURPOSE), *conditions)
        raise


def _keep_factors(update: Update, user: User, end_sessions: bool) -> list[Write]:
    stored_tokens.void(as_read(update, user), user, ["phone"])  # who had the password may have typed the number
    if in_force(user):
        update.set("reset_by_mail", True)
    second = clock.now() // 1000
    if guesses.may_forgive(user.guesses_forgiven, second):
        update.when_same("guesses_forgiven", user.guesses_forgiven).set("guesses_forgiven", second)
    return [*sessions.end_others(update, user, None, end_sessions)]


def _admit(email: str, known_device: bool) -> None:
    mail_budget.spend(PURPOSE, email, known_device)
    if "enumeration" in settings.config().parity:
        _require_account(email)


def _asked(actor: Actor, token: Token) -> dict[str, Any]:
    """What each job has of the request."""
    return {"email": token.address, "at": token.created, "locale": actor.locale, "client": list(actor.client)}


def _entitled(email: str) -> User | None:
    """Who gets a mail."""
    user = addresses.claimant(dynamo.read(keys.email(email))[0])
    return None if user is None or (user.blocked and user.email_verified) else user


def _send(actor: Actor, user: User, token: Token, message: Message, *along: Write) -> None:
    if token.expire > clock.now():
        deliver = partial(mail.send, token.address, user.name, message)
        tokens.send(actor.does(Kind.RECOVERY_SENT, user), user, PURPOSE, token, deliver, *along)


def _require_account(email: str) -> None:
    user = addresses.claimant(dynamo.read(keys.email(email))[0])
    if user is None:
        raise fail("user_not_found", reason="no account has this address")
    if user.blocked:
        raise fail("user_blocked", reason="the account of this address is blocked")
