"""/users/{userId}: name, addresses, password, labels, preferences. With an API key, which needs no challenge."""

from __future__ import annotations

from typing import Any

from chalicelib.accounts import addresses, change, mail_addresses, password_policy
from chalicelib.api.account.account import PREFS_BODY
from chalicelib.api.answers import users as json_users
from chalicelib.api.users.users import USER, USER_ID, changed_user, kept, user_of
from chalicelib.security.passwords import new_password
from chalicelib.storage import preferences as stored_preferences
from chalicelib.web.endpoint import Call, Routes
from chalicelib.web.parameters import Parameter, email_or_none, labels, or_empty, phone_or_none, preferences, text

routes = Routes(__name__)
PREFS = "/users/{userId}/prefs"


@routes.endpoint(
    "PATCH",
    "/users/{userId}/name",
    answer="user",
    key=True,
    reads=USER,
    params={"userId": USER_ID, "name": Parameter(text(0, 128))},
)
def update_name(call: Call, user_id: str, name: str) -> dict[str, Any]:
    user = user_of(call)
    change.change_name(user, name)
    return changed_user(call, user)


@routes.endpoint(
    "PATCH",
    "/users/{userId}/email",
    answer="user",
    errors=(*mail_addresses.REFUSALS, "user_target_already_exists"),
    key=True,
    reads=USER,
    params={"userId": USER_ID, "email": Parameter(email_or_none)},
)
def update_email(call: Call, user_id: str, email: str) -> dict[str, Any]:
    return _set_address(call, "email", email)


@routes.endpoint(
    "PATCH",
    "/users/{userId}/phone",
    answer="user",
    errors=("user_target_already_exists",),
    key=True,
    reads=USER,
    params={"userId": USER_ID, "number": Parameter(phone_or_none)},
)
def update_phone(call: Call, user_id: str, number: str) -> dict[str, Any]:
    return _set_address(call, "phone", number)


@routes.endpoint(
    "PATCH",
    "/users/{userId}/password",
    answer="user",
    errors=password_policy.REFUSALS,
    key=True,
    reads=USER,
    params={"userId": USER_ID, "password": Parameter(or_empty(new_password))},
)
def update_password(call: Call, user_id: str, password: str) -> dict[str, Any]:
    user = user_of(call)
    change.set_password(call.actor, user, password, call.project)
    return changed_user(call, user)


@routes.endpoint(
    "PUT",
    "/users/{userId}/labels",
    answer="user",
    key=True,
    reads=USER,
    params={"userId": USER_ID, "labels": Parameter(labels)},
)
def update_labels(call: Call, user_id: str, labels: list[str]) -> dict[str, Any]:
    user = user_of(call)
    change.set_labels(call.actor, user, labels)
    return changed_user(call, user)


@routes.endpoint("GET", PREFS, answer="preferences", key=True, reads=USER, params={"userId": USER_ID})
def get_preferences(call: Call, user_id: str) -> dict[str, Any]:
    user_of(call)
    return json_users.preferences(kept(call))


@routes.endpoint(
    "PATCH",
    PREFS,
    answer="preferences",
    key=True,
    reads=USER,
    params={"userId": USER_ID, "prefs": Parameter(preferences)},
    max_body=PREFS_BODY,
)
def update_preferences(call: Call, user_id: str, prefs: str) -> dict[str, Any]:
    return json_users.preferences(stored_preferences.keep(user_of(call), kept(call), prefs))


def _set_address(call: Call, kind: str, address: str) -> dict[str, Any]:
    user = user_of(call)
    addresses.set_address(call.actor, user, kind, address, call.project)
    return changed_user(call, user)
