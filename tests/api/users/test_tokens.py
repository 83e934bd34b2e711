"""POST /users/{userId}/tokens: what the team hands out signs its user in, once."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from chalicelib.storage import keys
from tests.conftest import Jobs
from tests.support.api import Answer, Api, TeamApi, assert_refused, at_once, outcomes, session_value
from tests.support.clock import Clock
from tests.support.faults import meanwhile
from tests.support.person import NUMBER, PASSWORD, RETURN_URL, People, Person
from tests.support.refusals import BLOCKED, LIMITED, MORE, NO_USER, TOKEN
from tests.support.sign_in import BY_LINK, BY_PHONE, BY_TOKEN, ask_for_code, sign_in_by_mail, try_code
from tests.support.tables import Tables

End = Callable[[TeamApi, Person, Jobs], None]


@pytest.fixture
def ada(people: People) -> Person:
    return people.new(signed_in=False)


def make(team: TeamApi, user_id: str, **given: int) -> Answer:
    return team.post(f"/users/{user_id}/tokens", given)


def secret_of(team: TeamApi, user_id: str, **given: int) -> str:
    answer = make(team, user_id, **given)
    assert answer.status == 201, answer.text
    value = answer.json["secret"]
    assert isinstance(value, str)
    return value


def block(team: TeamApi, person: Person) -> None:
    assert team.patch(f"/users/{person.id}/status", {"status": False}).status == 200


def delete_and_make_anew(team: TeamApi, person: Person) -> None:
    assert team.delete(f"/users/{person.id}").status == 204
    assert team.post("/users", {"userId": person.id}).status == 201


def other(secret: str) -> str:
    """One that is wrong."""
    return secret[:-1] + ("1" if secret[-1] != "1" else "2")


def test_token_is_six_hex_characters_for_a_quarter_of_an_hour(team: TeamApi, ada: Person, clock: Clock) -> None:
    answer = make(team, ada.id)

    assert (answer.status, answer.json["userId"], answer.json["phrase"]) == (201, ada.id, "")
    assert re.fullmatch("[0-9a-f]{6}", answer.json["secret"])
    clock.advance(minutes=15)
    assert_refused(try_code(ada.api, answer.json["secret"], ada.id), *TOKEN)


@pytest.mark.parametrize("endpoint", [BY_TOKEN, BY_LINK, BY_PHONE])
@pytest.mark.parametrize("length", [4, 5, 31, 32, 128])
def test_token_signs_its_user_in_once(team: TeamApi, ada: Person, endpoint: tuple[str, str], length: int) -> None:
    secret = secret_of(team, ada.id, length=length)
    assert re.fullmatch(f"[0-9a-f]{{{length}}}", secret)

    answer = try_code(ada.api, secret, ada.id, endpoint)

    assert (answer.json["userId"], answer.json["provider"], answer.json["factors"]) == (ada.id, "token", ["token"])
    assert len(answer.all("Set-Cookie")) == 2
    ada.session = session_value(answer)
    account = ada.get("/account").json
    assert (account["$id"], account["emailVerification"]) == (ada.id, False), "it proves no address"
    assert_refused(try_code(ada.api, secret, ada.id, endpoint), *TOKEN)


@pytest.mark.parametrize("length", [6, 64])
def test_newest_alone_is_good(team: TeamApi, ada: Person, length: int) -> None:
    before, newest = (secret_of(team, ada.id, length=length) for _ in range(2))

    assert_refused(try_code(ada.api, before, ada.id), *TOKEN)
    assert try_code(ada.api, newest, ada.id).status == 201


@pytest.mark.parametrize(("seconds", "status"), [(31_535_999, 201), (31_536_000, 401)])
def test_token_may_live_a_year(team: TeamApi, ada: Person, clock: Clock, seconds: int, status: int) -> None:
    secret = secret_of(team, ada.id, expire=31_536_000)
    clock.advance(seconds=seconds)

    assert try_code(ada.api, secret, ada.id).status == status


def test_bad_values_and_users_make_nothing(team: TeamApi, ada: Person, tables: Tables) -> None:
    for name, value in (("length", 3), ("length", 129), ("expire", 59), ("expire", 31_536_001)):
        assert_refused(make(team, ada.id, **{name: value}), 400, "general_argument_invalid")
    assert_refused(make(team, "nobody"), *NO_USER)
    team.patch(f"/users/{ada.id}/status", {"status": False})
    assert_refused(make(team, ada.id), *BLOCKED)

    assert tables.items("challenges") == []


@pytest.mark.parametrize("length", [6, 64])
def test_secret_is_kept_as_a_hash_and_logged_without(team: TeamApi, ada: Person, tables: Tables, length: int) -> None:
    secret = secret_of(team, ada.id, length=length)
    (kept,) = tables.items("challenges")

    assert secret not in repr(kept)
    assert len(kept["digest"]) == (33 if length == 6 else 32), "with a key, where it could be guessed"
    newest = team.get(f"/users/{ada.id}/logs").json["logs"][0]
    assert (newest["event"], newest["mode"]) == ("token.create", "admin")


def test_blocked_user_does_not_sign_in_and_a_token_of_before_is_void(team: TeamApi, ada: Person) -> None:
    secret = secret_of(team, ada.id)
    team.patch(f"/users/{ada.id}/status", {"status": False})
    assert_refused(try_code(ada.api, secret, ada.id), *BLOCKED)
    team.patch(f"/users/{ada.id}/status", {"status": True})

    assert_refused(try_code(ada.api, secret, ada.id), *TOKEN)


def begin_anew(team: TeamApi, person: Person, run_jobs: Jobs) -> None:
    team.delete(f"/users/{person.id}/sessions")


def change_password(team: TeamApi, person: Person, run_jobs: Jobs) -> None:
    person.patch("/account/password", {"password": "another password", "oldPassword": PASSWORD})


def sign_in_by_the_mailbox(team: TeamApi, person: Person, run_jobs: Jobs) -> None:
    """Which its account, that a stranger may have made, has not proven."""
    team.patch("/project/policies/session-invalidation", {"enabled": False})
    assert sign_in_by_mail(person, "email-otp").json["userId"] == person.id


def reset_by_the_mailbox(team: TeamApi, person: Person, run_jobs: Jobs) -> None:
    team.patch("/project/policies/session-invalidation", {"enabled": False})
    person.api.post("/account/recovery", {"email": person.email, "url": RETURN_URL})
    run_jobs()
    reset = {"userId": person.id, "secret": person.mailed_secret(), "password": "another password"}
    assert person.api.put("/account/recovery", reset).status == 200


@pytest.mark.parametrize("end", [begin_anew, change_password, sign_in_by_the_mailbox, reset_by_the_mailbox])
@pytest.mark.parametrize("length", [6, 64])
def test_token_ends_when_all_sessions_do(team: TeamApi, people: People, run_jobs: Jobs, end: End, length: int) -> None:
    person = people.new()
    secret = secret_of(team, person.id, length=length)

    end(team, person, run_jobs)

    assert_refused(try_code(person.api, secret, person.id), *TOKEN)
    assert try_code(person.api, secret_of(team, person.id), person.id).status == 201


def give_a_password(team: TeamApi, person: Person, run_jobs: Jobs) -> None:
    assert team.patch(f"/users/{person.id}/password", {"password": "another password"}).status == 200


@pytest.mark.parametrize("change", [change_password, give_a_password, reset_by_the_mailbox])
@pytest.mark.parametrize("length", [6, 64])
def test_token_is_void_with_the_password_also_where_sessions_live_on(
    team: TeamApi, people: People, run_jobs: Jobs, change: End, length: int
) -> None:
    """It may live a year; a stranger who has it is one of those whom the new password is to keep out."""
    person = people.new(email_verified=True)
    team.patch("/project/policies/session-invalidation", {"enabled": False})
    secret = secret_of(team, person.id, length=length)
    person.clock.advance(seconds=1)

    change(team, person, run_jobs)

    assert person.get("/account").status == 200
    assert_refused(try_code(person.api, secret, person.id), *TOKEN)
    assert try_code(person.api, secret_of(team, person.id), person.id).status == 201


def test_token_outlives_one_session(team: TeamApi, people: People) -> None:
    person = people.new()
    secret = secret_of(team, person.id)
    assert person.delete("/account/sessions/current").status == 204

    assert try_code(person.api, secret, person.id).status == 201


def test_token_of_a_deleted_user_opens_nothing_even_when_the_id_is_anew(
    team: TeamApi, ada: Person, tables: Tables
) -> None:
    """Also when the log, which says where it is, has been over for long."""
    secret = secret_of(team, ada.id)
    assert_refused(try_code(ada.api, other(secret), ada.id), *TOKEN)
    for event in tables.items("events"):
        tables.delete(keys.event(event["user_id"], event["id"]))
    assert team.delete(f"/users/{ada.id}").status == 204
    assert_refused(try_code(ada.api, secret, ada.id), *TOKEN)
    assert [item for item in tables.items("limits") if "guesses" in item] == []
    assert team.post("/users", {"userId": ada.id}).status == 201

    assert_refused(try_code(ada.api, secret, ada.id), *TOKEN)


@pytest.mark.parametrize("gone", [block, delete_and_make_anew], ids=["blocked", "another"])
def test_no_token_is_made_of_a_user_who_is_gone_by_then(
    team: TeamApi, tables: Tables, ada: Person, gone: Callable[[TeamApi, Person], None]
) -> None:
    with meanwhile(lambda: gone(team, ada)):
        assert make(team, ada.id).status == 503

    assert tables.items("challenges") == []


def test_second_factor_is_still_asked_for(team: TeamApi, people: People) -> None:
    person = people.new(email_verified=True, authenticator=True, mfa=True)
    person.session = session_value(try_code(person.api, secret_of(team, person.id), person.id))

    assert_refused(person.get("/account"), *MORE)
    person.pass_challenge("totp")
    assert person.get("/account").status == 200


def test_stranger_neither_takes_nor_voids_it(team: TeamApi, api: Api, ada: Person) -> None:
    secret = secret_of(team, ada.id)

    chosen = ask_for_code(api, NUMBER, ada.id).json["userId"]

    assert chosen != ada.id
    assert try_code(api, secret, ada.id).json["userId"] == ada.id


def test_five_wrong_answers_end_a_short_one_and_none_a_long_one(team: TeamApi, ada: Person) -> None:
    for length, status in ((31, 401), (32, 201)):
        secret = secret_of(team, ada.id, length=length)
        for _ in range(5):
            assert_refused(try_code(team, other(secret), ada.id), *TOKEN)
        assert try_code(team, secret, ada.id).status == status


def test_ten_wrong_answers_an_hour_for_a_user(team: TeamApi, api: Api, ada: Person, clock: Clock) -> None:
    for number in range(10):
        if number % 4 == 0:
            secret = secret_of(team, ada.id)
        assert_refused(try_code(api.at(f"127.1.0.{number + 1}"), other(secret), ada.id), *TOKEN)

    for each in (secret, secret_of(team, ada.id)):
        refused = try_code(api.at("127.1.1.1"), each, ada.id)
        assert_refused(refused, *LIMITED)
    assert 0 < int(refused.header("Retry-After") or 0) <= 3600
    assert try_code(api.at("127.1.1.1"), secret_of(team, ada.id, length=32), ada.id).status == 201
    clock.advance(minutes=61)
    assert try_code(api.at("127.1.1.1"), secret_of(team, ada.id), ada.id).status == 201


@pytest.mark.race
def test_parallel_guesses_are_judged_no_more_often(team: TeamApi, api: Api, ada: Person) -> None:
    secret = secret_of(team, ada.id, length=4)

    answers = at_once(30, lambda number: try_code(api.at(f"127.4.0.{number + 1}"), other(secret), ada.id))

    told = outcomes(answers)
    assert set(told) <= {"user_invalid_token", "general_service_unavailable"}
    assert_refused(try_code(api, secret, ada.id), *TOKEN)
