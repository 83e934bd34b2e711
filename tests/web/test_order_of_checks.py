"""Of two mistakes in one request, the answer names the one that is checked first: neighbours, at three endpoints."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import pytest

from chalicelib.storage import keys
from tests.support.api import Answer, assert_refused
from tests.support.clock import Clock
from tests.support.person import RETURN_URL, People, Person
from tests.support.tables import Tables, switch_project


@dataclass(frozen=True)
class Asked:
    """A request that would succeed, until a mistake is put into it."""

    method: str
    path: str
    body: Any
    session: str = ""
    key: str = ""
    project: str = "demo"
    headers: dict[str, str] = field(default_factory=dict)

    def send(self, person: Person) -> Answer:
        return person.api.call(
            self.method,
            self.path,
            self.body,
            session=self.session,
            key=self.key,
            project=self.project,
            headers=self.headers,
        )


@dataclass(frozen=True)
class World:
    """The person who asks and what there is to put into a state."""

    person: Person
    tables: Tables
    clock: Clock


Mistake = Callable[[Asked, World], Asked]


def foreign_origin(asked: Asked, world: World) -> Asked:
    return replace(asked, headers={**asked.headers, "Origin": "https://evil.test"})


def other_project(asked: Asked, world: World) -> Asked:
    return replace(asked, project="other")


def bad_jwt(asked: Asked, world: World) -> Asked:
    return replace(asked, headers={**asked.headers, "X-Appwrite-JWT": "a.b.c"})


def no_session(asked: Asked, world: World) -> Asked:
    return replace(asked, session="")


def key_instead_of_session(asked: Asked, world: World) -> Asked:
    return replace(asked, key="local-api-key")


def blocked(asked: Asked, world: World) -> Asked:
    world.tables.change(keys.user(world.person.id), blocked=True)
    return asked


def outdated(asked: Asked, world: World) -> Asked:
    switch_project(world.tables, world.clock, password_rotation=True)
    world.tables.change(keys.user(world.person.id), password_updated=1)
    return asked


def half_session(asked: Asked, world: World) -> Asked:
    return replace(asked, session=world.person.sign_in())


def used_up(asked: Asked, world: World) -> Asked:
    """The limit is reached by requests that have no other mistake but their parameters, or wrong passwords."""
    if asked.path == "/account/sessions/email":
        end = (int(world.clock()) // 3600 + 1) * 3600
        world.tables.change(keys.limit(f"wrong-passwords|email:{world.person.email}", end), used=100)
        return asked
    for _ in range(10):
        world.person.call(asked.method, asked.path, {**(asked.body or {}), "url": ""})
    return asked


def method_off(asked: Asked, world: World) -> Asked:
    switch_project(world.tables, world.clock, methods={"email-password": False})
    return asked


def no_recent_challenge(asked: Asked, world: World) -> Asked:
    world.clock.advance(minutes=6)
    return asked


def signed_in(asked: Asked, world: World) -> Asked:
    return replace(asked, session=world.person.session)


def no_parameters(asked: Asked, world: World) -> Asked:
    return replace(asked, body=None)


ANSWERS: dict[Mistake, tuple[int, str]] = {
    foreign_origin: (403, "general_unknown_origin"),
    other_project: (404, "project_not_found"),
    bad_jwt: (401, "user_jwt_invalid"),
    no_session: (401, "general_unauthorized_scope"),
    key_instead_of_session: (401, "general_unauthorized_scope"),
    blocked: (403, "user_blocked"),
    outdated: (412, "user_password_reset_required"),
    half_session: (401, "user_more_factors_required"),
    used_up: (429, "general_rate_limit_exceeded"),
    method_off: (501, "user_auth_method_unsupported"),
    no_recent_challenge: (401, "user_challenge_required"),
    signed_in: (401, "user_session_already_exists"),
    no_parameters: (400, "general_argument_invalid"),
}

CHANGE_PHONE: list[Mistake] = [
    foreign_origin,
    other_project,
    bad_jwt,
    key_instead_of_session,
    blocked,
    outdated,
    half_session,
    no_recent_challenge,
    no_parameters,
]
SEND_LINK: list[Mistake] = [
    foreign_origin,
    other_project,
    bad_jwt,
    key_instead_of_session,
    blocked,
    outdated,
    half_session,
    used_up,
    no_parameters,
]
SIGN_IN: list[Mistake] = [foreign_origin, other_project, bad_jwt, used_up, method_off, signed_in, no_parameters]


def requests(person: Person) -> dict[str, Asked]:
    session, password = person.session, person.password
    phone = {"phone": "+4915112345678", "password": password}
    return {
        "change phone": Asked("PATCH", "/account/phone", phone, session),
        "send link": Asked("POST", "/account/verifications/email", {"url": RETURN_URL}, session),
        "sign in": Asked("POST", "/account/sessions/email", {"email": person.email, "password": password}),
    }


def neighbours() -> list[Any]:
    orders = {"change phone": CHANGE_PHONE, "send link": SEND_LINK, "sign in": SIGN_IN}
    return [
        pytest.param(name, earlier, later, id=f"{name}: {earlier.__name__} before {later.__name__}")
        for name, order in orders.items()
        for earlier, later in pairwise([*order, order[-1]])
    ]


@pytest.fixture
def world(people: People, tables: Tables, clock: Clock) -> World:
    """Somebody with MFA in force who has just passed a challenge."""
    person = people.new(mfa=True)
    person.pass_challenge()
    return World(person, tables, clock)


@pytest.mark.parametrize(("name", "earlier", "later"), neighbours())
def test_the_earlier_check_answers(world: World, name: str, earlier: Mistake, later: Mistake) -> None:
    asked = requests(world.person)[name]

    for mistake in {later: None, earlier: None}:
        asked = mistake(asked, world)

    assert_refused(asked.send(world.person), *ANSWERS[earlier])


@pytest.mark.parametrize("name", ["change phone", "send link", "sign in"])
def test_without_a_mistake_the_request_succeeds(world: World, name: str) -> None:
    assert requests(world.person)[name].send(world.person).status in (200, 201)


@pytest.mark.parametrize("name", ["change phone", "send link"])
def test_guest_with_bad_parameters_is_told_to_sign_in(world: World, name: str) -> None:
    asked = no_parameters(no_session(requests(world.person)[name], world), world)

    assert_refused(asked.send(world.person), *ANSWERS[no_session])


def test_refusal_before_the_limit_is_not_counted(world: World) -> None:
    asked = requests(world.person)["sign in"]
    for _ in range(11):
        assert_refused(foreign_origin(asked, world).send(world.person), *ANSWERS[foreign_origin])

    assert asked.send(world.person).status == 201


@pytest.mark.parametrize("mistake", SEND_LINK, ids=lambda mistake: mistake.__name__)
def test_refused_request_changes_nothing_but_counters(world: World, mistake: Mistake) -> None:
    """Not even the date of the last visit, which is due after a day."""
    world.clock.advance(days=1.1)
    asked = mistake(requests(world.person)["send link"], world)
    before = {**world.tables.everything(), "limits": []}

    assert asked.send(world.person).status >= 400

    assert {**world.tables.everything(), "limits": []} == before


def test_visit_is_noted_with_what_passes_the_checks(world: World) -> None:
    user = keys.user(world.person.id)
    before = world.tables.item(user)["accessed"]
    world.clock.advance(days=1.1)

    assert requests(world.person)["send link"].send(world.person).status == 201

    assert world.tables.item(user)["accessed"] - before > 1.1 * 86_400_000
