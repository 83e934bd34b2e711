"""Recovery codes: made once, shown once, seen masked, replaced. As answers: test_challenge_codes.py."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from chalicelib.runtime import container, settings
from tests.support.api import assert_refused
from tests.support.person import People, Person
from tests.support.tables import Tables

PATH = "/account/mfa/recovery-codes"
CODE = re.compile(r"([0-9a-hjkmnp-tv-z]{4}-){3}[0-9a-hjkmnp-tv-z]{4}", re.ASCII)


@pytest.fixture
def recent(people: People) -> Person:
    """Somebody with codes and an authenticator who has just passed a challenge."""
    person = people.new(authenticator=True, recovery_codes=True)
    person.pass_challenge("totp")
    return person


def masked(code: str) -> str:
    return f"{code[:3]}•-••••-••••-••••"


def spend(person: Person, code: str) -> int:
    return person.answer(person.challenge("recoveryCode"), code).status


def test_ten_codes_come_in_four_groups_of_four(person: Person) -> None:
    answer = person.post(PATH)

    codes = answer.json["recoveryCodes"]
    assert (answer.status, set(answer.json)) == (201, {"recoveryCodes"})
    assert [code for code in codes if not CODE.fullmatch(code)] == []
    assert len({code[:3] for code in codes}) == len(codes) == 10


def test_how_many_is_a_setting(person: Person) -> None:
    with container.override("config", replace(settings.config(), recovery_codes=3)):
        assert len(person.post(PATH).json["recoveryCodes"]) == 3


def test_codes_are_stored_hashed_and_no_part_but_the_selector_is_clear(person: Person, tables: Tables) -> None:
    person.create_recovery_codes()

    kept = repr(tables.everything())
    assert all(item["hash"].startswith("$argon2id$") for item in tables.items("recovery-codes"))
    assert [code for code in person.recovery_codes if code[5:] in kept or code.replace("-", "")[3:] in kept] == []


def test_second_set_is_refused_and_the_first_stays(person: Person) -> None:
    person.create_recovery_codes()

    answer = person.post(PATH)

    assert_refused(answer, 409, "user_recovery_codes_already_exists")
    assert "-" not in answer.json["message"]
    assert spend(person, person.recovery_codes[0]) == 200


def test_list_shows_the_unspent_codes_masked(recent: Person) -> None:
    spent, *unspent = recent.recovery_codes
    assert spend(recent, spent) == 200

    answer = recent.get(PATH)

    assert answer.status == 200
    assert sorted(answer.json["recoveryCodes"]) == sorted(masked(code) for code in unspent)


def test_regenerated_codes_replace_the_old_ones(recent: Person) -> None:
    old = recent.recovery_codes

    answer = recent.patch(PATH)

    fresh = answer.json["recoveryCodes"]
    assert (answer.status, len(fresh)) == (200, 10)
    assert set(fresh).isdisjoint(old)
    assert [spend(recent, code) for code in (old[0], old[9], fresh[0])] == [401, 401, 200]


def test_nothing_of_the_old_codes_is_kept(recent: Person, tables: Tables) -> None:
    assert spend(recent, recent.recovery_codes[0]) == 200

    fresh = recent.patch(PATH).json["recoveryCodes"]

    assert {item["selector"] for item in tables.items("recovery-codes")} == {code[:3] for code in fresh}


def test_used_up_set_counts_as_none(recent: Person) -> None:
    for code in recent.recovery_codes:
        assert spend(recent, code) == 200

    assert_refused(recent.get(PATH), 404, "user_recovery_codes_not_found")
    assert_refused(recent.patch(PATH), 404, "user_recovery_codes_not_found")
    assert recent.get("/account/mfa/factors").json["recoveryCode"] is False
    assert recent.post(PATH).status == 201
    assert spend(recent, recent.recovery_codes[0]) == 401


@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_without_codes_there_is_nothing_to_list_or_replace(people: People, method: str) -> None:
    person = people.new(email_verified=True)
    person.pass_challenge("email")

    assert_refused(person.call(method, PATH), 404, "user_recovery_codes_not_found")


@pytest.mark.parametrize("method", ["GET", "PATCH"])
@pytest.mark.parametrize("codes", [False, True])
def test_stale_session_learns_nothing(people: People, method: str, codes: bool) -> None:
    person = people.new(recovery_codes=codes)

    assert_refused(person.call(method, PATH), 401, "user_challenge_required")


def test_first_codes_need_a_recent_challenge_once_mfa_is_in_force(people: People) -> None:
    person = people.new(mfa=True)
    assert_refused(person.post(PATH), 401, "user_challenge_required")

    person.pass_challenge("totp")

    assert person.post(PATH).status == 201


def test_recovery_code_challenge_is_recent_enough(people: People) -> None:
    person = people.new(recovery_codes=True)
    person.pass_challenge("recoveryCode")

    assert person.get(PATH).status == 200
