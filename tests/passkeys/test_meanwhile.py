"""What comes between reading and writing: sessions that end, MFA that comes into force, deletion, another passkey."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.storage import keys
from tests.support.api import Answer, TeamApi, assert_refused
from tests.support.authenticator import Authenticator
from tests.support.faults import meanwhile
from tests.support.person import ORIGIN, People, Person
from tests.support.tables import Tables, switch_project
from tests.support.tokens import bearer

PATH = "/account/passkeys"
Step = Callable[[], Answer]


@pytest.fixture
def thief(people: People) -> Person:
    """Whoever has a session of the owner's, who has a passkey."""
    person = people.new()
    person.enrol_passkey(passkeyId="first")
    return person


def begins(person: Person) -> tuple[str, Step]:
    return "passkey_handle", lambda: person.post(PATH, {"passkeyId": "second"})


def finishes(person: Person) -> tuple[str, Step]:
    begun = person.begin_passkey(passkeyId="second")
    credential = Authenticator(ORIGIN).create(begun["publicKey"])
    return "public_key", lambda: person.put(f"{PATH}/second/verification", {"credential": credential})


def removes(person: Person) -> tuple[str, Step]:
    return "passkey#", lambda: person.delete(f"{PATH}/first")


STEPS = pytest.mark.parametrize("step", [begins, finishes, removes])


def state(person: Person, tables: Tables) -> tuple[Any, ...]:
    """The user's passkeys as the record has them, those that wait, and those that are kept."""
    user = tables.item(keys.user(person.id))
    places = sorted(item["pk"] for item in tables.items("users") if item["pk"].startswith("passkey#"))
    return user["passkeys"], user["pending_passkeys"], user.get("has_passkey"), places


@STEPS
@pytest.mark.parametrize("invalidation", [True, False])
def test_session_that_is_ended_meanwhile_changes_nothing(
    thief: Person, team: TeamApi, tables: Tables, step: Callable[[Person], tuple[str, Step]], invalidation: bool
) -> None:
    switch_project(tables, thief.clock, session_invalidation=invalidation)
    of, act = step(thief)
    before = state(thief, tables)

    with meanwhile(lambda: team.delete(f"/users/{thief.id}/sessions"), of=of):
        answer = act()

    assert_refused(answer, 503, "general_service_unavailable")
    assert state(thief, tables) == before


@STEPS
def test_mfa_that_comes_into_force_meanwhile_wants_a_challenge(
    thief: Person, tables: Tables, step: Callable[[Person], tuple[str, Step]]
) -> None:
    of, act = step(thief)
    before = state(thief, tables)

    with meanwhile(lambda: tables.change(keys.user(thief.id), mfa=True), of=of):
        answer = act()

    assert_refused(answer, 401, "user_challenge_required")
    assert state(thief, tables) == before


@STEPS
def test_nothing_is_left_of_a_user_who_is_deleted_meanwhile(
    thief: Person, team: TeamApi, tables: Tables, step: Callable[[Person], tuple[str, Step]]
) -> None:
    of, act = step(thief)

    with meanwhile(lambda: team.delete(f"/users/{thief.id}"), of=of):
        answer = act()

    assert answer.status in (401, 404, 503)
    left = {table: items for table, items in tables.everything().items() if table not in ("limits", "settings")}
    assert thief.id not in str(left)


def test_passkey_that_is_finished_while_its_user_is_deleted_leaves_none_behind(thief: Person, tables: Tables) -> None:
    _, finish = finishes(thief)

    with meanwhile(finish, of="deleted#"):
        refused = thief.delete("/account")

    assert_refused(refused, 503, "general_service_unavailable")
    assert thief.delete("/account").status == 204
    assert [item["pk"] for item in tables.items("users") if item["pk"].startswith("passkey#")] == []


@pytest.mark.parametrize("other", ["made", "removed"])
@STEPS
def test_other_passkey_that_comes_or_goes_meanwhile_is_not_lost(
    thief: Person, team: TeamApi, tables: Tables, step: Callable[[Person], tuple[str, Step]], other: str
) -> None:
    third = thief.begin_passkey(passkeyId="third")
    credential = Authenticator(ORIGIN).create(third["publicKey"])
    thief.authenticator = Authenticator(ORIGIN)
    thief.enrol_passkey(passkeyId="fourth")
    of, act = step(thief)

    def happens() -> None:
        if other == "made":
            assert thief.put(f"{PATH}/third/verification", {"credential": credential}).status == 200
        else:
            switch_project(tables, thief.clock, session_invalidation=False)
            assert team.delete(f"/users/{thief.id}/passkeys/fourth").status == 204

    with meanwhile(happens, of=of):
        act()

    passkeys, _, has, places = state(thief, tables)
    assert ("third" in passkeys, "fourth" in passkeys) == ((True, True) if other == "made" else (False, False))
    assert (has, places) == (True, sorted(f"passkey#{place}" for place in passkeys.values()))


