"""Get back into an account whose password is lost, by a link to its mailbox.

Whether an address has an account is found out off the request, by whoever takes the job from the queue: the answer and
its cost are the same for every address.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from chalicelib.accounts import first_proof, password_policy, tokens
from chalicelib.accounts.links import link
from chalicelib.audit.acts import Actor, Kind
from chalicelib.delivery import mail, mail_budget, mail_queue, texts
from chalicelib.errors import fail
from chalicelib.factors.force import as_read
from chalicelib.factors.registry import in_force
from chalicelib.models import Project, Token, User
from chalicelib.runtime import clock, settings
from chalicelib.security import encryption, guesses
from chalicelib.storage import addresses, dynamo, keys, limits, sessions
from chalicelib.storage.writes import Update, Write
from chalicelib.user_agent import Client

JOB = "recovery"


def request(actor: Actor, email: str, url: str, known_device: bool) -> tuple[Token, str]:
    """Have a recovery link mailed to an address, if it has an account. Returns the token and the user id to show.

    The user id is a keyed hash of the address, for known and unknown ones alike. With parity for enumeration: 404
    `user_not_found`, 403 `user_blocked`. 429 when the mailbox had its most (of known devices, or of everybody else),
    503 when the queue cannot be reached.
    """
    mail_budget.spend(JOB, email, known_device)
    if "enumeration" in settings.config().parity:
        _require_account(email)
    token, _ = tokens.new_link(email, clock.now())
    client = {"locale": actor.locale, "client": list(actor.client)}
    mail_queue.put({"job": JOB, "email": email, "url": url, "at": token.created, **client})
    return token, encryption.keyed_hash("recovery", email).hex()[:20]


def send(email: str, url: str, at: int, locale: str, client: Sequence[str] = ("",)) -> None:
    """The job: mail the link that was asked for at the time `at`. It voids the one before.

    Nothing happens for an unknown address, a blocked account whose mailbox is verified (whoever typed somebody else's
    address and blocked himself must not hold it), a link that went out within the cooldown, or a job that comes after
    its link has expired.
    """
    user = addresses.claimant(dynamo.read(keys.email(email))[0])
    if user is None or (user.blocked and user.email_verified):
        return
    token, secret = tokens.new_link(email, at)
    if token.expire <= clock.now():
        return
    message = texts.recovery(
        locale, settings.config().project_name, user.name, link(url, user.id, secret, token.expire)
    )
    act = Actor(Client(*client), locale).does(Kind.RECOVERY_SENT, user)
    tokens.send(act, user, JOB, token, partial(mail.send, email, user.name, message))


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
    grant = partial(_grant, actor, password, project)
    return tokens.redeem(user_id, JOB, secret, grant, blocked_too=True)[0]


def _grant(actor: Actor, password: str, project: Project, user: User, update: Update) -> None:
    if not user.email_verified and (user.blocked or in_force(user)):
        raise first_proof.let_go(actor, update, user, project)
    if user.blocked:
        raise fail("user_blocked", reason="right secret of a blocked user")
    remembered = password_policy.give(update, user, password, project)
    if user.email_verified:
        along, notice = _keep_factors(update, user, project.session_invalidation), ""
    else:
        along = first_proof.inherit_nothing(update, user)
        notice = "password_reset_first" if first_proof.leaves_something(user) else ""
    act = actor.does(Kind.PASSWORD_RESET, replace(user, email_verified=True))
    dynamo.commit(update, *remembered, *along, limits.fresh_password_budget(user.email), act.entry)
    act.notify(notice=notice)


def _keep_factors(update: Update, user: User, end_sessions: bool) -> list[Write]:
    as_read(update, user)
    if in_force(user):
        update.set("reset_by_mail", True)
    second = clock.now() // 1000
    if guesses.may_forgive(user.guesses_forgiven, second):
        update.when_same("guesses_forgiven", user.guesses_forgiven).set("guesses_forgiven", second)
    return [*sessions.end_others(update, user, None, end_sessions)]


def _require_account(email: str) -> None:
    user = addresses.claimant(dynamo.read(keys.email(email))[0])
    if user is None:
        raise fail("user_not_found", reason="no account has this address")
    if user.blocked:
        raise fail("user_blocked", reason="the account of this address is blocked")
