"""MFA with passkeys locks nobody out: whoever may switch it on, or keeps it, can get in again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from chalicelib.runtime import container, settings
from tests.support.api import Api, TeamApi, assert_refused, session_value
from tests.support.person import People, Person
from tests.support.tables import Tables, switch_project

TOKENS = "/account/tokens/passkey"


@pytest.fixture(autouse=True)
def _without_limits(_with_passkeys: None) -> Iterator[None]:
    with container.override("config", replace(settings.config(), rate_limits=False)):
        yield


def sign_in_by_passkey(person: Person) -> bool:
    begun = person.api.post(TOKENS)
    if begun.status != 201 or not person.authenticator.passkeys:
        return False
    credential = person.authenticator.get(begun.json["publicKey"])
    answer = person.api.put(TOKENS, {"challengeId": begun.json["$id"], "credential": credential})
    if answer.status == 201:
        proof = {"userId": answer.json["userId"], "secret": answer.json["secret"]}
        person.session = session_value(person.api.post("/account/sessions/token", proof))
    return answer.status == 201


def gets_in(person: Person) -> bool:
    """Whether there is any way for a person who is signed out and has no recovery codes."""
    if sign_in_by_passkey(person):
        return person.get("/account").status == 200
    if not person.password:
        return False
    person.sign_in()
    there = [name for name, has in person.get("/account/mfa/factors").json.items() if has]
    for factor in there:
        person.pass_challenge(factor)
        return person.get("/account").status == 200
    return person.get("/account").status == 200


def somebody(people: People, api: Api, password: bool, totp: bool) -> Person:
    """With a passkey, signed in."""
    person = people.new()
    if not password:
        begun = api.post("/account/sessions/anonymous")
        person = Person(api, person.inbox, person.clock, begun.json["userId"], "", "", session=session_value(begun))
    if totp:
        person.enrol_authenticator()
    person.enrol_passkey()
    return person


@pytest.mark.parametrize("password", [True, False], ids=["password", "no password"])
@pytest.mark.parametrize("totp", [True, False], ids=["authenticator", "no authenticator"])
@pytest.mark.parametrize("method", [True, False], ids=["method", "no method"])
@pytest.mark.parametrize("factor", [True, False], ids=["factor", "no factor"])
def test_mfa_is_switched_on_for_whoever_gets_in_again_and_goes_off_with_what_it_rested_on(
    people: People, api: Api, team: TeamApi, tables: Tables, password: bool, totp: bool, method: bool, factor: bool
) -> None:
    person = somebody(people, api, password, totp)
    switch_project(tables, person.clock, methods={"passkey": method}, factors={"passkey": factor})

    switched = person.switch_mfa(True)

    if password and not (totp or method or factor):
        assert_refused(switched, 409, "user_mfa_factor_missing")
        return
    assert switched.status == 200
    if password or method:  # who has no way that the project allows is signed in by the team
        assert gets_in(person)
    [passkey] = team.get(f"/users/{person.id}/passkeys").json["passkeys"]
    assert team.delete(f"/users/{person.id}/passkeys/{passkey['$id']}").status == 204
    person.authenticator.passkeys.clear()
    left = team.get(f"/users/{person.id}").json["mfa"]
    assert left is totp
    if password:
        assert gets_in(person)
