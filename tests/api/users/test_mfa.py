"""/users/{userId}/mfa with the API key: factors, recovery codes, authenticators, challenges."""

from __future__ import annotations

import re

import pytest

from chalicelib.factors.registry import FACTORS
from tests.support.api import Answer, TeamApi, assert_refused
from tests.support.person import People, Person
from tests.support.tables import Tables, custom_code, switch_project

# Switch and factors


def test_team_switches_mfa_on_and_off(team: TeamApi, people: People) -> None:
    person = people.new(authenticator=True, signed_in=False)
    person.sign_in()

    answer = team.patch(f"/users/{person.id}/mfa", {"mfa": True})

    assert (answer.status, answer.json["mfa"]) == (200, True)
    assert "password" in answer.json
    assert_refused(person.get("/account"), 401, "general_unauthorized_scope")
    person.sign_in()
    assert_refused(person.get("/account"), 401, "user_more_factors_required")
    assert team.patch(f"/users/{person.id}/mfa", {"mfa": False}).json["mfa"] is False
    person.sign_in()
    assert person.get("/account").json["mfa"] is False


def test_factors_are_those_that_the_user_sees(team: TeamApi, people: People) -> None:
    for person in (
        people.new(),
        people.new(email_verified=True, recovery_codes=True),
        people.new(phone_verified=True, authenticator=True),
    ):
        answer = team.get(f"/users/{person.id}/mfa/factors")

        assert answer.status == 200
        assert answer.json == person.get("/account/mfa/factors").json
        assert list(answer.json) == [factor.name for factor in FACTORS]
        assert answer.json["recoveryCode"] is bool(person.recovery_codes)
        assert answer.json["totp"] is bool(person.totp)


# Recovery codes


def codes(answer: Answer) -> list[str]:
    assert answer.status == 200, answer.text
    found: list[str] = answer.json["recoveryCodes"]
    return found


def accepts(person: Person, code: str) -> bool:
    status = person.answer(person.challenge("recoveryCode"), code).status
    assert status in (200, 401)
    return status == 200


def test_team_makes_codes_that_the_user_can_spend(team: TeamApi, person: Person) -> None:
    made = codes(team.call("PATCH", f"/users/{person.id}/mfa/recovery-codes"))

    assert len(set(made)) == 10
    assert all(re.fullmatch("([0-9a-z]{4}-){3}[0-9a-z]{4}", code) for code in made)
    assert accepts(person, made[0])
    assert not accepts(person, made[0])


def test_codes_are_made_only_while_there_are_none(team: TeamApi, people: People) -> None:
    person = people.new(recovery_codes=True)

    answer = team.patch(f"/users/{person.id}/mfa/recovery-codes")

    assert_refused(answer, 409, "user_recovery_codes_already_exists")
    assert accepts(person, person.recovery_codes[0])


def test_team_sees_no_more_of_the_codes_than_the_user(team: TeamApi, people: People) -> None:
    person = people.new(recovery_codes=True)

    masked = codes(team.get(f"/users/{person.id}/mfa/recovery-codes"))

    assert masked == sorted(f"{code[:3]}•-••••-••••-••••" for code in person.recovery_codes)


def test_team_replaces_the_codes(team: TeamApi, people: People) -> None:
    person = people.new(recovery_codes=True)

    fresh = codes(team.put(f"/users/{person.id}/mfa/recovery-codes"))

    assert not set(fresh) & set(person.recovery_codes)
    assert not accepts(person, person.recovery_codes[0])
    assert accepts(person, fresh[0])


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_user_without_codes_has_none_to_see_or_replace(team: TeamApi, person: Person, method: str) -> None:
    answer = team.call(method, f"/users/{person.id}/mfa/recovery-codes")

    assert_refused(answer, 404, "user_recovery_codes_not_found")


# Authenticator


@pytest.mark.parametrize("confirmed", [True, False])
@pytest.mark.parametrize("type_", ["totp", "TOTP"])
def test_team_removes_an_authenticator(team: TeamApi, people: People, confirmed: bool, type_: str) -> None:
    person = people.new(authenticator=confirmed)
    if not confirmed:
        person.begin_authenticator()
    path = f"/users/{person.id}/mfa/authenticators"

    answer = team.delete(f"{path}/{type_}")

    assert (answer.status, answer.content) == (204, b"")
    assert team.get(f"/users/{person.id}/mfa/factors").json["totp"] is False
    assert_refused(team.delete(f"{path}/totp"), 404, "user_authenticator_not_found")


