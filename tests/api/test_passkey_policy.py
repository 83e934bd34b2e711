"""The policy `passkey`, which says what passkeys are bound to, and the method that switches signing in by them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.models import Project
from chalicelib.runtime import container, settings
from chalicelib.storage import keys
from chalicelib.storage.switches import ProjectCache
from tests.support.api import Answer, Api, TeamApi, assert_refused
from tests.support.clock import Clock
from tests.support.faults import meanwhile
from tests.support.person import People, Person
from tests.support.tables import Tables, allow_passkeys

POLICY, METHOD = "/project/policies/passkey", "/project/auth-methods/passkey"


@pytest.fixture
def owner(people: People, tables: Tables, clock: Clock) -> Person:
    """Somebody in a project that has passkeys, for pages on localhost."""
    allow_passkeys(tables, clock)
    return people.new()


def bind(team: TeamApi, rp_id: Any) -> Answer:
    return team.patch(POLICY, {"rpId": rp_id})


def bound(team: TeamApi) -> str:
    rp_id: str = team.get(POLICY).json["rpId"]
    return rp_id


def assert_locked(team: TeamApi, rp_id: str = "example.com") -> None:
    answer = bind(team, rp_id)
    assert_refused(answer, 400, "general_argument_invalid")
    assert "RP ID cannot change" in answer.json["message"]
    assert bound(team) == "localhost"


def elsewhere(act: Callable[[], Answer]) -> Answer:
    """What another process does, which knows nothing of the project yet."""
    with container.override("project", ProjectCache(Project())):
        return act()


# Set and read


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("example.com", "example.com"),
        ("App.Example.COM", "app.example.com"),
        ("LocalHost", "localhost"),
        ("app.localhost", "app.localhost"),
        ("example.co.uk", "example.co.uk"),
        ("team.github.io", "team.github.io"),
        ("abc123.execute-api.eu-central-1.amazonaws.com", "abc123.execute-api.eu-central-1.amazonaws.com"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("a.xn--p1ai", "a.xn--p1ai"),
    ],
)
def test_rp_id_is_a_domain_that_somebody_can_own(team: TeamApi, given: str, kept: str) -> None:
    answer = bind(team, given)

    assert (answer.status, answer.json["$id"]) == (200, "demo")
    assert bound(team) == kept


@pytest.mark.parametrize(
    "rp_id",
    [
        *("com", "co.uk", "github.io", "execute-api.eu-central-1.amazonaws.com", "internal", "xn--p1ai"),
        *("127.0.0.1", "192.168.0.1", "[::1]", "::1", "1.1"),
        *("example.com.", ".example.com", "a..example.com", "-a.example.com", "a-.example.com", "*.example.com"),
        *("https://example.com", "example.com:443", "example.com/", "user@example.com", " example.com", "a b.com"),
        *("bücher.example", "\u212aelvin.example", "пример.рф", "localhost.", f"{'a' * 64}.com", f"{'a.' * 126}com"),
        *(None, 1, True, [], {}, ["example.com"]),
    ],
    ids=str,
)
def test_anything_else_is_refused_and_changes_nothing(team: TeamApi, tables: Tables, rp_id: Any) -> None:
    bind(team, "example.com")
    before = tables.everything()

    assert_refused(bind(team, rp_id), 400, "general_argument_invalid")

    assert tables.everything() == before


def test_rp_id_has_to_be_sent(team: TeamApi) -> None:
    bind(team, "example.com")

    assert_refused(team.patch(POLICY, {}), 400, "general_argument_invalid")

    assert bound(team) == "example.com"


def test_empty_one_is_none(team: TeamApi, api: Api) -> None:
    bind(team, "example.com")
    team.patch(METHOD, {"enabled": True})
    assert api.post("/account/tokens/passkey").status == 201

    assert bind(team, "").status == 200

    assert bound(team) == ""
    assert_refused(api.post("/account/tokens/passkey"), 501, "user_auth_method_unsupported")
    assert bind(team, "example.com").status == 200


def test_method_is_off_until_it_is_switched_on(team: TeamApi, api: Api) -> None:
    bind(team, "localhost")
    assert_refused(api.post("/account/tokens/passkey"), 501, "user_auth_method_unsupported")

    switched = team.patch(METHOD, {"enabled": True})

    assert {"$id": "passkey", "enabled": True} in switched.json["authMethods"]
    assert api.post("/account/tokens/passkey").status == 201
    team.patch(METHOD, {"enabled": False})
    assert_refused(api.post("/account/tokens/passkey"), 501, "user_auth_method_unsupported")


def test_origins_are_those_of_the_projects_pages(team: TeamApi) -> None:
    listed = ("app.example.com", "*.example.com", "localhost", "android:apk-key-hash:x", "tauri://localhost")
    with container.override("config", replace(settings.config(), origins=listed)):
        policy = team.get(POLICY).json

    assert policy["origins"] == ["https://app.example.com", "https://*.example.com", "http://localhost"]


@pytest.mark.parametrize(("version", "told"), [("2.0.0", False), ("2.3.0", False), ("2.4.0", True), ("2.5.0", True)])
def test_sdks_that_do_not_know_the_method_are_not_told_of_it(team: TeamApi, version: str, told: bool) -> None:
    made_for = {"X-Appwrite-Response-Format": version}

    for answer in (team.get("/project", headers=made_for), team.patch(METHOD, {"enabled": True}, headers=made_for)):
        assert ("passkey" in [each["$id"] for each in answer.json["authMethods"]]) is told


# While there are passkeys


def test_rp_id_stays_while_there_are_passkeys(owner: Person, team: TeamApi) -> None:
    passkey = owner.enrol_passkey()
    owner.clock.advance(days=1)

    for other in ("example.com", ""):
        assert_locked(team, other)

    assert team.delete(f"/users/{owner.id}/passkeys/{passkey}").status == 204
    assert bind(team, "example.com").status == 200


def test_rp_id_stays_while_a_passkey_may_come(owner: Person, team: TeamApi) -> None:
    """It is noted for ten minutes, so that not each of them writes it, and another for the index."""
    owner.begin_passkey(passkeyId="begun")
    assert_locked(team)
    assert owner.delete("/account/passkeys/begun").status == 204

    owner.clock.advance(minutes=10, seconds=58)
    assert_locked(team)
    owner.clock.advance(seconds=2)

    assert bind(team, "example.com").status == 200


def test_passkeys_that_are_begun_later_hold_it_longer(owner: Person, team: TeamApi) -> None:
    owner.begin_passkey()
    owner.clock.advance(minutes=6)
    owner.begin_passkey()

    owner.clock.advance(minutes=6)

    assert_locked(team)


def test_value_that_it_has_already_is_taken(owner: Person, team: TeamApi, tables: Tables) -> None:
    owner.enrol_passkey()
    before = tables.item(keys.PROJECT)

    for same in ("localhost", "LOCALHOST"):
        assert bind(team, same).status == 200

    assert tables.item(keys.PROJECT) == before


def test_user_who_is_deleted_holds_it_no_more(owner: Person, team: TeamApi) -> None:
    owner.enrol_passkey()
    owner.clock.advance(minutes=12)
    assert_locked(team)

    assert team.delete(f"/users/{owner.id}").status == 204

    assert bind(team, "example.com").status == 200


def test_open_sign_in_does_not_hold_it_and_ends_with_it(owner: Person, team: TeamApi, api: Api) -> None:
    begun = api.post("/account/tokens/passkey").json
    bind(team, "app.localhost")

    answer = api.put("/account/tokens/passkey", {"challengeId": begun["$id"], "credential": {}})

    assert_refused(answer, 401, "user_passkey_invalid")


# Beside other processes


def test_process_that_knows_the_old_one_begins_no_passkey(owner: Person, team: TeamApi, tables: Tables) -> None:
    owner.get("/account")
    assert elsewhere(lambda: bind(team, "example.com")).status == 200

    assert_refused(owner.post("/account/passkeys"), 503, "general_service_unavailable")

    assert tables.item(keys.user(owner.id))["pending_passkeys"] == {}
    owner.clock.advance(seconds=5)
    assert owner.begin_passkey()["publicKey"]["rp"]["id"] == "example.com"


def test_process_that_knows_of_no_passkey_does_not_change_it(owner: Person, team: TeamApi) -> None:
    owner.get("/account")
    elsewhere(lambda: owner.post("/account/passkeys"))

    assert_locked(team)


def test_passkey_that_is_begun_meanwhile_holds_it(owner: Person, team: TeamApi) -> None:
    with meanwhile(owner.begin_passkey, of="passkey_rp_id"):
        answer = bind(team, "example.com")

    assert_refused(answer, 503, "general_service_unavailable")
    assert bound(team) == "localhost"


def test_record_of_a_release_before_passkeys_takes_one(team: TeamApi, tables: Tables, clock: Clock) -> None:
    team.patch("/project/policies/session-alert", {"enabled": False})
    for name in ("passkey_rp_id", "passkeys_pending"):
        tables.remove(keys.PROJECT, name)
    clock.advance(seconds=6)

    assert bind(team, "localhost").status == 200
    assert bound(team) == "localhost"
