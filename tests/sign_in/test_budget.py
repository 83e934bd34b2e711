"""How many sign-ins succeed: 30 in an hour for a user and client, so that nobody flushes the log of an account."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.runtime import container
from chalicelib.runtime.settings import config
from tests.support.api import Answer, Api, TeamApi, assert_refused, at_once, outcomes
from tests.support.clock import Clock
from tests.support.person import PASSWORD, People, Person
from tests.support.refusals import LIMITED
from tests.support.tables import Tables


def by_password(api: Api, person: Person) -> Answer:
    return api.post("/account/sessions/email", {"email": person.email, "password": PASSWORD})


def by_code(api: Api, person: Person) -> Answer:
    person.clock.advance(seconds=31)
    asked = person.api.post("/account/tokens/phone", {"userId": "unique()", "phone": person.phone})
    assert asked.status == 201, asked.text
    return api.post("/account/sessions/token", {"userId": asked.json["userId"], "secret": person.texted_code()})


def configured(**settings: Any) -> AbstractContextManager[None]:
    return container.override("config", replace(config(), **settings))


def test_thirty_sign_ins_of_one_client_in_an_hour(person: Person, api: Api, clock: Clock, tables: Tables) -> None:
    """The first of them is that of the fixture."""
    assert {by_password(api, person).status for _ in range(29)} == {201}
    before = {table: tables.items(table) for table in ("users", "sessions", "events")}

    refused = by_password(api, person)

    assert_refused(refused, *LIMITED)
    assert 0 < int(refused.header("Retry-After") or 0) <= 3600
    assert {table: tables.items(table) for table in before} == before
    clock.advance(minutes=60)
    assert by_password(api, person).status == 201


def test_each_user_and_each_client_has_its_own(people: People, api: Api) -> None:
    person, other = people.new(), people.new()
    for _ in range(29):
        person.sign_in()
    assert_refused(by_password(api, person), *LIMITED)

    assert by_password(api.at("127.0.0.2"), person).status == 201
    assert by_password(api, other).status == 201
    assert person.get("/account").status == 200


@pytest.mark.parametrize("way", [by_password, by_code])
def test_every_way_in_counts(people: People, api: Api, way: Callable[[Api, Person], Answer]) -> None:
    person = people.new(phone_verified=True)
    with configured(sign_ins_per_client=3):
        assert by_password(api, person).status == 201
        assert way(api, person).status == 201

        assert_refused(way(api, person), *LIMITED)
        assert way(api.at("127.0.0.2"), person).status == 201


def test_server_signs_in_for_the_client_that_it_names(person: Person, team: TeamApi, api: Api) -> None:
    body = {"email": person.email, "password": PASSWORD}
    with configured(sign_ins_per_client=2):
        for address in ("192.0.2.1", "192.0.2.1", "192.0.2.2"):
            answer = team.post("/account/sessions/email", body, headers={"X-Forwarded-For": address})
            assert answer.status == 201

        refused = team.post("/account/sessions/email", body, headers={"X-Forwarded-For": "192.0.2.1"})
        assert_refused(refused, *LIMITED)
        assert team.post(f"/users/{person.id}/sessions", headers={"X-Forwarded-For": "192.0.2.1"}).status == 201


def test_switched_off_it_counts_nothing(person: Person, api: Api, tables: Tables) -> None:
    with configured(rate_limits=False, sign_ins_per_client=1):
        assert {by_password(api, person).status for _ in range(3)} == {201}

    assert len([item for item in tables.items("limits") if item["id"].startswith("sign-ins|")]) == 1


@pytest.mark.race
def test_of_many_at_once_no_more_succeed(person: Person, api: Api) -> None:
    with configured(sign_ins_per_client=4):
        answers = at_once(12, lambda _: by_password(api, person))

        found = outcomes(answers)
        assert found["success"] <= 3
        assert set(found) <= {"success", "general_rate_limit_exceeded", "general_service_unavailable"}
        while (last := by_password(api, person)).status == 201:
            found["success"] += 1
        assert_refused(last, *LIMITED)
        assert found["success"] == 3
