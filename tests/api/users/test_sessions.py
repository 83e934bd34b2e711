"""/users/{userId}/sessions and /jwts with the API key."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from chalicelib.storage import keys, sessions
from tests.support.api import Api, TeamApi, assert_refused
from tests.support.person import People, Person
from tests.support.tables import Tables
from tests.support.tokens import bearer


def open_session(team: TeamApi, person: Person) -> dict[str, Any]:
    answer = team.post(f"/users/{person.id}/sessions")
    assert answer.status == 201, answer.text
    found: dict[str, Any] = answer.json
    return found


def token(team: TeamApi, person: Person, **body: Any) -> str:
    answer = team.post(f"/users/{person.id}/jwts", body)
    assert answer.status == 201, answer.text
    assert set(answer.json) == {"jwt"}
    value = answer.json["jwt"]
    assert isinstance(value, str)
    return value


# Sessions


def test_team_opens_a_session_for_a_user(team: TeamApi, person: Person, api: Api) -> None:
    answer = team.post(f"/users/{person.id}/sessions")

    session = answer.json
    assert (session["provider"], session["providerUid"], session["factors"]) == ("server", "", ["server"])
    assert (session["userId"], session["current"], session["ip"]) == (person.id, False, "127.0.0.1")
    life = datetime.fromisoformat(session["expire"]) - datetime.fromisoformat(session["$createdAt"])
    assert life.days == 30
    assert (answer.all("Set-Cookie"), answer.header("X-Fallback-Cookies")) == ([], None)
    assert api.get("/account", session=session["secret"]).json["$id"] == person.id


def test_secret_is_shown_once(team: TeamApi, person: Person) -> None:
    open_session(team, person)

    assert {each["secret"] for each in team.get(f"/users/{person.id}/sessions").json["sessions"]} == {""}


def test_session_of_the_team_needs_the_second_factor_too(team: TeamApi, people: People) -> None:
    person = people.new(mfa=True)

    person.session = open_session(team, person)["secret"]

    assert_refused(person.get("/account"), 401, "user_more_factors_required")
    assert person.pass_challenge("totp").json["factors"] == ["server", "totp"]
    assert person.get("/account").status == 200


def test_session_of_the_team_pushes_nobody_out(team: TeamApi, person: Person) -> None:
    first = person.session
    for _ in range(9):
        person.sign_in()

    for _ in range(3):
        open_session(team, person)

    assert person.get("/account", session=first).status == 200
    assert team.get(f"/users/{person.id}/sessions").json["total"] == 13


def test_session_of_the_team_pushes_nobody_out_when_it_is_completed(team: TeamApi, people: People) -> None:
    person = people.new(mfa=True)
    first = person.session
    for _ in range(9):
        person.sign_in()
        person.pass_challenge()

    person.session = open_session(team, person)["secret"]
    person.pass_challenge()

    assert person.get("/account", session=first).status == 200


def test_sessions_are_listed_oldest_first_and_none_is_current(team: TeamApi, person: Person) -> None:
    person.sign_in()
    theirs = person.get("/account/sessions").json["sessions"]

    answer = team.get(f"/users/{person.id}/sessions")

    assert answer.json["total"] == 2
    assert answer.json["sessions"] == [{**session, "current": False} for session in theirs]
    assert team.get(f"/users/{person.id}/sessions?total=0").json == {**answer.json, "total": 0}


def test_dead_sessions_hide_no_live_one(team: TeamApi, person: Person, tables: Tables) -> None:
    """What ended with older generations stays in the table until TTL."""
    alive = tables.item(keys.session(person.id, person.session_id()))
    later = {keys.session(person.id, f"ffff{number:016x}"): alive["generation"] - 1 for number in range(250)}
    tables.put({key: {**alive, "id": key.values[1], "generation": generation} for key, generation in later.items()})

    for answer in (person.get("/account/sessions"), team.get(f"/users/{person.id}/sessions")):
        assert [session["$id"] for session in answer.json["sessions"]] == [alive["id"]]


def test_more_than_a_hundred_live_sessions_are_listed(team: TeamApi, person: Person) -> None:
    for _ in range(105):
        open_session(team, person)

    for answer in (person.get("/account/sessions"), team.get(f"/users/{person.id}/sessions")):
        assert answer.json["total"] == len({session["$id"] for session in answer.json["sessions"]}) == 106


def test_sessions_on_the_roster_are_listed_however_many_are_dead(
    team: TeamApi, person: Person, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look at the table is bounded."""
    monkeypatch.setattr(sessions, "MOST_READ", 3)
    own = [person.session_id()]
    for _ in range(2):
        person.sign_in()
        own.append(person.session_id())
    made = [open_session(team, person)["$id"] for _ in range(3)]

    assert [session["$id"] for session in person.get("/account/sessions").json["sessions"]] == own + made


def test_expired_and_ended_sessions_are_not_listed(team: TeamApi, person: Person) -> None:
    person.clock.advance(days=29)
    person.sign_in()
    person.sign_in()
    assert person.delete("/account/sessions/current").status == 204
    person.clock.advance(days=2)

    assert team.get(f"/users/{person.id}/sessions").json["total"] == 1