def test_all_sessions_end_with_the_factor(team: TeamApi, people: People) -> None:
    person, other = people.new(mfa=True), people.new()
    half = person.sign_in()

    team.delete(f"/users/{person.id}/mfa/authenticators/totp")

    assert_refused(person.get("/account", session=half), 401, "general_unauthorized_scope")
    assert team.get(f"/users/{person.id}/sessions").json["total"] == 0
    assert other.get("/account").status == 200


def test_sessions_stay_where_the_project_wants_it(team: TeamApi, people: People) -> None:
    person = people.new(authenticator=True)
    team.patch("/project/policies/session-invalidation", {"enabled": False})

    team.delete(f"/users/{person.id}/mfa/authenticators/totp")

    assert person.get("/account").status == 200


@pytest.mark.parametrize("type_", ["email", "t", "totp%00", "totp%20"])
def test_other_type_is_refused(team: TeamApi, people: People, type_: str) -> None:
    person = people.new(authenticator=True)

    answer = team.delete(f"/users/{person.id}/mfa/authenticators/{type_}")

    assert_refused(answer, 400, "general_argument_invalid")
    assert team.get(f"/users/{person.id}/mfa/factors").json["totp"] is True


# The challenge whose code the team delivers


@pytest.fixture
def asked(person: Person, team: TeamApi) -> Person:
    """Somebody who may be asked for the custom factor."""
    team.patch("/project/policies/mfa-factors", {"custom": True})
    return person


def read(team: TeamApi, person: Person, challenge_id: str) -> Answer:
    return team.get(f"/users/{person.id}/mfa/challenges/{challenge_id}")


def test_team_reads_the_code_that_the_user_then_answers_with(team: TeamApi, asked: Person) -> None:
    begun = asked.post("/account/mfa/challenges", {"factor": "custom"})

    answer = read(team, asked, begun.json["$id"])

    assert answer.status == 200
    assert answer.json == {**begun.json, "code": answer.json["code"]}
    assert re.fullmatch("[0-9]{6}", answer.json["code"], re.ASCII)
    assert "code" not in begun.json
    assert asked.answer(begun.json["$id"], answer.json["code"]).status == 200
    assert_refused(read(team, asked, begun.json["$id"]), 401, "user_invalid_token")


def test_code_of_another_user_is_not_shown(team: TeamApi, asked: Person, people: People) -> None:
    challenge_id = asked.challenge("custom")

    assert_refused(read(team, people.new(), challenge_id), 401, "user_invalid_token")


def test_expired_code_is_not_shown_even_where_the_item_stays(team: TeamApi, asked: Person, tables: Tables) -> None:
    challenge_id = asked.challenge("custom")
    asked.clock.advance(minutes=10)

    assert_refused(read(team, asked, challenge_id), 401, "user_invalid_token")
    assert len(tables.items("challenges")) == 1


@pytest.mark.parametrize("factor", ["email", "phone", "totp", "recoveryCode"])
def test_code_of_another_factor_is_not_shown(team: TeamApi, people: People, factor: str) -> None:
    person = people.new(email_verified=True, phone_verified=True, authenticator=True, recovery_codes=True)
    person.clock.advance(seconds=60)

    answer = read(team, person, person.challenge(factor))

    assert_refused(answer, 401, "user_invalid_token")


@pytest.mark.parametrize("challenge_id", ["nothing", "a" * 256, "%23", "%F0%9F%A6%84"])
def test_unknown_challenge_is_an_invalid_token(team: TeamApi, person: Person, challenge_id: str) -> None:
    assert_refused(read(team, person, challenge_id), 401, "user_invalid_token")


def test_longer_id_is_refused(team: TeamApi, person: Person) -> None:
    assert_refused(read(team, person, "a" * 257), 400, "general_argument_invalid")


def test_code_shown_is_the_one_that_is_kept(team: TeamApi, asked: Person, tables: Tables) -> None:
    challenge_id = asked.challenge("custom")

    assert read(team, asked, challenge_id).json["code"] == custom_code(tables, challenge_id)


def test_factor_that_was_switched_off_since_answers_nothing(team: TeamApi, asked: Person, tables: Tables) -> None:
    challenge_id = asked.challenge("custom")
    code = read(team, asked, challenge_id).json["code"]
    switch_project(tables, asked.clock, factors={"custom": False})

    assert_refused(asked.answer(challenge_id, code), 501, "user_auth_method_unsupported")


def test_half_session_does_not_become_complete_when_the_team_switches_mfa_off(team: TeamApi, people: People) -> None:
    person = people.new(mfa=True)
    half = person.sign_in()

    assert team.patch(f"/users/{person.id}/mfa", {"mfa": False}).status == 200

    assert_refused(person.get("/account", session=half), 401, "general_unauthorized_scope")
