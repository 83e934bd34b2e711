"""How long sessions last and how many a user may have, by the project's policies."""

from __future__ import annotations

from datetime import datetime
from email.utils import parsedate_to_datetime

import pytest

from chalicelib.storage import keys
from tests.support.api import TeamApi, assert_refused, outcomes
from tests.support.api import at_once as all_at_once
from tests.support.faults import meanwhile
from tests.support.person import PASSWORD, People, Person
from tests.support.tables import Tables

HOUR = 3600


def lasts(team: TeamApi, seconds: int) -> None:
    assert team.patch("/project/policies/session-duration", {"duration": seconds}).status == 200


def at_most(team: TeamApi, total: int) -> None:
    assert team.patch("/project/policies/session-limit", {"total": total}).status == 200


def left(person: Person) -> float:
    """How many seconds the present session has left."""
    expire: str = person.get("/account/sessions/current").json["expire"]
    return datetime.fromisoformat(expire.replace("Z", "+00:00")).timestamp() - person.clock()


def alive(person: Person, values: list[str]) -> list[bool]:
    return [person.get("/account/mfa/factors", session=value).status == 200 for value in values]


def sign_ins(person: Person, count: int) -> list[str]:
    return [person.sign_in() for _ in range(count)]


# How long


def test_policy_is_shown_as_it_was_set(team: TeamApi) -> None:
    lasts(team, HOUR)
    at_most(team, 3)

    assert team.get("/project/policies/session-duration").json == {"$id": "session-duration", "duration": HOUR}
    assert team.get("/project/policies/session-limit").json == {"$id": "session-limit", "total": 3}


def test_session_ends_when_the_policy_says(team: TeamApi, person: Person) -> None:
    lasts(team, HOUR)
    person.sign_in()

    person.clock.advance(seconds=HOUR - 1)
    assert person.get("/account").status == 200
    person.clock.advance(seconds=1)
    assert_refused(person.get("/account"), 401, "general_unauthorized_scope")


def test_cookie_ends_with_the_session(team: TeamApi, person: Person) -> None:
    lasts(team, HOUR)

    answer = person.api.post("/account/sessions/email", {"email": person.email, "password": PASSWORD})

    (cookie,) = [each for each in answer.all("Set-Cookie") if each.startswith("a_session_demo=")]
    expires = parsedate_to_datetime(cookie.partition("Expires=")[2].partition(";")[0])
    assert expires.timestamp() == int(person.clock()) + HOUR


def test_no_client_asks_for_a_longer_session(team: TeamApi, person: Person) -> None:
    lasts(team, HOUR)
    body = {"email": person.email, "password": PASSWORD}

    refused = person.api.post("/account/sessions/email", {**body, "duration": HOUR + 1})

    assert_refused(refused, 400, "general_argument_invalid")
    assert person.api.post("/account/sessions/email", {**body, "duration": HOUR}).status == 201


def test_sessions_of_before_last_as_long_as_they_were_told(team: TeamApi, person: Person) -> None:
    lasts(team, HOUR)

    person.clock.advance(seconds=HOUR)

    assert person.get("/account").status == 200


def test_extension_goes_by_the_policy_of_now(team: TeamApi, person: Person) -> None:
    lasts(team, HOUR)
    assert person.patch("/account/sessions/current").status == 200
    assert left(person) == pytest.approx(HOUR, abs=1)

    lasts(team, 2 * HOUR)
    assert person.patch("/account/sessions/current").status == 200

    assert left(person) == pytest.approx(2 * HOUR, abs=1)


def test_sessions_that_the_team_makes_go_by_it_too(team: TeamApi, person: Person) -> None:
    lasts(team, HOUR)

    person.session = team.post(f"/users/{person.id}/sessions").json["secret"]

    assert left(person) == pytest.approx(HOUR, abs=1)


# How many


def test_one_session_more_ends_the_oldest(team: TeamApi, person: Person) -> None:
    at_most(team, 2)

    values = [person.session, *sign_ins(person, 2)]

    assert alive(person, values) == [False, True, True]


def test_limit_that_is_lowered_holds_from_the_next_sign_in_on(team: TeamApi, person: Person) -> None:
    values = [person.session, *sign_ins(person, 5)]

    at_most(team, 2)
    assert alive(person, values) == 6 * [True]
    values += sign_ins(person, 1)

    assert alive(person, values) == 5 * [False] + 2 * [True]


def crowded(person: Person, tables: Tables, count: int) -> list[str]:
    """Copies of the person's session on the roster, older than it: to sign in so often would take half a minute."""
    [own] = tables.items("sessions")
    names = [f"{number:020x}" for number in range(count)]
    tables.put({keys.session(person.id, name): {**own, "id": name} for name in names})
    tables.change(keys.user(person.id), sessions={own["id"]: 1, **dict.fromkeys(names, 1)})
    return names


def test_more_sessions_than_a_transaction_takes_end_all_the_same(team: TeamApi, person: Person, tables: Tables) -> None:
    at_most(team, 100)
    crowded(person, tables, 99)
    at_most(team, 1)

    person.sign_in()

    [session] = tables.items("sessions")
    assert tables.item(keys.user(person.id))["sessions"] == {session["id"]: 1}
    assert person.get("/account").status == 200


def test_completed_challenge_ends_them_too(team: TeamApi, people: People, tables: Tables) -> None:
    person = people.new(mfa=True)
    person.clock.advance(minutes=1)
    at_most(team, 100)
    own = tables.items("sessions")[0]
    names = crowded(person, tables, 99)
    tables.change(keys.user(person.id), sessions=dict.fromkeys([own["id"], *names], 2))
    person.sign_in()
    at_most(team, 1)

    person.pass_challenge()

    assert list(tables.item(keys.user(person.id))["sessions"].values()) == [2]
    assert person.get("/account").status == 200


def test_nothing_ends_where_the_roster_has_moved_meanwhile(team: TeamApi, person: Person, tables: Tables) -> None:
    """One of those that should end has ended by itself: the sign-in looks again and keeps what may stay."""
    at_most(team, 100)
    names = crowded(person, tables, 70)
    at_most(team, 5)

    with meanwhile(lambda: person.delete(f"/account/sessions/{names[0]}"), of="'Delete'"):
        newest = person.sign_in()

    assert len(tables.items("sessions")) == 5
    assert alive(person, [newest]) == [True]


@pytest.mark.race
def test_sign_ins_at_once_keep_within_the_policy(team: TeamApi, person: Person, tables: Tables) -> None:
    at_most(team, 2)
    body = {"email": person.email, "password": PASSWORD}

    answers = all_at_once(6, lambda _: person.api.post("/account/sessions/email", body))

    assert set(outcomes(answers)) <= {"success", "general_service_unavailable"}
    roster = tables.item(keys.user(person.id))["sessions"]
    assert len(roster) <= 2
    assert set(roster) == {item["id"] for item in tables.items("sessions")}


# What members of a team see of each other


def test_what_members_see_of_each_other_is_kept_and_shown(team: TeamApi) -> None:
    path = "/project/policies/membership-privacy"

    team.patch(path, {"userEmail": False, "userMFA": False})
    team.patch(path, {"userEmail": True, "userAccessedAt": None})
    team.patch(path, {})

    shown = dict.fromkeys(("userId", "userEmail", "userPhone", "userName", "userAccessedAt"), True)
    assert team.get(path).json == {"$id": "membership-privacy", **shown, "userMFA": False}
