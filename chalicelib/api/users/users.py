"""/users: create, list, get, delete, status, verification flags. With an API key."""

from __future__ import annotations

from typing import Any

from chalicelib.accounts import addresses, change, lists, mail_addresses
from chalicelib.accounts import create as accounts
from chalicelib.accounts import delete as deletion
from chalicelib.api.answers import lists as json_lists
from chalicelib.api.answers import users as json_users
from chalicelib.errors import fail
from chalicelib.filters import Asked
from chalicelib.models import Preferences, User
from chalicelib.security.passwords import new_password
from chalicelib.storage import erasures, keys, preferences, users
from chalicelib.storage.keys import Key
from chalicelib.web.endpoint import Call, Routes
from chalicelib.web.parameters import Parameter, boolean, custom_id, email, identifier, loose_boolean, phone, text
from chalicelib.web.queries import listing
from chalicelib.web.request import ApiRequest

routes = Routes(__name__)
USER_ID = Parameter(identifier)


def named_id(request: ApiRequest) -> str:
    """The user's id in the path, empty where it cannot be one."""
    try:
        return identifier(request.parameter("userId"))
    except ValueError:
        return ""


def named_user(user_id: str, request: ApiRequest) -> Key | None:
    """The user whom the path names."""
    return keys.user(named) if (named := named_id(request)) else None


def named_preferences(user_id: str, request: ApiRequest) -> Key | None:
    return keys.preferences(named) if (named := named_id(request)) else None


def named_tombstone(user_id: str, request: ApiRequest) -> Key | None:
    return keys.tombstone(named) if (named := named_id(request)) else None


USER = {"user": named_user, "preferences": named_preferences}


def user_of(call: Call) -> User:
    """The user whom the path names. 404 `user_not_found`."""
    user = users.user_of(call.read["user"])
    if user is None:
        raise fail("user_not_found", reason="no user of the id in the path")
    return user


def kept(call: Call) -> Preferences:
    """What is kept beside the record of the user whom the path names."""
    return preferences.preferences_of(call.read["preferences"])


def changed_user(call: Call, user: User) -> dict[str, Any]:
    """The user after a change, read anew."""
    return json_users.user(users.find(user.id) or user, kept(call))


@routes.endpoint(
    "POST",
    "/users",
    answer="user",
    errors=(*mail_addresses.REFUSALS, "password_personal_data", "user_already_exists"),
    status=201,
    key=True,
    params={
        "userId": Parameter(custom_id),
        "email": Parameter(email, ""),
        "phone": Parameter(phone, ""),
        "password": Parameter(new_password, ""),
        "name": Parameter(text(1, 128), ""),
    },
)
def create(call: Call, user_id: str, email: str, phone: str, password: str, name: str) -> dict[str, Any]:
    user = accounts.create(call.actor, call.project, user_id, email, phone, password, name)
    return json_users.user(user, Preferences())


@routes.endpoint(
    "GET",
    "/users",
    answer="userList",
    errors=("general_cursor_not_found", "general_query_invalid"),
    key=True,
    params={
        **listing(lists.KINDS),
        "search": Parameter(text(0, 256), ""),
    },
)
def list_all(call: Call, queries: Asked, total: bool, search: str) -> dict[str, Any]:
    rows, count = lists.page(queries, search, total)
    return json_lists.page("users", [json_users.user(*row) for row in rows], count)


@routes.endpoint("GET", "/users/{userId}", answer="user", key=True, reads=USER, params={"userId": USER_ID})
def get(call: Call, user_id: str) -> dict[str, Any]:
    return json_users.user(user_of(call), kept(call))


@routes.endpoint(
    "DELETE",
    "/users/{userId}",
    key=True,
    reads={**USER, "tombstone": named_tombstone},
    params={"userId": USER_ID},
)
def delete(call: Call, user_id: str) -> None:
    """Of a user who is gone, and not erased yet, it erases what is left."""
    if erasures.is_open(call.read["tombstone"]):
        deletion.erase(user_id)
    else:
        deletion.delete(call.actor, user_of(call))


@routes.endpoint(
    "PATCH",
    "/users/{userId}/status",
    answer="user",
    key=True,
    reads=USER,
    params={"userId": USER_ID, "status": Parameter(loose_boolean)},
)
def update_status(call: Call, user_id: str, status: bool) -> dict[str, Any]:
    user = user_of(call)
    (change.unblock if status else change.block)(call.actor, user)
    return changed_user(call, user)


@routes.endpoint(
    "PATCH",
    "/users/{userId}/verification",
    answer="user",
    errors=("user_email_not_found",),
    key=True,
    reads=USER,
    params={"userId": USER_ID, "emailVerification": Parameter(boolean)},
)
def update_email_verification(call: Call, user_id: str, email_verification: bool) -> dict[str, Any]:
    return _set_verified(call, "email", email_verification)


@routes.endpoint(
    "PATCH",
    "/users/{userId}/verification/phone",
    answer="user",
    errors=("user_phone_not_found", "user_target_already_exists"),
    key=True,
    reads=USER,
    params={"userId": USER_ID, "phoneVerification": Parameter(boolean)},
)
def update_phone_verification(call: Call, user_id: str, phone_verification: bool) -> dict[str, Any]:
    return _set_verified(call, "phone", phone_verification)


def _set_verified(call: Call, kind: str, value: bool) -> dict[str, Any]:
    user = user_of(call)
    addresses.set_verified(call.actor, user, kind, value, call.project)
    return changed_user(call, user)
