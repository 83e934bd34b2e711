"""Passwords that are known from breaches: what the service hears, what its answer means, and that none is needed."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha1
from typing import Any

import pytest

from chalicelib.runtime import container, settings
from chalicelib.runtime.logs import JsonFormatter
from chalicelib.storage import keys
from infra.local.http_server import Answer as HttpAnswer
from infra.local.http_server import Call, HttpServer, listen
from tests.support.api import Answer, TeamApi, assert_refused
from tests.support.clock import Clock
from tests.support.person import PASSWORD, RETURN_URL, Person
from tests.support.scripted import saying
from tests.support.sign_in import sign_in_anew, try_password
from tests.support.tables import Tables

LEAKED, SAFE = "hunter2 hunter2", "another password"
ANSWERS: dict[str, HttpAnswer | bytes] = {
    "an error": HttpAnswer(503),
    "a page": HttpAnswer(200, [], "<p>Bonjour à tous</p>".encode()),
    "too much": HttpAnswer(200, [], b"0" * 35 + b":1\r\n" + b" " * 300_000),
    "no HTTP": b"220 mail.example.com ESMTP\r\n",
    "half of it": b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n0",
    "nothing": b"",
}


class Breaches:
    """The service. It knows one password, and has an entry without meaning for every other one."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.answer: HttpAnswer | None = None

    def __call__(self, call: Call) -> HttpAnswer:
        self.calls.append(call)
        known = {digest(LEAKED): 17, digest(SAFE): 0, digest(PASSWORD): 0}
        lines = [f"{each[5:]}:{times}" for each, times in known.items() if each.startswith(call.path[-5:])]
        return self.answer or HttpAnswer(200, [], "\r\n".join(["0" * 35 + ":3", *lines]).encode())


def digest(password: str) -> str:
    return sha1(password.encode(), usedforsecurity=False).hexdigest().upper()


@pytest.fixture
def breaches(person: Person) -> Iterator[Breaches]:
    """A deployment that asks a service of ours, once the policy is on."""
    service = Breaches()
    with HttpServer(service, listen("127.0.0.1")) as server, asking(f"http://127.0.0.1:{server.port}"):
        yield service


def asking(address: str) -> Any:
    return container.override("config", replace(settings.config(), pwned_passwords=address))


def switch(team: TeamApi, **values: bool) -> None:
    assert team.patch("/project/policies/password-pwned", {"enabled": True, **values}).status == 200


def change(person: Person, password: str, old: str = PASSWORD) -> Answer:
    return person.patch("/account/password", {"password": password, "oldPassword": old})


def recorded(person: Person) -> Any:
    return person.get("/account").json["passwordPwned"]


def test_nobody_is_asked_until_the_policy_is_on(person: Person, breaches: Breaches, team: TeamApi) -> None:
    team.patch("/project/policies/password-pwned", {"sessions": True, "users": True})

    assert change(person, LEAKED).status == 200
    assert sign_in_anew(person, password=LEAKED).status == 201

    assert breaches.calls == []
    assert recorded(person) is None


def test_service_hears_five_digits_and_no_more(person: Person, breaches: Breaches, team: TeamApi) -> None:
    switch(team)

    assert change(person, LEAKED).status == 200

    [call] = breaches.calls
    assert (call.method, call.target, call.body) == ("GET", f"/range/{digest(LEAKED)[:5]}", b"")
    assert call.headers["Add-Padding"] == "true"
    heard = str(call.headers).lower()
    assert digest(LEAKED)[5:].lower() not in heard
    assert person.id not in heard
    assert person.email not in heard


def test_what_was_found_is_recorded_and_refuses_nothing_by_itself(
    person: Person, breaches: Breaches, team: TeamApi
) -> None:
    switch(team)

    assert sign_in_anew(person).status == 201
    assert recorded(person) is False, "an entry that was seen 0 times is padding"
    assert change(person, LEAKED).status == 200
    assert recorded(person) is True
    assert sign_in_anew(person, password=LEAKED).status == 201
    assert team.get(f"/users/{person.id}").json["passwordPwned"] is True
    assert change(person, SAFE, LEAKED).status == 200
    assert recorded(person) is False


def test_sign_up_records_it_too(person: Person, breaches: Breaches, team: TeamApi) -> None:
    switch(team)
    new = {"userId": "zoe", "email": "zoe@example.test", "password": LEAKED}

    assert person.api.post("/account", new).json["passwordPwned"] is True


def test_finding_of_an_earlier_password_does_not_outlive_it(person: Person, breaches: Breaches, team: TeamApi) -> None:
    switch(team)
    assert change(person, LEAKED).status == 200
    team.patch("/project/policies/password-pwned", {"enabled": False})

    assert change(person, SAFE, LEAKED).status == 200

    assert recorded(person) is None