@pytest.mark.parametrize("invalidation", [True, False])
def test_what_another_session_began_before_mfa_is_not_finished_after_it(
    people: People, tables: Tables, invalidation: bool
) -> None:
    """Nor by a JWT of that session."""
    owner = people.new(authenticator=True)
    switch_project(tables, owner.clock, session_invalidation=invalidation)
    thief = Person(owner.api, owner.inbox, owner.clock, owner.id, owner.email)
    thief.sign_in()
    begun, jwt = thief.begin_passkey(), thief.jwt()
    assert owner.switch_mfa(True).status == 200

    body = {"credential": thief.authenticator.create(begun["publicKey"])}
    place = f"{PATH}/{begun['passkeyId']}/verification"
    refused = "general_unauthorized_scope" if invalidation else "user_more_factors_required"
    assert_refused(thief.put(place, body), 401, refused)
    assert_refused(thief.api.put(place, body, headers=bearer(jwt)), 401, refused)

    owner.pass_challenge()
    assert_refused(owner.put(place, body), 401, "user_invalid_token")
    assert state(owner, tables)[3] == []


def test_waiting_one_that_is_removed_meanwhile_is_not_made(thief: Person, tables: Tables) -> None:
    of, act = finishes(thief)

    with meanwhile(lambda: thief.delete(f"{PATH}/second"), of=of):
        assert_refused(act(), 401, "user_invalid_token")

    assert set(state(thief, tables)[0]) == {"first"}


def test_removal_that_is_overtaken_by_another_takes_no_waiting_one_back(thief: Person, tables: Tables) -> None:
    thief.begin_passkey(passkeyId="second")

    with meanwhile(lambda: thief.begin_passkey(passkeyId="third"), of="pending_passkeys"):
        assert_refused(thief.delete(f"{PATH}/second"), 503, "general_service_unavailable")

    assert set(state(thief, tables)[1]) == {"second", "third"}


def test_name_of_one_that_is_removed_meanwhile_is_not_kept(thief: Person, team: TeamApi, tables: Tables) -> None:
    with meanwhile(lambda: team.delete(f"/users/{thief.id}/passkeys/first"), of="passkey.update"):
        assert_refused(thief.patch(f"{PATH}/first", {"name": "x"}), 404, "user_passkey_not_found")

    assert state(thief, tables)[3] == []


@pytest.mark.parametrize("act", ["blocked", "deleted", "removed", "used"])
def test_sign_in_is_refused_for_what_changes_while_it_is_judged(
    thief: Person, team: TeamApi, tables: Tables, act: str
) -> None:
    thief.authenticator.passkeys[0].synced = False
    tables.change(keys.passkey(next(iter(state(thief, tables)[0].values()))), backup_eligible=False)

    def answer() -> Answer:
        begun = thief.api.post("/account/tokens/passkey").json
        body = {"challengeId": begun["$id"], "credential": thief.authenticator.get(begun["publicKey"])}
        thief.authenticator.passkeys[0].counter += 1
        return thief.api.put("/account/tokens/passkey", body)

    def happens() -> None:
        if act == "blocked":
            assert team.patch(f"/users/{thief.id}/status", {"status": False}).status == 200
        elif act == "deleted":
            assert team.delete(f"/users/{thief.id}").status == 204
            body = {"userId": thief.id, "email": thief.email, "password": thief.password}
            assert team.post("/users", body).status == 201
        elif act == "removed":
            assert team.delete(f"/users/{thief.id}/passkeys/first").status == 204
        else:
            assert answer().status == 201

    with meanwhile(happens, of="passkey.use"):
        refused = answer()

    assert_refused(refused, 401, "user_invalid_token")


def test_token_of_a_passkey_that_is_removed_while_it_is_redeemed_opens_nothing(
    thief: Person, team: TeamApi, tables: Tables
) -> None:
    switch_project(tables, thief.clock, session_invalidation=False)
    begun = thief.api.post("/account/tokens/passkey").json
    body = {"challengeId": begun["$id"], "credential": thief.authenticator.get(begun["publicKey"])}
    token = thief.api.put("/account/tokens/passkey", body).json
    proof = {"userId": token["userId"], "secret": token["secret"]}

    with meanwhile(lambda: team.delete(f"/users/{thief.id}/passkeys/first"), of="session.create"):
        assert_refused(thief.api.post("/account/sessions/token", proof), 401, "user_invalid_token")
