"""/users/{userId}/targets: addresses for the team's messaging. With an API key."""

from __future__ import annotations

from typing import Any

from chalicelib.accounts import targets
from chalicelib.api.answers import lists as json_lists
from chalicelib.api.answers import users as json_users
from chalicelib.api.users.users import USER, USER_ID, kept, user_of
from chalicelib.errors import fail
from chalicelib.filters import Asked, Kind
from chalicelib.web.endpoint import Call, Routes
from chalicelib.web.parameters import Parameter, choice, custom_id, identifier, text
from chalicelib.web.queries import EVERY, OF_PAGES, listing

routes = Routes(__name__)
PATH = "/users/{userId}/targets"
ONE = f"{PATH}/{{targetId}}"
NAMED = {"userId": USER_ID, "targetId": Parameter(identifier)}
KINDS = {
    **EVERY,
    **dict.fromkeys(("userId", "providerId"), Kind.ID),
    **dict.fromkeys(("identifier", "providerType"), Kind.TEXT),
}
REFUSALS = ("general_invalid_email", "general_invalid_phone", "user_target_already_exists")


@routes.endpoint(
    "POST",
    PATH,
    answer="target",
    errors=(*REFUSALS, "general_not_implemented"),
    status=201,
    key=True,
    reads=USER,
    params={
        "userId": USER_ID,
        "targetId": Parameter(custom_id),
        "providerType": Parameter(choice("email", "sms", "push")),
        "identifier": Parameter(text(1, 255)),
        "providerId": Parameter(identifier, ""),
        "name": Parameter(text(1, 128), ""),
    },
)
def create(
    call: Call, user_id: str, target_id: str, provider_type: str, identifier: str, provider_id: str, name: str
) -> dict[str, Any]:
    """`providerId` is passed over: there are no providers."""
    user = user_of(call)
    if provider_type == "push":
        raise fail("general_not_implemented", "Push targets are not served here.")
    return json_users.target(
        targets.create(call.actor, user, kept(call), target_id, provider_type, identifier, name), user
    )


@routes.endpoint(
    "GET",
    PATH,
    answer="targetList",
    errors=OF_PAGES,
    key=True,
    reads=USER,
    params={"userId": USER_ID, **listing(KINDS)},
)
def list_all(call: Call, user_id: str, queries: Asked, total: bool) -> dict[str, Any]:
    return json_lists.part("targets", json_users.targets(user_of(call), kept(call)), KINDS, queries, total)


@routes.endpoint("GET", ONE, answer="target", errors=("user_target_not_found",), key=True, reads=USER, params=NAMED)
def get(call: Call, user_id: str, target_id: str) -> dict[str, Any]:
    every = json_users.targets(user_of(call), kept(call))
    found = next((target for target in every if target["$id"] == target_id), None)
    if found is None:
        raise fail("user_target_not_found", reason="the user has none of that id")
    return found


@routes.endpoint(
    "PATCH",
    ONE,
    answer="target",
    errors=(*REFUSALS, "provider_not_found", "user_target_not_found"),
    key=True,
    reads=USER,
    params={
        **NAMED,
        "identifier": Parameter(text(1, 255), ""),
        "providerId": Parameter(identifier, ""),
        "name": Parameter(text(1, 128), ""),
    },
)
def update(call: Call, user_id: str, target_id: str, identifier: str, provider_id: str, name: str) -> dict[str, Any]:
    user = user_of(call)
    targets.named(user, kept(call), target_id)
    if provider_id:
        raise fail("provider_not_found")
    return json_users.target(targets.change(call.actor, user, kept(call), target_id, identifier, name), user)


@routes.endpoint("DELETE", ONE, errors=("user_target_not_found",), key=True, reads=USER, params=NAMED)
def delete(call: Call, user_id: str, target_id: str) -> None:
    targets.delete(call.actor, user_of(call), kept(call), target_id)