def test_leaked_password_is_set_nowhere(
    person: Person, breaches: Breaches, team: TeamApi, run_jobs: Callable[[], int]
) -> None:
    switch(team, users=True)
    assert person.api.post("/account/recovery", {"email": person.email, "url": RETURN_URL}).status == 201
    run_jobs()
    link = {"userId": person.id, "secret": person.mailed_secret()}
    new = {"userId": "zoe", "email": "zoe@example.test", "password": LEAKED}

    answers = [change(person, LEAKED), person.api.put("/account/recovery", {**link, "password": LEAKED})]
    answers += [person.api.post("/account", new), team.post("/users", new)]

    for answer in answers:
        assert_refused(answer, 400, "general_argument_invalid")
    assert person.api.put("/account/recovery", {**link, "password": SAFE}).status == 200


def test_leaked_password_signs_nobody_in_until_it_is_reset(
    person: Person, breaches: Breaches, team: TeamApi, tables: Tables, run_jobs: Callable[[], int]
) -> None:
    assert change(person, LEAKED).status == 200
    switch(team, sessions=True)
    sessions = tables.items("sessions")

    assert_refused(sign_in_anew(person, password=LEAKED), 412, "user_password_reset_required")

    assert tables.items("sessions") == sessions
    assert recorded(person) is True
    assert person.api.post("/account/recovery", {"email": person.email, "url": RETURN_URL}).status == 201
    run_jobs()
    link = {"userId": person.id, "secret": person.mailed_secret()}
    assert person.api.put("/account/recovery", {**link, "password": SAFE}).status == 200
    assert try_password(person.api, person.email, SAFE).status == 201


def test_wrong_password_is_looked_up_nowhere_and_told_as_ever(
    person: Person, breaches: Breaches, team: TeamApi
) -> None:
    switch(team, sessions=True)

    for email in (person.email, "nobody@example.test"):
        assert_refused(try_password(person.api, email, LEAKED), 401, "user_invalid_credentials")

    assert breaches.calls == []


def test_that_a_password_is_right_is_told_within_the_budget_of_wrong_ones(
    person: Person, breaches: Breaches, team: TeamApi, tables: Tables, clock: Clock
) -> None:
    """Guesses that run at once: the budget is used up while this one is looked up."""
    assert change(person, LEAKED).status == 200
    switch(team, sessions=True)
    end = (int(clock()) // 3600 + 1) * 3600

    def use_up(call: Call) -> HttpAnswer:
        tables.change(keys.limit(f"wrong-passwords|email:{person.email}", end), used=100)
        return Breaches()(call)

    with HttpServer(use_up, listen("127.0.0.1")) as server, asking(f"http://127.0.0.1:{server.port}"):
        answer = sign_in_anew(person, password=LEAKED)

    assert_refused(answer, 429, "general_rate_limit_exceeded")


def test_blocked_user_is_told_so(person: Person, breaches: Breaches, team: TeamApi) -> None:
    assert change(person, LEAKED).status == 200
    switch(team, sessions=True)
    assert team.patch(f"/users/{person.id}/status", {"status": False}).status == 200

    assert_refused(sign_in_anew(person, password=LEAKED), 403, "user_blocked")


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_without_a_good_answer_nothing_is_refused_and_it_is_noted(
    person: Person, breaches: Breaches, team: TeamApi, caplog: pytest.LogCaptureFixture, answer: HttpAnswer | bytes
) -> None:
    caplog.set_level(logging.INFO, "chalicelib")
    switch(team, users=True, sessions=True)

    if isinstance(answer, bytes):
        with saying(answer) as address, asking(address):
            assert change(person, LEAKED).status == 200
    else:
        breaches.answer = answer
        assert change(person, LEAKED).status == 200

    assert recorded(person) is None
    lines = [json.loads(JsonFormatter().format(record)) for record in caplog.records]
    assert [line["PwnedPasswordsFailures"] for line in lines if "PwnedPasswordsFailures" in line] == [1]
    assert [line for line in lines if line["message"].startswith("pwned passwords did not answer: ")]


def test_answer_that_takes_longer_than_a_second_is_not_waited_for(
    person: Person, breaches: Breaches, team: TeamApi, clock: Clock
) -> None:
    switch(team, users=True)

    def slow(call: Call) -> HttpAnswer:
        clock.advance(seconds=1.1)
        return Breaches()(call)

    with HttpServer(slow, listen("127.0.0.1")) as server, asking(f"http://127.0.0.1:{server.port}"):
        assert change(person, LEAKED).status == 200

    assert recorded(person) is None
