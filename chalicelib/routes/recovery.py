"""/account/recovery: a new password by mail."""

from __future__ import annotations

from typing import Any

from chalicelib.accounts import recover
from chalicelib.routes import wire
from chalicelib.routes.endpoint import Call, Routes
from chalicelib.routes.limits import Limit, by_address, by_address_and_parameter, by_parameter
from chalicelib.routes.parameters import Parameter, email, identifier, password, text
from chalicelib.security.origins import redirect

routes = Routes(__name__)
PATH = "/account/recovery"


@routes.endpoint(
    "POST",
    PATH,
    answer="token",
    errors=("user_not_found",),
    status=201,
    limits=(Limit(10, by_parameter("email")), Limit(10, by_address)),
    params={"email": Parameter(email), "url": Parameter(redirect)},
)
def create(call: Call, email: str, url: str) -> dict[str, Any]:
    token, user_id = recover.request(call.actor, email, url)
    return wire.token(token, user_id)


@routes.endpoint(
    "PUT",
    PATH,
    answer="token",
    errors=("user_email_not_verified", "user_invalid_token", "user_not_found"),
    limits=(Limit(10, by_address_and_parameter("userId")),),  # by the user alone, a stranger could shut the owner out
    params={"userId": Parameter(identifier), "secret": Parameter(text(1, 256)), "password": Parameter(password)},
)
def complete(call: Call, user_id: str, secret: str, password: str) -> dict[str, Any]:
    end_sessions = call.project.session_invalidation
    return wire.token(recover.complete(call.actor, user_id, secret, password, end_sessions), user_id)
