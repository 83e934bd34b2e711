"""/users/{userId}/tokens. With an API key."""

from __future__ import annotations

from typing import Any

from chalicelib.api.answers import tokens as json_tokens
from chalicelib.api.users.users import USER, USER_ID, user_of
from chalicelib.sign_in import custom_token
from chalicelib.web.endpoint import Call, Routes
from chalicelib.web.parameters import Parameter, integer

routes = Routes(__name__)
YEAR_S = 31_536_000


@routes.endpoint(
    "POST",
    "/users/{userId}/tokens",
    answer="token",
    status=201,
    key=True,
    reads=USER,
    params={
        "userId": USER_ID,
        "length": Parameter(integer(4, 128), 6),
        "expire": Parameter(integer(60, YEAR_S), 900),
    },
)
def create(call: Call, user_id: str, length: int, expire: int) -> dict[str, Any]:
    made = custom_token.make(call.actor, user_of(call), length, expire)
    return json_tokens.token(made.token, made.user_id, made.secret)
