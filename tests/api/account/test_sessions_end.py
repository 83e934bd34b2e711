"""DELETE /account/sessions: one session ends, or all of them, and with it all that it opened."""

from __future__ import annotations

from http.cookies import SimpleCookie

import pytest

from tests.support.api import KEY, Answer, assert_refused
from tests.support.person import RETURN_URL, People, Person
from tests.support.tokens import bearer

UNKNOWN = "0" * 20


def takes_the_cookies_back(answer: Answer) -> bool:
    """Both cookies are emptied, and the fallback store."""
    cookies = [SimpleCookie(value) for value in answer.all("Set-Cookie")]
    values = {name: morsel.value for cookie in cookies for name, morsel in cookie.items()}
    emptied = values == {"a_session_demo": "deleted", "a_session_demo_legacy": "deleted"}
    return emptied and answer.header("X-Fallback-Cookies") == "[]"


@pytest.mark.parametrize("by_id", [True, False])
def test_signed_out_session_is_dead_at_once(person: Person, by_id: bool) -> None:
    others = person.session
    person.sign_in()
    name = person.session_id() if by_id else "current"

    answer = person.delete(f"/account/sessions/{name}")

    assert (answer.status, answer.content) == (204, b"")
    assert takes_the_cookies_back(answer)
    assert_refused(person.get("/account"), 401, "general_unauthorized_scope")
    assert_refused(person.delete("/account/sessions/current"), 401, "general_unauthorized_scope")
    assert person.get("/account", session=others).status == 200


def test_ending_another_session_leaves_the_cookies(person: Person) -> None:
    older, other = person.session, person.session_id()
    person.sign_in()

    answer = person.delete(f"/account/sessions/{other}")

    assert answer.status == 204
    assert (answer.all("Set-Cookie"), answer.header("X-Fallback-Cookies")) == ([], None)
    assert_refused(person.get("/account", session=older), 401, "general_unauthorized_scope")
    assert person.get("/account").status == 200


@pytest.mark.parametrize("name", ["another", UNKNOWN, "_x"])
def test_half_session_ends_no_other(people: People, name: str) -> None:
    person = people.new(mfa=True)
    complete, other = person.session, person.session_id()
    person.sign_in()

    answer = person.delete(f"/account/sessions/{other if name == 'another' else name}")

    assert answer.status in (400, 401)
    assert answer.json["type"] == ("general_argument_invalid" if name == "_x" else "user_more_factors_required")
    assert person.get("/account", session=complete).status == 200


@pytest.mark.parametrize("name", [UNKNOWN, "none", "a.b", "a-b", "current.x"])
def test_session_that_there_is_not_is_not_found(person: Person, name: str) -> None:
    """A dot or hyphen too, which would mean something in a path of DynamoDB."""
    assert_refused(person.delete(f"/account/sessions/{name}"), 404, "user_session_not_found")
    assert person.get("/account").status == 200


def test_all_sessions_end_at_once(people: People) -> None:
    person, neighbour = people.new(), people.new()
    values = [person.session, person.sign_in(), person.sign_in()]

    answer = person.delete("/account/sessions")

    assert (answer.status, answer.content) == (204, b"")
    assert takes_the_cookies_back(answer)
    for value in values:
        assert_refused(person.get("/account", session=value), 401, "general_unauthorized_scope")
    assert neighbour.get("/account").status == 200
    person.sign_in()
    assert person.get("/account/sessions").json["total"] == 1


@pytest.mark.parametrize("wanted", [False, "false", 0])
def test_others_end_and_the_callers_own_lives_on(person: Person, wanted: object) -> None:
    others = [person.session, person.sign_in()]
    kept = person.sign_in()
    token = person.jwt()
    before = person.get("/account/sessions/current").json

    answer = person.delete("/account/sessions", {"current": wanted})

    assert (answer.status, answer.all("Set-Cookie"), answer.header("X-Fallback-Cookies")) == (204, [], None)
    for value in others:
        assert_refused(person.get("/account", session=value), 401, "general_unauthorized_scope")
    assert person.session == kept
    assert person.get("/account/sessions").json["total"] == 1
    after = person.get("/account/sessions/current").json
    assert after == {**before, "$updatedAt": after["$updatedAt"]}
    assert_refused(person.api.get("/account", headers=bearer(token)), 401, "general_unauthorized_scope")


def test_callers_own_lives_on_as_complete_and_as_recent_as_it_was(people: People) -> None:
    person = people.new(mfa=True)
    person.pass_challenge()

    person.delete("/account/sessions", {"current": False})

    assert person.switch_mfa(False).status == 200


def test_session_of_a_server_may_end_the_others(person: Person) -> None:
    """It is on no roster."""
    other = person.session
    person.session = person.api.post(f"/users/{person.id}/sessions", key=KEY).json["secret"]

    assert person.delete("/account/sessions", {"current": False}).status == 204

    assert person.get("/account/sessions").json["total"] == 1
    assert_refused(person.get("/account", session=other), 401, "general_unauthorized_scope")


def test_token_has_no_session_of_its_own_to_keep(person: Person) -> None:
    token = person.jwt()

    assert person.api.delete("/account/sessions", {"current": False}, headers=bearer(token)).status == 204
    assert_refused(person.get("/account"), 401, "general_unauthorized_scope")


@pytest.mark.parametrize("wanted", [True, None, [], {}])
def test_all_end_unless_told_otherwise(person: Person, wanted: object) -> None:
    body = wanted if wanted in ([], {}) else {"current": wanted}

    assert takes_the_cookies_back(person.delete("/account/sessions", body))
    assert_refused(person.get("/account"), 401, "general_unauthorized_scope")


@pytest.mark.parametrize("wanted", ["no", 2, [], {}])
def test_unclear_wish_ends_nothing(person: Person, wanted: object) -> None:
    assert_refused(person.delete("/account/sessions", {"current": wanted}), 400, "general_argument_invalid")
    assert person.get("/account").status == 200


def test_challenges_and_proofs_of_ended_sessions_open_nothing(people: People) -> None:
    person = people.new(mfa=True)
    challenge = person.challenge("totp")
    person.delete("/account/sessions")
    person.sign_in()
    person.clock.advance(seconds=60)

    assert_refused(person.answer(challenge, person.totp_code()), 401, "user_invalid_token")
    assert_refused(person.post("/account/verifications/email", {"url": RETURN_URL}), 401, "user_more_factors_required")
