"""Prove that an address is the user's: a link by e-mail, a code by SMS."""

from __future__ import annotations

from functools import partial

from chalicelib import services
from chalicelib.accounts import tokens
from chalicelib.accounts.links import link
from chalicelib.delivery import mail, sms, texts
from chalicelib.errors import fail
from chalicelib.models import Token, User
from chalicelib.storage import dynamo
from chalicelib.storage.writes import Update


def send_email_link(user: User, url: str, locale: str) -> Token:
    """Mail a link to `url` that proves the user's address, once, for an hour. It voids the one before.

    400 `user_email_not_found`, 409 `user_email_already_verified`, 429 within the cooldown, 503 when it cannot be sent.
    """
    if not user.email:
        raise fail("user_email_not_found")
    if user.email_verified:
        raise fail("user_email_already_verified")
    token, secret = tokens.new_link(user.email, services.now())
    target = link(url, user.id, secret, token.expire)
    message = texts.verification(locale, services.config().project_name, user.name, target)
    tokens.send(user, "email", token, partial(mail.send, user.email, user.name, message))
    return token


def send_phone_code(user: User, locale: str) -> Token:
    """Text a code that proves the user's number, once, for ten minutes. It voids the one before.

    400 `user_phone_not_found`, 409 `user_phone_already_verified`, 429 within the cooldown, 503 when it cannot be sent.
    """
    if not user.phone:
        raise fail("user_phone_not_found")
    if user.phone_verified:
        raise fail("user_phone_already_verified")
    token, code = tokens.new_code(user, "phone", user.phone)
    text = texts.sms(locale, code, services.config().code_minutes)
    tokens.send(user, "phone", token, partial(sms.send, user.phone, text))
    return token


def confirm_email(user_id: str, secret: str) -> Token:
    """Redeem the link: the address is verified. Errors as in `tokens.redeem`."""
    return tokens.redeem(user_id, "email", secret, partial(_grant, "email_verified"))[0]


def confirm_phone(user_id: str, code: str) -> Token:
    """Redeem the code: the number is verified. Errors as in `tokens.redeem`."""
    return tokens.redeem(user_id, "phone", code, partial(_grant, "phone_verified"))[0]


def _grant(flag: str, user: User, update: Update) -> None:
    dynamo.commit(update.set(flag, True))
