"""Who may call what: every kind of caller at every route of the app, as tests/routes.py says.

Parameters are as good as they can be: what is refused is refused for the caller.
"""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest

from chalicelib.errors import ApiError
from chalicelib.runtime import container, settings
from chalicelib.runtime.logs import FIELDS
from tests.routes import CALLERS, OK, TABLE, Route
from tests.support.api import Api, outcome
from tests.support.cast import Cast
from tests.support.clock import Clock
from tests.support.person import People
from tests.support.refusals import RECENT, SIGNED_IN
from tests.support.tables import Tables

UNREADABLE = {"email": 1, "factor": 2, "mfa": 3, "name": 4, "password": 5, "phone": 6, "prefs": 7, "url": 8}


def path_of(route: Route) -> str:
    return route.path.replace("{proxy+}", "no/such/path")


@pytest.fixture(scope="module")
def made() -> list[Cast]:
    return []


@pytest.fixture
def cast(made: list[Cast], people: People, tables: Tables, clock: Clock) -> Cast:
    """The same for every row: it is made once and put back before each."""
    if not made:
        made.append(Cast(people, tables, clock))
    made[0].put_back(tables, clock)
    return made[0]


@pytest.mark.parametrize("route", TABLE, ids=lambda route: " ".join(route.place))
def test_every_caller_gets_what_the_contract_says(cast: Cast, api: Api, route: Route) -> None:
    answers = {caller: cast.call(api, caller, route.method, path_of(route), route.body) for caller in CALLERS}

    assert {caller: outcome(answer) for caller, answer in answers.items()} == {
        caller: route.expected(caller) for caller in CALLERS
    }


def test_callers_are_judged_before_parameters(cast: Cast, api: Api) -> None:
    refused = [
        (route, caller) for route in TABLE for caller in CALLERS if route.who[caller] not in (OK, SIGNED_IN, RECENT)
    ]

    for route, caller in refused:
        answer = cast.call(api, caller, route.method, path_of(route), UNREADABLE)
        assert outcome(answer) == route.who[caller], (route.place, caller)


def test_reason_of_a_refusal_is_in_the_log_and_not_in_the_answer(
    cast: Cast, api: Api, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer is the same, to the byte, without any reason."""

    def answers() -> list[tuple[int, list[tuple[str, str]], bytes]]:
        found = []
        for route, caller in refused:
            answer = cast.call(api, caller, route.method, path_of(route), route.body)
            headers = [header for header in answer.headers if header[0] != "Date"]
            found.append((answer.status, headers, answer.content))
        return found

    def reasons() -> set[str]:
        lines = [vars(record)[FIELDS] for record in caplog.records if record.getMessage() == "request"]
        caplog.clear()
        return {line["reason"] for line in lines if "reason" in line}

    refused = [(route, caller) for route in TABLE for caller in CALLERS if isinstance(route.expected(caller), tuple)]
    caplog.set_level(logging.INFO, "chalicelib")
    with container.override("config", replace(settings.config(), rate_limits=False)):
        caplog.clear()
        told, logged = answers(), reasons()
        monkeypatch.setattr(ApiError, "reason", property(lambda self: "", lambda self, value: None), raising=False)
        assert answers() == told
        assert reasons() == set()

    assert len(logged) > 15
    text = str(told)
    assert [reason for reason in logged if reason in text] == []


def test_head_is_refused_and_answered_as_get(cast: Cast, api: Api) -> None:
    for route in (route for route in TABLE if route.method == "GET"):
        for caller in ("guest", "half", "fresh", "key"):
            wanted = route.expected(caller)
            answer = cast.call(api, caller, "HEAD", path_of(route))

            assert answer.status == (wanted if isinstance(wanted, int) else wanted[0]), (route.path, caller)
            assert answer.content == b""


def test_table_has_every_route_of_the_app_and_no_other(api: Api) -> None:
    from app import app

    served = {(method, path) for path, methods in app.routes.items() for method in methods}
    listed = {route.place for route in TABLE}
    listed |= {("HEAD", path) for method, path in listed if method == "GET"}

    assert {place for place in served if place[0] != "OPTIONS"} == listed
    assert {path for _, path in served} == {path for method, path in served if method == "OPTIONS"}


def test_preflight_is_answered_to_everybody(cast: Cast, api: Api) -> None:
    for path in {path_of(route) for route in TABLE}:
        assert cast.call(api, "blocked", "OPTIONS", path).status == 204
