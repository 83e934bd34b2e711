"""/account/tokens and /account/jwts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from chalicelib.api.answers import tokens as json_tokens
from chalicelib.errors import fail
from chalicelib.security import phrases, web_tokens
from chalicelib.security.origins import redirect
from chalicelib.security.web_tokens import Claims
from chalicelib.sessions import secret
from chalicelib.sign_in import email_code, magic_url, phone_code
from chalicelib.sign_in.email_code import ByEmailCode
from chalicelib.sign_in.magic_url import ByMagicUrl
from chalicelib.sign_in.mail import Asker
from chalicelib.sign_in.phone_code import ByPhoneCode
from chalicelib.sign_in.tokens import Sent
from chalicelib.units import MINUTE_S
from chalicelib.web.endpoint import Call, Routes
from chalicelib.web.limits import Limit, by_address, by_user
from chalicelib.web.parameters import Parameter, boolean, custom_id, email, integer, textable

routes = Routes(__name__)
DURATION = Parameter(integer(0, 3600), 900)
MAILED = {"userId": Parameter(custom_id), "email": Parameter(email), "phrase": Parameter(boolean, False)}


@routes.endpoint(
    "POST",
    "/account/tokens/phone",
    "/account/sessions/phone",
    answer="token",
    errors=("general_phone_disabled",),
    status=201,
    sign_in_method=ByPhoneCode.method,
    # for the number, what is sent is counted: else who only asks could use it up
    limits=(Limit(10, by_address, "sign-in codes asked for from one client address"),),
    params={"userId": Parameter(custom_id), "phone": Parameter(textable)},
)
def create_phone(call: Call, user_id: str, phone: str) -> dict[str, Any]:
    sent = phone_code.send(call.actor, user_id, phone, _client(call))
    return json_tokens.token(
        sent.token, sent.user_id, secret.encode(sent.user_id, sent.secret) if call.caller.key else ""
    )


@routes.endpoint(
    "POST",
    "/account/tokens/email",
    answer="token",
    errors=("general_smtp_disabled",),
    status=201,
    sign_in_method=ByEmailCode.method,
    limits=(Limit(10, by_address, "sign-in codes by mail asked for from one client address"),),
    params=MAILED,
)
def create_email(call: Call, user_id: str, email: str, phrase: bool) -> dict[str, Any]:
    return _mailed(call, phrase, partial(email_code.send, call.actor, _asker(call, user_id), email))


@routes.endpoint(
    "POST",
    "/account/tokens/magic-url",
    "/account/sessions/magic-url",
    answer="token",
    errors=("general_smtp_disabled",),
    status=201,
    sign_in_method=ByMagicUrl.method,
    limits=(Limit(60, by_address, "links to sign in by asked for from one client address"),),
    params={**MAILED, "url": Parameter(redirect)},
)
def create_magic_url(call: Call, user_id: str, email: str, url: str, phrase: bool) -> dict[str, Any]:
    return _mailed(call, phrase, partial(magic_url.send, call.actor, _asker(call, user_id), email, url))


def _client(call: Call) -> str:
    """The address of who asks for a message, empty for the team's server."""
    return "" if call.request.trusted else call.client.address


def _asker(call: Call, user_id: str) -> Asker:
    return Asker(user_id, _client(call), known_device=call.request.device is not None)


def _mailed(call: Call, phrase: bool, send: Callable[[str], Sent]) -> dict[str, Any]:
    """The answer for what is sent with a security phrase, if that is wanted."""
    words = phrases.phrase() if phrase else ""
    sent = send(words)
    return json_tokens.token(sent.token, sent.user_id, sent.secret if call.caller.key else "", words)


@routes.endpoint(
    "POST",
    "/account/jwts",
    "/account/jwt",
    answer="jwt",
    errors=("user_jwt_creation_denied",),
    status=201,
    signed_in=True,
    sign_in_method="jwt",
    limits=(Limit(120, by_user, "JWTs of one user", window=MINUTE_S),),
    params={"duration": DURATION},
)
def create_jwt(call: Call, duration: int) -> dict[str, str]:
    session = call.current
    if session is None:
        raise fail("user_jwt_creation_denied")
    return {"jwt": web_tokens.issue(Claims(call.user.id, session.id, call.user.generation), duration)}
