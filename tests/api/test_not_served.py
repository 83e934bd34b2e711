"""Methods of SDKs that are not served say so by their names; lists of what nobody has are empty."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from chalicelib.api import not_served
from chalicelib.api.not_served import Method
from tests.support.api import KEY, Api, TeamApi, assert_refused
from tests.support.cast import VALUES
from tests.support.person import Person
from tests.support.tables import Tables

METHODS = (*not_served.FOR_GUESTS, *not_served.FOR_USERS, *not_served.FOR_KEYS)
LISTS = {"identities": ("/account/identities", "/users/identities"), "memberships": ("/account/memberships",)}


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_method_is_refused_by_its_name_and_changes_nothing(
    person: Person, api: Api, tables: Tables, method: Method
) -> None:
    path = method.path.format(**VALUES, userId=person.id)
    before = tables.everything()

    session = person.session if method in not_served.FOR_USERS else ""
    key = KEY if method in not_served.FOR_KEYS else ""
    answer = api.call(method.verb, path, session=session, key=key)

    assert_refused(answer, 501, "general_not_implemented")
    assert answer.json["message"] == f"{method.name} is not served here."
    assert tables.everything() == before


def test_browser_that_goes_to_a_provider_is_told_so(api: Api) -> None:
    """OAuth2 begins with a page of its own: no headers, the project in the query."""
    path = "/account/sessions/oauth2/github?project=demo&success=http%3A%2F%2Flocalhost%2F"

    assert_refused(api.get(path, project=None), 501, "general_not_implemented")


@pytest.mark.parametrize(("plural", "path"), [(plural, path) for plural, paths in LISTS.items() for path in paths])
def test_list_of_what_nobody_has_is_empty(person: Person, plural: str, path: str) -> None:
    def get(rest: str = "") -> Any:
        key, session = (KEY, "") if path.startswith("/users") else ("", person.session)
        return person.api.get(f"{path}?{rest}", key=key, session=session)

    def query(method: str, value: Any) -> str:
        return f"queries[]={quote(json.dumps({'method': method, 'values': [value]}))}"

    for rest in ("", "total=false", query("limit", 5), query("offset", 1)):
        assert get(rest).json == {"total": 0, plural: []}
    for rest in (query("limit", 0), query("offset", -1), "total=x", "queries=x"):
        assert_refused(get(rest), 400, "general_argument_invalid")
    assert_refused(get(query("cursorAfter", "x")), 400, "general_cursor_not_found")
    asked = [
        {"method": "equal", "attribute": "userId", "values": ["x"]},
        {"method": "orderDesc", "attribute": "$createdAt"},
    ]
    assert get("&".join(f"queries[]={quote(json.dumps(each))}" for each in asked)).json == {"total": 0, plural: []}
    assert_refused(get(query("equal", "x")), 400, "general_argument_invalid")


def test_memberships_of_a_user(person: Person, team: TeamApi) -> None:
    path = f"/users/{person.id}/memberships"

    assert team.get(path).json == team.get(f"{path}?search=x").json == {"total": 0, "memberships": []}
    assert_refused(team.get("/users/nobody/memberships"), 404, "user_not_found")


def test_identities_cannot_be_searched(team: TeamApi) -> None:
    assert team.get("/users/identities?search=").status == 200
    assert_refused(team.get("/users/identities?search=x"), 400, "general_query_invalid")


def test_identity_is_not_found(person: Person, team: TeamApi) -> None:
    assert_refused(person.delete("/account/identities/x"), 404, "user_identity_not_found")
    assert_refused(team.delete("/users/identities/x"), 404, "user_identity_not_found")


def test_nobody_has_the_id_that_stands_for_the_identities(team: TeamApi, api: Api) -> None:
    """API Gateway would find the list, and nobody could read, block or delete that user."""
    body = {"userId": "identities", "email": "a@example.test", "password": "correct horse battery"}

    assert_refused(api.post("/account", body), 400, "general_argument_invalid")
    assert_refused(team.post("/users", {"userId": "identities"}), 400, "general_argument_invalid")
