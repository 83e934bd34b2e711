"""Identities and memberships, of which nobody has any: empty lists, where SDKs ask for lists."""

from __future__ import annotations

from typing import Any, NoReturn

from chalicelib.api.answers import lists as json_lists
from chalicelib.api.users.users import USER, USER_ID, user_of
from chalicelib.errors import fail
from chalicelib.filters import Asked, Kind
from chalicelib.web.endpoint import Call, Routes
from chalicelib.web.parameters import Parameter, identifier, text
from chalicelib.web.queries import EVERY, OF_PAGES, listing

routes = Routes(__name__)
IDENTITY = {"identityId": Parameter(identifier)}
IDENTITIES = {
    **EVERY,
    "userId": Kind.ID,
    **dict.fromkeys(("provider", "providerUid", "providerEmail"), Kind.TEXT),
    "providerAccessTokenExpiry": Kind.DATE,
}
MEMBERSHIPS = {
    **EVERY,
    **dict.fromkeys(("userId", "teamId"), Kind.ID),
    **dict.fromkeys(("invited", "joined"), Kind.DATE),
    "confirm": Kind.FLAG,
    "roles": Kind.TEXTS,
}
SEARCH = {"search": Parameter(text(0, 256), "")}


@routes.endpoint(
    "GET", "/account/identities", answer="identityList", errors=OF_PAGES, signed_in=True, params=listing(IDENTITIES)
)
def list_own_identities(call: Call, queries: Asked, total: bool) -> dict[str, Any]:
    return json_lists.part("identities", [], IDENTITIES, queries, total)


@routes.endpoint(
    "GET",
    "/users/identities",
    answer="identityList",
    errors=OF_PAGES,
    key=True,
    params={**listing(IDENTITIES), **SEARCH},
)
def list_identities(call: Call, queries: Asked, total: bool, search: str) -> dict[str, Any]:
    if search:
        raise fail("general_query_invalid", "Identities cannot be searched.")
    return json_lists.part("identities", [], IDENTITIES, queries, total)


@routes.endpoint(
    "DELETE",
    "/account/identities/{identityId}",
    errors=("user_identity_not_found",),
    signed_in=True,
    params=IDENTITY,
)
@routes.endpoint(
    "DELETE", "/users/identities/{identityId}", errors=("user_identity_not_found",), key=True, params=IDENTITY
)
def delete_identity(call: Call, identity_id: str) -> NoReturn:
    raise fail("user_identity_not_found")


@routes.endpoint(
    "GET", "/account/memberships", answer="membershipList", errors=OF_PAGES, signed_in=True, params=listing(MEMBERSHIPS)
)
def list_own_memberships(call: Call, queries: Asked, total: bool) -> dict[str, Any]:
    return json_lists.part("memberships", [], MEMBERSHIPS, queries, total)


@routes.endpoint(
    "GET",
    "/users/{userId}/memberships",
    answer="membershipList",
    errors=OF_PAGES,
    key=True,
    reads=USER,
    params={"userId": USER_ID, **listing(MEMBERSHIPS), **SEARCH},
)
def list_memberships(call: Call, user_id: str, queries: Asked, total: bool, search: str) -> dict[str, Any]:
    user_of(call)
    return json_lists.part("memberships", [], MEMBERSHIPS, queries, total)
