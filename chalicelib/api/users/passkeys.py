"""/users/{userId}/passkeys. With an API key."""

from __future__ import annotations

from typing import Any

from chalicelib.api.account.passkeys import KINDS, NAME
from chalicelib.api.answers import lists as json_lists
from chalicelib.api.answers import passkeys as json_passkeys
from chalicelib.api.users.users import USER, USER_ID, user_of
from chalicelib.filters import Asked
from chalicelib.passkeys import manage
from chalicelib.storage import passkeys
from chalicelib.web.endpoint import Call, Routes
from chalicelib.web.parameters import Parameter, identifier
from chalicelib.web.queries import OF_PAGES, listing

routes = Routes(__name__)
PATH = "/users/{userId}/passkeys"
ONE = f"{PATH}/{{passkeyId}}"
NAMED = {"userId": USER_ID, "passkeyId": Parameter(identifier)}
UNKNOWN = ("user_passkey_not_found",)


@routes.endpoint(
    "GET",
    PATH,
    answer="passkeyList",
    errors=OF_PAGES,
    key=True,
    reads=USER,
    params={"userId": USER_ID, **listing(KINDS)},
)
def list_all(call: Call, user_id: str, queries: Asked, total: bool) -> dict[str, Any]:
    every = [json_passkeys.passkey(each) for each in passkeys.of_user(user_of(call))]
    return json_lists.part("passkeys", every, KINDS, queries, total)


@routes.endpoint("GET", ONE, answer="passkey", errors=UNKNOWN, key=True, reads=USER, params=NAMED)
def get(call: Call, user_id: str, passkey_id: str) -> dict[str, Any]:
    return json_passkeys.passkey(passkeys.find(user_of(call), passkey_id))


@routes.endpoint("PATCH", ONE, answer="passkey", errors=UNKNOWN, key=True, reads=USER, params={**NAMED, "name": NAME})
def update(call: Call, user_id: str, passkey_id: str, name: str) -> dict[str, Any]:
    return json_passkeys.passkey(manage.rename(call.actor, user_of(call), passkey_id, name))


@routes.endpoint("DELETE", ONE, errors=UNKNOWN, key=True, reads=USER, params=NAMED)
def delete(call: Call, user_id: str, passkey_id: str) -> None:
    manage.remove(call.actor, user_of(call), None, call.project, passkey_id)
