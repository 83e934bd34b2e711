"""POST /account/sessions/email: a password begins a session, and what a wrong one is told."""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime
from typing import Any

import pytest

from chalicelib.sessions import secret
from chalicelib.storage import keys
from tests.support.api import assert_refused, session_value
from tests.support.clock import Clock
from tests.support.person import People, Person
from tests.support.sign_in import sign_in_anew
from tests.support.tables import Tables

PATHS = ["/account/sessions/email", "/account/sessions"]


# Success


@pytest.mark.parametrize("path", PATHS)
def test_right_password_begins_a_session(people: People, clock: Clock, path: str) -> None:
    person = people.new(signed_in=False)

    answer = sign_in_anew(person, path)

    assert answer.status == 201
    session = answer.json
    created = datetime.fromisoformat(session["$createdAt"]).timestamp()
    assert 0 < clock() - created < 1
    assert datetime.fromisoformat(session["expire"]).timestamp() - created == pytest.approx(30 * 86_400, abs=1)
    assert session == {
        "$id": session["$id"],
        "$createdAt": session["$createdAt"],
        "$updatedAt": session["$createdAt"],
        "userId": person.id,
        "expire": session["expire"],
        "provider": "email",
        "providerUid": person.email,
        "providerAccessToken": "",
        "providerAccessTokenExpiry": "",
        "providerRefreshToken": "",
        "ip": "127.0.0.1",
        **dict.fromkeys(("osCode", "osName", "osVersion", "clientType", "clientCode", "clientName"), ""),
        **dict.fromkeys(("clientVersion", "clientEngine", "clientEngineVersion"), ""),
        "deviceName": session["deviceName"],
        "deviceBrand": "",
        "deviceModel": "",
        "countryCode": "--",
        "countryName": "Unknown",
        "current": True,
        "factors": ["password"],
        "secret": "",
        "mfaUpdatedAt": "",
    }
    person.session = session_value(answer)
    assert person.get("/account/sessions/current").json == session


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("seconds", [60, 3600, 30 * 86_400])
def test_session_lasts_as_long_as_it_is_asked_to(
    people: People, tables: Tables, clock: Clock, path: str, seconds: int
) -> None:
    person = people.new(signed_in=False)

    answer = sign_in_anew(person, path, duration=seconds)

    expire = datetime.fromisoformat(answer.json["expire"])
    assert expire.timestamp() - datetime.fromisoformat(answer.json["$createdAt"]).timestamp() == seconds
    (item,) = tables.items("sessions")
    assert item["ttl"] == item["expire"] // 1000 == int(expire.timestamp())
    cookies = [each for each in answer.all("Set-Cookie") if each.startswith("a_session_demo")]
    assert len(cookies) == 2
    for each in cookies:
        assert f"; Expires={format_datetime(expire.replace(microsecond=0), usegmt=True)};" in each
    person.session = session_value(answer)
    clock.advance(seconds=seconds - 1)
    assert person.get("/account").status == 200
    clock.advance(seconds=1)
    assert_refused(person.get("/account"), 401, "general_unauthorized_scope")


def test_short_session_is_extended_by_its_own_length(people: People, clock: Clock) -> None:
    person = people.new(signed_in=False)
    person.session = session_value(sign_in_anew(person, duration=600))
    clock.advance(minutes=9)

    extended = person.patch("/account/sessions/current").json

    assert datetime.fromisoformat(extended["expire"]).timestamp() == pytest.approx(clock() + 600, abs=1)


@pytest.mark.parametrize("seconds", [59, 0, -1, 30 * 86_400 + 1, 10**20, 60.5, "60", True, [], {}])
def test_length_that_cannot_be_is_refused(people: People, tables: Tables, seconds: Any) -> None:
    person = people.new(signed_in=False)
    before = tables.everything()

    assert_refused(sign_in_anew(person, duration=seconds), 400, "general_argument_invalid")
    assert tables.everything() == before


def test_address_may_be_spelled_otherwise(person: Person) -> None:
    assert sign_in_anew(person, email=f"  {person.email.upper()} ").json["providerUid"] == person.email


