"""Sessions listed, read and extended by their owner, and when they end by themselves."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from chalicelib.runtime import container, settings
from chalicelib.storage import keys
from tests.support.api import assert_refused
from tests.support.clock import Clock
from tests.support.person import People, Person
from tests.support.tables import Tables

UNKNOWN = "0" * 20
BAD_IDS = ["_x", ".x", "-x", "a" * 37, "a%23b", "a%20b", "%C3%A4", ":v", "unique()", "a%0A", "%00"]
METHODS = ["GET", "PATCH", "DELETE"]


def milliseconds(date: str) -> int:
    return round(datetime.fromisoformat(date).timestamp() * 1000)


def end_at(tables: Tables, person: Person, session_id: str, expire: int) -> None:
    tables.change(keys.session(person.id, session_id), expire=expire)


# List


def test_sessions_are_listed_oldest_first_without_secrets(person: Person) -> None:
    ids = [person.session_id()]
    for _ in range(3):
        person.sign_in()
        person.clock.advance(seconds=1)
        ids.append(person.session_id())

    listed = person.get("/account/sessions").json

    assert listed["total"] == 4
    assert [session["$id"] for session in listed["sessions"]] == ids
    assert [session["current"] for session in listed["sessions"]] == [False, False, False, True]
    assert {session["secret"] for session in listed["sessions"]} == {""}
    assert listed["sessions"][3] == person.get("/account/sessions/current").json


def test_neither_other_peoples_sessions_nor_dead_ones_are_listed(people: People, tables: Tables) -> None:
    person, _ = people.new(), people.new()
    expired = person.session_id()
    person.sign_in()
    ended = person.session_id()
    person.sign_in()
    end_at(tables, person, expired, 1)
    assert person.delete(f"/account/sessions/{ended}").status == 204

    sessions = person.get("/account/sessions").json["sessions"]

    assert [session["$id"] for session in sessions] == [person.session_id()]


@pytest.mark.parametrize("minutes", [14, 15])
def test_half_session_is_listed_while_it_can_become_complete(people: People, clock: Clock, minutes: int) -> None:
    person = people.new(mfa=True)
    complete = person.session
    person.sign_in()
    half = person.get("/account/sessions", session=complete).json["sessions"][1]["$id"]

    clock.advance(minutes=minutes)

    listed = person.get("/account/sessions", session=complete).json
    assert listed["total"] == (2 if minutes < 15 else 1)
    found = person.get(f"/account/sessions/{half}", session=complete)
    assert found.status == (200 if minutes < 15 else 404)


def test_remains_of_many_ended_sessions_hide_no_living_one(person: Person, tables: Tables) -> None:
    (living,) = tables.items("sessions")
    remains = {name: value for name, value in living.items() if name not in ("user_id", "id")} | {"generation": 1}
    for number in range(101):
        tables.change(keys.session(person.id, f"{number:020x}"), **remains)

    assert person.get("/account/sessions").json["total"] == 1


# Get


def test_session_is_found_by_id_and_by_current(person: Person) -> None:
    older, other = person.session, person.session_id()
    person.sign_in()

    current = person.get("/account/sessions/current").json

    assert person.get(f"/account/sessions/{current['$id']}").json == current
    assert current["current"] is True
    found = person.get(f"/account/sessions/{other}").json
    assert (found["$id"], found["current"]) == (other, False)
    assert person.get("/account/sessions/current", session=older).json["$id"] == other


@pytest.mark.parametrize("method", METHODS)
def test_sessions_of_others_are_not_found_and_stay_as_they_are(people: People, tables: Tables, method: str) -> None:
    person, other = people.new(), people.new()
    foreign = other.session_id()
    before = tables.items("sessions")

    answer = person.call(method, f"/account/sessions/{foreign}")

    assert_refused(answer, 404, "user_session_not_found")
    assert answer.text == person.call(method, f"/account/sessions/{UNKNOWN}").text
    assert tables.items("sessions") == before
    assert other.get("/account").status == 200


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("alone", [True, False])
def test_ended_session_is_not_found(person: Person, method: str, alone: bool) -> None:
    ended = person.session_id()
    if alone:
        person.sign_in()
    assert person.delete(f"/account/sessions/{ended if alone else ''}".rstrip("/")).status == 204
    if not alone:
        person.sign_in()

    assert_refused(person.call(method, f"/account/sessions/{ended}"), 404, "user_session_not_found")


@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_expired_session_is_not_found(person: Person, tables: Tables, method: str) -> None:
    expired = person.session_id()
    person.sign_in()
    end_at(tables, person, expired, milliseconds(person.get("/account/sessions/current").json["$createdAt"]))

    assert_refused(person.call(method, f"/account/sessions/{expired}"), 404, "user_session_not_found")


@pytest.mark.parametrize("method", METHODS)
def test_id_of_another_shape_is_refused(person: Person, tables: Tables, method: str) -> None:
    before = tables.items("sessions")

    with container.override("config", replace(settings.config(), rate_limits=False)):
        for session_id in BAD_IDS:
            answer = person.call(method, f"/account/sessions/{session_id}")
            assert_refused(answer, 400, "general_argument_invalid")

    assert tables.items("sessions") == before


# Expiry


def test_session_ends_with_its_life_although_its_item_is_still_there(
    person: Person, tables: Tables, clock: Clock
) -> None:
    expire = milliseconds(person.get("/account/sessions/current").json["expire"])
    clock.advance(seconds=(expire - clock() * 1000) / 1000 - 1)
    assert person.get("/account").status == 200

    clock.advance(seconds=1)

    assert_refused(person.get("/account"), 401, "general_unauthorized_scope")
    assert len(tables.items("sessions")) == 1


def test_half_session_ends_after_fifteen_minutes_whatever_its_expiry_says(people: People, clock: Clock) -> None:
    person = people.new(mfa=True, signed_in=False)
    person.sign_in()
    clock.advance(minutes=14)
    assert person.get("/account/mfa/factors").status == 200
    challenge = person.challenge("totp")

    clock.advance(minutes=1)

    assert_refused(person.get("/account/mfa/factors"), 401, "general_unauthorized_scope")
    assert_refused(person.answer(challenge, person.totp_code()), 401, "general_unauthorized_scope")


# Extend


def test_extended_session_lives_as_long_as_a_new_one(person: Person, clock: Clock) -> None:
    before = person.get("/account/sessions/current").json
    clock.advance(days=20)

    answer = person.patch("/account/sessions/current")

    assert answer.status == 200
    moved = {name: answer.json[name] for name in ("expire", "$updatedAt")}
    assert answer.json == {**before, **moved}
    life = milliseconds(moved["expire"]) - clock() * 1000
    assert life == pytest.approx(30 * 86_400_000, abs=100)
    assert milliseconds(moved["$updatedAt"]) == pytest.approx(clock() * 1000, abs=100)
    clock.advance(days=20)
    assert person.get("/account/sessions/current").json == answer.json


def test_other_session_of_ones_own_can_be_extended(person: Person, clock: Clock) -> None:
    older, other = person.session, person.session_id()
    person.sign_in()
    clock.advance(days=20)

    answer = person.patch(f"/account/sessions/{other}")

    assert (answer.json["$id"], answer.json["current"]) == (other, False)
    clock.advance(days=15)
    assert person.get("/account", session=older).status == 200
    assert_refused(person.get("/account"), 401, "general_unauthorized_scope")


def test_extension_moves_the_time_when_the_item_may_be_deleted(person: Person, tables: Tables, clock: Clock) -> None:
    clock.advance(days=20)

    person.patch("/account/sessions/current")

    (item,) = tables.items("sessions")
    assert item["ttl"] == item["expire"] // 1000


def test_eleventh_extension_of_an_hour_is_refused(person: Person) -> None:
    for _ in range(10):
        assert person.patch("/account/sessions/current").status == 200

    assert_refused(person.patch("/account/sessions/current"), 429, "general_rate_limit_exceeded")
