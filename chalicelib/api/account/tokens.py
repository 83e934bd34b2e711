"""/account/tokens and /account/jwts."""

from __future__ import annotations

from typing import Any

from chalicelib.api.answers import tokens as json_tokens
from chalicelib.errors import fail
from chalicelib.security import web_tokens
from chalicelib.security.web_tokens import Claims
from chalicelib.sessions import secret
from chalicelib.sign_in import phone_tokens
from chalicelib.sign_in.phone_code import ByPhoneCode
from chalicelib.units import MINUTE_S
from chalicelib.web.endpoint import Call, Routes
from chalicelib.web.limits import Limit, by_address, by_user
from chalicelib.web.parameters import Parameter, custom_id, integer, textable

routes = Routes(__name__)
DURATION = Parameter(integer(0, 3600), 900)


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
    client = "" if call.request.trusted else call.client.address
    sent = phone_tokens.send_code(call.actor, user_id, phone, client)
    return json_tokens.token(
        sent.token, sent.user_id, secret.encode(sent.user_id, sent.code) if call.caller.key else ""
    )


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
