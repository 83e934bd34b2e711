"""Prove that an address is the user's: a link by e-mail, a code by SMS."""

from __future__ import annotations

from functools import partial

from chalicelib import services
from chalicelib.accounts import phones, tokens
from chalicelib.accounts.links import link
from chalicelib.audit.acts import Actor, Kind
from chalicelib.delivery import mail, mail_budget, sms, sms_budget, texts
from chalicelib.errors import fail
from chalicelib.models import Token, User
from chalicelib.storage import dynamo
from chalicelib.storage.writes import Update

VERIFIED = {"email": Kind.EMAIL_VERIFIED, "phone": Kind.PHONE_VERIFIED}


def send_email_link(actor: Actor, user: User, url: str) -> Token:
    """Mail a link to `url` that proves the user's address, once, for an hour. It voids the one before.

    400 `user_email_not_found`, 409 `user_email_already_verified`, 429 within the cooldown and when the mailbox had its
    most, 503 when it cannot be sent.
    """
    if not user.email:
        raise fail("user_email_not_found")
    if user.email_verified:
        raise fail("user_email_already_verified")
    mail_budget.spend("verification", user.email)
    token, secret = tokens.new_link(user.email, services.now())
    target = link(url, user.id, secret, token.expire)
    message = texts.verification(actor.locale, services.config().project_name, user.name, target)
    act = actor.does(Kind.VERIFICATION_SENT, user)
    tokens.send(act, user, "email", token, partial(mail.send, user.email, user.name, message))
    return token


def send_phone_code(actor: Actor, user: User) -> Token:
    """Text a code that proves the user's number, once, for ten minutes. It voids the one before.

    400 `user_phone_not_found`, 409 `user_phone_already_verified`, 409 `user_target_already_exists` when it is somebody
    else's by now, 429 within the cooldown, 503 when it cannot be sent.
    """
    if not user.phone:
        raise fail("user_phone_not_found")
    if user.phone_verified:
        raise fail("user_phone_already_verified")
    phones.require_not_anothers(user)
    token, code = tokens.new_code(user, "phone", user.phone)
    text = texts.sms(actor.locale, code, services.config().code_minutes)
    deliver = partial(sms.send, sms_budget.Purpose.VERIFICATION, user.id, user.phone, sms.country_of(user), text)
    tokens.send(actor.does(Kind.VERIFICATION_SENT, user), user, "phone", token, deliver)
    return token


def confirm_email(actor: Actor, user_id: str, secret: str) -> Token:
    """Redeem the link: the address is verified. Errors as in `tokens.redeem`."""
    return tokens.redeem(user_id, "email", secret, partial(_grant, actor, "email"))[0]


def confirm_phone(actor: Actor, user_id: str, code: str) -> Token:
    """Redeem the code: the number is verified, and the user's alone. Errors as in `tokens.redeem`.

    409 `user_target_already_exists` when somebody else has proven it meanwhile, or had it from the team.
    """
    token, user = tokens.redeem(user_id, "phone", code, partial(_grant, actor, "phone"))
    sms_budget.note_verified(sms.country_of(user))
    return token


def _grant(actor: Actor, kind: str, user: User, update: Update) -> User:
    act = actor.does(VERIFIED[kind], user)
    claims = phones.claims(user, update.why_refused()) if kind == "phone" else []
    dynamo.commit(update.set(f"{kind}_verified", True), *claims, act.entry)
    act.tell()
    return user
