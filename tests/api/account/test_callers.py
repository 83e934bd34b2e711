"""Who may call the endpoints of account, sessions and verifications: one table for all of them."""

from __future__ import annotations

import pytest

from chalicelib.storage import keys
from tests.support.api import Api, assert_refused
from tests.support.person import People, Person
from tests.support.tables import Tables

SIGNED_IN_ONLY = [
    ("GET", "/account"),
    ("GET", "/account/prefs"),
    ("PATCH", "/account/prefs"),
    ("PATCH", "/account/phone"),
    ("GET", "/account/sessions"),
    ("DELETE", "/account/sessions"),
    ("GET", "/account/sessions/current"),
    ("PATCH", "/account/sessions/current"),
    ("DELETE", "/account/sessions/current"),
    ("POST", "/account/verifications/email"),
    ("POST", "/account/verification"),
    ("POST", "/account/verifications/phone"),
    ("POST", "/account/verification/phone"),
]
FOR_HALF_SESSIONS = ("DELETE", "/account/sessions/current")
FOR_GUESTS = [
    ("PUT", "/account/verifications/email"),
    ("PUT", "/account/verification"),
    ("PUT", "/account/verifications/phone"),
    ("PUT", "/account/verification/phone"),
]


@pytest.mark.parametrize(("method", "path"), SIGNED_IN_ONLY)
def test_guest_is_refused(api: Api, method: str, path: str) -> None:
    assert_refused(api.call(method, path), 401, "general_unauthorized_scope")


@pytest.mark.parametrize(("method", "path"), SIGNED_IN_ONLY)
def test_api_key_is_refused_with_and_without_a_session(person: Person, method: str, path: str) -> None:
    for session in ("", person.session):
        answer = person.api.call(method, path, key="local-api-key", session=session)
        assert_refused(answer, 401, "general_unauthorized_scope")

    assert person.get("/account").status == 200


@pytest.mark.parametrize(("method", "path"), [each for each in SIGNED_IN_ONLY if each != FOR_HALF_SESSIONS])
def test_half_session_is_refused(people: People, method: str, path: str) -> None:
    person = people.new(mfa=True, signed_in=False)
    person.sign_in()

    assert_refused(person.call(method, path), 401, "user_more_factors_required")


def test_half_session_may_end_itself(people: People) -> None:
    person = people.new(mfa=True, signed_in=False)
    person.sign_in()

    assert person.delete("/account/sessions/current").status == 204
    assert_refused(person.get("/account/mfa/factors"), 401, "general_unauthorized_scope")


@pytest.mark.parametrize(("method", "path"), SIGNED_IN_ONLY)
def test_blocked_user_is_refused_at_the_next_request(person: Person, tables: Tables, method: str, path: str) -> None:
    tables.change(keys.user(person.id), blocked=True)

    assert_refused(person.call(method, path), 403, "user_blocked")


@pytest.mark.parametrize(("method", "path"), SIGNED_IN_ONLY)
def test_callers_are_judged_before_parameters(api: Api, method: str, path: str) -> None:
    answer = api.call(method, path, {"prefs": 1, "phone": 2, "url": 3}, session="not-a-session")

    assert_refused(answer, 401, "general_unauthorized_scope")


@pytest.mark.parametrize(("method", "path"), FOR_GUESTS)
def test_confirmation_needs_no_session(people: People, method: str, path: str) -> None:
    person = people.new(mfa=True, signed_in=False)
    half = person.sign_in()
    body = {"userId": person.id, "secret": "0" * 256}

    for key in ("", "local-api-key"):
        assert_refused(person.api.call(method, path, body, key=key), 401, "user_invalid_token")
    assert_refused(person.api.call(method, path, body, session=half), 401, "user_more_factors_required")
