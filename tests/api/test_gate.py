"""The gate, over every route that the app has: who gets in, and which routes need a recent challenge.

Which routes those are is said in tests/routes.py. This walks them by every carrier of a session, and in states that
the table does not have.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from chalicelib.runtime import container, settings
from chalicelib.storage import keys
from tests.routes import OK, TABLE
from tests.support.api import Answer, Api
from tests.support.person import People, Person
from tests.support.refusals import RECENT
from tests.support.tables import Tables

Place = tuple[str, str]

OF_ACCOUNTS = [route for route in TABLE if route.who["guest"] != OK and route.who["key"] != OK]
"""The routes that somebody must be signed in for."""
FOR_KEYS = [route for route in TABLE if route.who["guest"] != OK and route.who["key"] == OK]
"""What a server calls with the API key; no session opens it."""
OWN_END = ("DELETE", "/account/sessions/{sessionId}")
"""Of half sessions for the session itself only: see test_half_session_ends_itself_and_no_other."""
OPEN_TO_HALF_SESSIONS = {route.place for route in OF_ACCOUNTS if route.who["half"] == OK} - {OWN_END}
ALWAYS_RECENT = {route.place for route in OF_ACCOUNTS if route.who["mfa-off"] == RECENT}
RECENT_IN_FORCE = {route.place for route in OF_ACCOUNTS if route.who["stale"] == RECENT}
ENDING = [("DELETE", "/account"), ("PATCH", "/account/status"), ("DELETE", "/account/sessions")]
"""After these the session is gone, so they are tried last."""


def of_accounts() -> list[Place]:
    places = {route.place for route in OF_ACCOUNTS}
    assert len(places) > 30
    return [*sorted(places - set(ENDING)), *ENDING]


def ask(api: Api, place: Place, session: str = "", key: str = "", **headers: str) -> Answer:
    method, path = place
    for name in ("{sessionId}", "{userId}", "{challengeId}", "{targetId}", "{identityId}", "{policyId}"):
        path = path.replace(name, "none")
    body = {"mfa": False} if path == "/account/mfa" else {} if method != "GET" else None
    return api.call(method, path.replace("{type}", "totp"), body, session=session, key=key, headers=headers)


def type_of(answer: Answer) -> str:
    is_error = answer.status >= 400
    return str(answer.json["type"]) if is_error else "success"


@pytest.fixture
def half(people: People) -> Person:
    person = people.new(mfa=True)
    person.sign_in()
    return person


@pytest.fixture
def unlimited(api: Api) -> Iterator[None]:
    with container.override("config", replace(settings.config(), rate_limits=False)):
        yield


@pytest.mark.parametrize("carrier", ["X-Appwrite-Session", "Cookie", "X-Fallback-Cookies"])
def test_half_session_gets_four_endpoints_and_no_other(half: Person, unlimited: None, carrier: str) -> None:
    value = {
        "X-Appwrite-Session": half.session,
        "Cookie": f"a_session_demo={half.session}",
        "X-Fallback-Cookies": f'{{"a_session_demo":"{half.session}"}}',
    }[carrier]
    places = of_accounts()

    answers = {place: type_of(ask(half.api, place, **{carrier: value})) for place in places}

    let_in = {place for place, type_ in answers.items() if type_ != "user_more_factors_required"}
    assert let_in == OPEN_TO_HALF_SESSIONS


def test_half_session_ends_itself_and_no_other(half: Person) -> None:
    lacking = half.session
    half.sign_in()
    half.pass_challenge("totp")

    for target in (half.session_id(), "none"):
        answer = half.delete(f"/account/sessions/{target}", session=lacking)
        assert type_of(answer) == "user_more_factors_required"

    assert half.get("/account").status == 200
    assert half.delete("/account/sessions/current", session=lacking).status == 204
    assert half.get("/account/mfa/factors", session=lacking).status == 401


@pytest.mark.parametrize("key", ["", "local-api-key"])
def test_guest_and_api_key_have_no_account(half: Person, unlimited: None, key: str) -> None:
    session = half.session if key else ""

    answers = {place: type_of(ask(half.api, place, session=session, key=key)) for place in of_accounts()}

    assert {place: type_ for place, type_ in answers.items() if type_ != "general_unauthorized_scope"} == {}


def test_blocked_user_gets_nothing(half: Person, tables: Tables, unlimited: None) -> None:
    tables.change(keys.user(half.id), blocked=True)

    answers = {place: type_of(ask(half.api, place, session=half.session)) for place in of_accounts()}

    assert {place: type_ for place, type_ in answers.items() if type_ != "user_blocked"} == {}


def test_session_is_no_key(people: People, unlimited: None) -> None:
    person = people.new()

    answers = {route.place: type_of(ask(person.api, route.place, session=person.session)) for route in FOR_KEYS}

    assert {place: type_ for place, type_ in answers.items() if type_ != "general_unauthorized_scope"} == {}


def refused_for_want_of_a_challenge(person: Person) -> set[Place]:
    answers = {place: type_of(ask(person.api, place, session=person.session)) for place in of_accounts()}
    return {place for place, type_ in answers.items() if type_ == "user_challenge_required"}


def test_stale_session_without_mfa_in_force(people: People, unlimited: None) -> None:
    person = people.new(authenticator=True)

    assert refused_for_want_of_a_challenge(person) == ALWAYS_RECENT


def test_stale_session_with_mfa_in_force(people: People, unlimited: None) -> None:
    person = people.new(mfa=True)

    assert refused_for_want_of_a_challenge(person) == RECENT_IN_FORCE


def test_parity_lifts_what_upstream_does_not_ask(people: People, unlimited: None) -> None:
    person = people.new(mfa=True)

    with container.override("config", replace(settings.config(), parity=frozenset({"factor-changes"}))):
        assert refused_for_want_of_a_challenge(person) == ALWAYS_RECENT


def test_fresh_session_is_asked_nowhere(people: People, unlimited: None) -> None:
    person = people.new(recovery_codes=True, mfa=True)
    person.pass_challenge("recoveryCode")
    person.clock.advance(minutes=4)

    assert refused_for_want_of_a_challenge(person) == set()


def test_freshness_ends_after_five_minutes(people: People) -> None:
    person = people.new(recovery_codes=True)
    person.pass_challenge("recoveryCode")

    person.clock.advance(seconds=299)
    assert person.get("/account/mfa/recovery-codes").status == 200
    person.clock.advance(seconds=2)
    assert type_of(person.get("/account/mfa/recovery-codes")) == "user_challenge_required"


def test_freshness_is_the_session_s_own(people: People) -> None:
    person = people.new(recovery_codes=True)
    other = person.session
    person.sign_in()
    person.pass_challenge("recoveryCode")

    assert type_of(person.get("/account/mfa/recovery-codes", session=other)) == "user_challenge_required"