def test_one_session_is_ended(team: TeamApi, person: Person) -> None:
    first, first_id = person.session, person.session_id()
    person.sign_in()
    path = f"/users/{person.id}/sessions/{first_id}"

    answer = team.delete(path)

    assert (answer.status, answer.content) == (204, b"")
    assert_refused(person.get("/account", session=first), 401, "general_unauthorized_scope")
    assert person.get("/account").status == 200
    assert_refused(team.delete(path), 404, "user_session_not_found")


def test_session_of_another_user_is_not_ended(team: TeamApi, people: People) -> None:
    ann, bob = people.new(), people.new()

    for session_id in (bob.session_id(), "nothing"):
        assert_refused(team.delete(f"/users/{ann.id}/sessions/{session_id}"), 404, "user_session_not_found")

    assert bob.get("/account").status == 200


def test_all_sessions_of_one_user_are_ended(team: TeamApi, people: People) -> None:
    ann, bob = people.new(), people.new()
    held = [ann.session, ann.sign_in(), open_session(team, ann)["secret"]]

    answer = team.delete(f"/users/{ann.id}/sessions")

    assert (answer.status, answer.content) == (204, b"")
    for session in held:
        assert_refused(ann.get("/account", session=session), 401, "general_unauthorized_scope")
    assert team.get(f"/users/{ann.id}/sessions").json == {"total": 0, "sessions": []}
    assert bob.get("/account").status == 200
    assert ann.api.get("/account", session=ann.sign_in()).status == 200


# JWTs


def sessions_end(team: TeamApi, person: Person, session_id: str) -> None:
    assert team.delete(f"/users/{person.id}/sessions/{session_id}").status == 204


def works(api: Api, jwt: str) -> bool:
    return api.get("/account", headers=bearer(jwt)).status == 200


@pytest.mark.parametrize("body", [{}, {"sessionId": "recent"}, {"sessionId": "recent()"}])
def test_token_is_the_latest_sessions_unless_told_otherwise(
    team: TeamApi, person: Person, api: Api, body: dict[str, str]
) -> None:
    first = person.session_id()
    person.sign_in()
    jwt = token(team, person, **body)

    sessions_end(team, person, first)
    assert works(api, jwt)
    sessions_end(team, person, person.session_id())
    assert not works(api, jwt)


def test_token_of_a_named_session_ends_with_it(team: TeamApi, person: Person, api: Api) -> None:
    first = person.session_id()
    person.sign_in()
    jwt = token(team, person, sessionId=first)
    assert works(api, jwt)

    sessions_end(team, person, first)

    assert not works(api, jwt)


def test_token_of_a_half_session_is_refused_until_it_is_completed(team: TeamApi, people: People, api: Api) -> None:
    person = people.new(mfa=True, signed_in=False)
    person.sign_in()
    jwt = token(team, person)
    assert_refused(api.get("/account", headers=bearer(jwt)), 401, "user_more_factors_required")

    person.pass_challenge()

    assert works(api, jwt)


def test_token_of_another_users_session_is_one_without_session(team: TeamApi, people: People, api: Api) -> None:
    ann, bob = people.new(), people.new()
    jwt = token(team, ann, sessionId=bob.session_id())

    sessions_end(team, bob, bob.session_id())

    assert api.get("/account", headers=bearer(jwt)).json["$id"] == ann.id


@pytest.mark.parametrize("signed_in", [True, False])
def test_token_without_session_lives_until_all_sessions_are_ended(
    team: TeamApi, people: People, api: Api, signed_in: bool
) -> None:
    person = people.new(signed_in=signed_in)
    jwt = token(team, person, sessionId="none" if signed_in else "recent")
    if signed_in:
        sessions_end(team, person, person.session_id())
    assert works(api, jwt)

    team.delete(f"/users/{person.id}/sessions")

    assert_refused(api.get("/account", headers=bearer(jwt)), 401, "general_unauthorized_scope")


@pytest.mark.parametrize(("given", "seconds"), [({}, 900), ({"duration": 60}, 60), ({"duration": 3600}, 3600)])
def test_token_lives_as_long_as_asked(
    team: TeamApi, person: Person, api: Api, given: dict[str, int], seconds: int
) -> None:
    jwt = token(team, person, **given)
    person.clock.advance(seconds=seconds - 2)
    assert works(api, jwt)

    person.clock.advance(seconds=2)

    assert_refused(api.get("/account", headers=bearer(jwt)), 401, "user_jwt_invalid")


@pytest.mark.parametrize("duration", [-1, 3601, 1.5, "900", True, [], {}])
def test_bad_duration_is_refused(team: TeamApi, person: Person, duration: Any) -> None:
    answer = team.post(f"/users/{person.id}/jwts", {"duration": duration})

    assert_refused(answer, 400, "general_argument_invalid")


@pytest.mark.parametrize("session_id", ["", "-", "a" * 37, 1, []])
def test_bad_session_id_is_refused(team: TeamApi, person: Person, session_id: Any) -> None:
    answer = team.post(f"/users/{person.id}/jwts", {"sessionId": session_id})

    assert_refused(answer, 400, "general_argument_invalid")
