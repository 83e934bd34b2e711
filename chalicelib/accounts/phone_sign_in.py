"""A sign-in code by SMS; whoever has no account gets one."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

from chalicelib import services
from chalicelib.accounts import create, tokens
from chalicelib.delivery import sms, texts
from chalicelib.errors import ApiError
from chalicelib.models import Token, User
from chalicelib.storage import dynamo, keys, users

PURPOSE = "sign-in"


def send_code(user_id: str, number: str, locale: str) -> tuple[Token, User, str]:
    """Text a sign-in code to a number. Returns the token, the user, and the code (for API keys only).

    The owner of a known number gets it and `user_id` is ignored; else a user with that id is made, without password.
    409 `user_already_exists` when the id is taken, 429 within the cooldown, 503 when it cannot be sent.
    """
    known = _owner(number)
    user = known or _create(user_id, number)
    token, code = tokens.new_code(user, PURPOSE, number)
    text = texts.sms(locale, code, services.config().code_minutes)
    try:
        tokens.send(user, PURPOSE, token, partial(sms.send, number, text))
    except ApiError:
        if known is None:
            with suppress(ApiError):
                create.delete(user)
        raise
    return token, user, code


def _owner(number: str) -> User | None:
    return users.claimant(dynamo.read(keys.phone(number))[0])


def _create(user_id: str, number: str) -> User:
    try:
        return create.create(user_id, phone=number)
    except ApiError:
        owner = _owner(number)  # somebody else was quicker with the same number
        if owner is None:
            raise
        return owner