def test_api_key_sees_the_secret_and_it_opens_the_session(person: Person) -> None:
    answer = sign_in_anew(person, key="local-api-key")

    assert answer.json["secret"] == session_value(answer)
    person.session = answer.json["secret"]
    assert person.get("/account/sessions/current").json["secret"] == ""


def test_value_holds_user_session_and_256_secret_bits(person: Person) -> None:
    answer = sign_in_anew(person)

    held = secret.decode(session_value(answer))

    assert held is not None
    assert (held.user_id, held.session_id) == (person.id, answer.json["$id"])
    assert len(held.secret) == 20 + 256 // 4


def test_every_sign_in_has_a_value_of_its_own_whatever_the_client_came_with(person: Person) -> None:
    used = person.session
    assert person.delete("/account/sessions/current").status == 204
    cookie = {"Cookie": f"a_session_demo={used}; a_session_demo_legacy={used}"}

    values = {session_value(sign_in_anew(person, session=used, headers=cookie)) for _ in range(3)}

    assert len({secret.decode(value).secret[20:] for value in values}) == 3  # type: ignore[union-attr]
    assert used not in values
    assert_refused(person.get("/account", session=used), 401, "general_unauthorized_scope")


# Refusals


def test_unknown_address_wrong_password_and_no_password_look_the_same(people: People, tables: Tables) -> None:
    person, bare, blocked = people.new(), people.new(), people.new()
    tables.remove(keys.user(bare.id), "password")
    tables.change(keys.user(blocked.id), blocked=True)

    answers = [
        sign_in_anew(person, email="nobody@example.test"),
        sign_in_anew(person, password="wrong password"),
        sign_in_anew(person, email=bare.email),
        sign_in_anew(blocked, password="wrong password"),
    ]

    assert_refused(answers[0], 401, "user_invalid_credentials")
    assert len({answer.text for answer in answers}) == 1
    told = [[name for name, _ in answer.headers] for answer in answers]
    assert all(names == told[0] for names in told)


def test_blocked_user_is_told_so_with_the_right_password_only(person: Person, tables: Tables) -> None:
    tables.change(keys.user(person.id), blocked=True)
    before = len(tables.items("sessions"))

    assert_refused(sign_in_anew(person, password="wrong password"), 401, "user_invalid_credentials")
    assert_refused(sign_in_anew(person), 403, "user_blocked")

    assert len(tables.items("sessions")) == before


@pytest.mark.parametrize(
    ("mfa", "refusal"), [(False, "user_session_already_exists"), (True, "user_more_factors_required")]
)
def test_active_session_half_or_complete_must_end_first(people: People, mfa: bool, refusal: str) -> None:
    person = people.new(mfa=mfa, signed_in=False)
    person.sign_in()

    assert_refused(sign_in_anew(person, session=person.session), 401, refusal)


def test_expired_session_is_not_in_the_way(person: Person, clock: Clock) -> None:
    clock.advance(days=30)

    assert sign_in_anew(person, session=person.session).status == 201


def test_switched_off_method_is_for_api_keys_only(person: Person, tables: Tables, clock: Clock) -> None:
    tables.change(keys.PROJECT, methods={"email-password": False})
    clock.advance(seconds=6)

    assert_refused(sign_in_anew(person), 501, "user_auth_method_unsupported")
    assert sign_in_anew(person, key="local-api-key").status == 201


def test_wrong_passwords_share_one_budget_over_paths_and_spellings(person: Person) -> None:
    for number in range(10):
        spelling = person.email.upper() if number % 3 else f" {person.email} "
        answer = sign_in_anew(person, PATHS[number % 2], email=spelling, password="wrong password")
        assert_refused(answer, 401, "user_invalid_credentials")

    assert_refused(sign_in_anew(person), 429, "general_rate_limit_exceeded")


def test_budget_is_full_again_after_a_sign_in(person: Person) -> None:
    for _ in range(2):
        for _ in range(9):
            sign_in_anew(person, password="wrong password")
        assert sign_in_anew(person).status == 201
