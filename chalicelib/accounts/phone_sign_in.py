"""A sign-in code by SMS; whoever has no account gets one."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

from chalicelib import services
from chalicelib.accounts import create, tokens
from chalicelib.audit.acts import Actor, Kind
from chalicelib.delivery import sms, sms_budget, texts
from chalicelib.errors import ApiError
from chalicelib.models import Token, User
from chalicelib.storage import dynamo, keys, users

PURPOSE = "sign-in"


def send_code(actor: Actor, user_id: str, number: str) -> tuple[Token, User, str]:
    """Text a sign-in code to a number. Returns the token, the user, and the code (for API keys only).

    The owner of a known number gets it and `user_id` is ignored; else a user with that id is made, without password.
    409 `user_already_exists` when the id is taken, 429 within the cooldown, 503 when it cannot be sent.
    """
    known = _owner(number)
    user = known or _create(actor, user_id, number)
    try:
        token, code = tokens.new_code(user, PURPOSE, number)
        text = texts.sms(actor.locale, code, services.config().code_minutes)
        deliver = partial(sms.send, sms_budget.Purpose.SIGN_IN, user.id, number, sms.country_of(user), text)
        tokens.send(actor.does(Kind.SIGN_IN_CODE_SENT, user), user, PURPOSE, token, deliver)
    except ApiError:
        if known is None:
            with suppress(ApiError):
                create.delete(actor, user)
        raise
    return token, user, code


def _owner(number: str) -> User | None:
    return users.claimant(dynamo.read(keys.phone(number))[0])


def _create(actor: Actor, user_id: str, number: str) -> User:
    try:
        return create.create(actor, user_id, phone=number)
    except ApiError:
        owner = _owner(number)  # somebody else was quicker with the same number
        if owner is None:
            raise
        return owner
