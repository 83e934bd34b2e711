"""/project: policies and sign-in methods, and when their changes are felt."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.api.answers.project import KNOWN_METHODS, SIGN_IN_METHODS
from chalicelib.factors.factor import Switch
from chalicelib.factors.registry import SWITCHED
from chalicelib.models import Project
from chalicelib.runtime import container
from chalicelib.storage import dynamo, keys, switches
from chalicelib.storage.switches import ProjectCache
from tests.support.api import Answer, Api, TeamApi, assert_refused
from tests.support.clock import Clock
from tests.support.faults import meanwhile
from tests.support.person import PASSWORD, Person
from tests.support.tables import Tables

METHODS = list(SIGN_IN_METHODS)
AT_FIRST = {method: method != "passkey" for method in METHODS}
POLICIES: dict[str, dict[str, Any]] = {
    "password-dictionary": {"enabled": True, "denyList": []},
    "password-history": {"total": 0},
    "password-strength": {"min": 8, "uppercase": False, "lowercase": False, "number": False, "symbols": False},
    "password-personal-data": {"enabled": False, "denyList": []},
    "password-pwned": {"enabled": False, "sessions": False, "users": False},
    "password-rotation": {"enabled": False, "maxAge": 365 * 86_400},
    "session-alert": {"enabled": False},
    "session-duration": {"duration": 30 * 86_400},
    "session-invalidation": {"enabled": True},
    "session-limit": {"total": 10},
    "user-limit": {"total": 0},
    "membership-privacy": dict.fromkeys(
        ("userId", "userEmail", "userPhone", "userName", "userMFA", "userAccessedAt"), True
    ),
    **{f"deny-{kind}-email": {"enabled": False} for kind in ("aliased", "disposable", "free", "corporate")},
    "passkey": {"rpId": "", "origins": ["http://localhost", "http://*.localhost"]},
    "mfa-factors": {each.name: each.switch is Switch.ON for each in SWITCHED},
}


def methods(answer: Answer) -> dict[str, bool]:
    assert answer.status == 200, answer.text
    return {method["$id"]: method["enabled"] for method in answer.json["authMethods"]}


def factors(team: TeamApi) -> dict[str, bool]:
    policy: dict[str, bool] = team.get("/project/policies/mfa-factors").json
    return {name: value for name, value in policy.items() if name != "$id"}


# Reading


def test_project_says_its_name_and_its_methods(team: TeamApi) -> None:
    answer = team.get("/project")

    assert (answer.json["$id"], answer.json["name"]) == ("demo", "Demo")
    assert methods(answer) == AT_FIRST
    assert METHODS[: len(KNOWN_METHODS)] == [
        *("email-password", "magic-url", "email-otp", "anonymous", "invites", "jwt", "phone")
    ]


def test_project_says_what_is_served_and_how(team: TeamApi) -> None:
    project = team.get("/project").json

    served = {each["$id"] for each in project["services"] if each["enabled"]}
    assert served == {"account", "avatars", "health", "locale", "project", "users"}
    assert {each["$id"]: each["enabled"] for each in project["protocols"]} == {
        "rest": True,
        "graphql": False,
        "websocket": False,
    }


def test_policy_has_its_default(team: TeamApi) -> None:
    for policy, values in POLICIES.items():
        assert team.get(f"/project/policies/{policy}").json == {"$id": policy, **values}


def test_list_has_every_policy_as_it_is_given_alone(team: TeamApi) -> None:
    team.patch("/project/policies/mfa-factors", {"custom": True})

    listed = team.get("/project/policies").json

    assert listed["total"] == len(POLICIES)
    assert {policy["$id"] for policy in listed["policies"]} == set(POLICIES)
    for policy in listed["policies"]:
        alone = team.get(f"/project/policies/{policy['$id']}")
        assert list(policy.items()) == list(alone.json.items())


def test_list_comes_in_pages(team: TeamApi) -> None:
    everything = team.get("/project/policies").json["policies"]
    path = '/project/policies?queries[0]={"method":"limit","values":[2]}&queries[1]={"method":"offset","values":[3]}'

    answer = team.get(path + "&total=false")

    assert answer.json == {"total": 0, "policies": everything[3:5]}


@pytest.mark.parametrize("policy", ["nothing", "MFA-Factors", "%20mfa-factors", "mfa"])
def test_policy_is_spelled_strictly(team: TeamApi, policy: str) -> None:
    assert_refused(team.get(f"/project/policies/{policy}"), 400, "general_argument_invalid")


# Changing


def test_factors_that_are_not_named_stay(team: TeamApi) -> None:
    answer = team.patch("/project/policies/mfa-factors", {"custom": True, "email": False})
    assert set(methods(answer)) == set(METHODS)

    team.patch("/project/policies/mfa-factors", {"email": True, "totp": None})
    team.patch("/project/policies/mfa-factors", {})
    team.patch("/project/policies/mfa-factors", {"phone": False})

    assert factors(team) == {**POLICIES["mfa-factors"], "email": True, "phone": False, "custom": True}


def test_code_that_the_team_delivers_waits_to_be_switched_on(team: TeamApi) -> None:
    known = {"totp": True, "email": True, "phone": True, "custom": False}
    assert factors(team).items() >= known.items()


@pytest.mark.parametrize("factor", ["totp", "email", "phone", "custom"])
def test_factor_that_is_switched_off_is_neither_listed_nor_asked(team: TeamApi, person: Person, factor: str) -> None:
    person.verify_email()
    person.verify_phone()
    person.enrol_authenticator()

    for on in (True, False):
        team.patch("/project/policies/mfa-factors", {factor: on})
        begun = person.post("/account/mfa/challenges", {"factor": factor})

        assert person.get("/account/mfa/factors").json[factor] is on
        assert begun.status == (201 if on else 501)


def test_sign_in_method_is_switched_off_and_on(team: TeamApi, api: Api, person: Person) -> None:
    body = {"email": person.email, "password": PASSWORD}

    answer = team.patch("/project/auth-methods/email-password", {"enabled": False})

    assert methods(answer) == {**AT_FIRST, "email-password": False}
    assert_refused(api.post("/account/sessions/email", body), 501, "user_auth_method_unsupported")
    assert_refused(api.post("/account", {**body, "userId": "new"}), 501, "user_auth_method_unsupported")
    assert team.post("/account/sessions/email", body).status == 201, "a key may all the same"
    assert person.get("/account").status == 200
    team.patch("/project/auth-methods/email-password", {"enabled": True})
    assert api.post("/account/sessions/email", body).status == 201


def test_jwt_and_phone_are_methods_too(team: TeamApi, api: Api, person: Person) -> None:
    person.set_phone()
    team.patch("/project/auth-methods/jwt", {"enabled": False})
    team.patch("/project/auth-methods/phone", {"enabled": False})

    body = {"userId": "new", "phone": "+4915112345678"}
    assert_refused(person.post("/account/jwts"), 501, "user_auth_method_unsupported")
    assert_refused(api.post("/account/tokens/phone", body), 501, "user_auth_method_unsupported")
    refused = person.post("/account/verifications/phone")
    assert_refused(refused, 501, "user_auth_method_unsupported")
    assert refused.json["message"] == "Phone authentication is disabled for this project"
    assert len(person.inbox.messages()) == 0


NO_DURATIONS: list[Any] = [59, 31_536_001, 0, -60, "3600", 3600.5, True]
NO_LIMITS: list[Any] = [0, 101, -1, "10", 10.5, True]
BAD_BODIES: dict[str, list[dict[str, Any]]] = {
    "policies/mfa-factors": [{"totp": value} for value in ["true", 0, 1, "", [], {}]],
    "policies/session-invalidation": [{}, {"enabled": None}, {"enabled": "false"}, {"enabled": 0}],
    "policies/session-duration": [{}, {"duration": None}, *({"duration": each} for each in NO_DURATIONS)],
    "policies/session-limit": [{}, {"total": None}, *({"total": each} for each in NO_LIMITS)],
    "policies/user-limit": [{"total": each} for each in (-1, 10_001, "10", 10.5, True)],
    "policies/membership-privacy": [{"userId": "true"}, {"userId": 0}, {"userId": ""}, {"userId": []}],
    "policies/deny-free-email": [{}, {"enabled": None}, {"enabled": "true"}, {"enabled": 1}],
    "policies/session-alert": [{}, {"enabled": None}, {"enabled": "true"}, {"enabled": 1}],
    "auth-methods/phone": [{}, {"enabled": None}, {"enabled": "false"}, {"enabled": 0}],
    **{f"auth-methods/{name}": [{"enabled": False}] for name in ("Phone", "oauth2", "%20", "a.b")},
}


def test_bad_value_changes_nothing(team: TeamApi, tables: Tables) -> None:
    team.patch("/project/policies/mfa-factors", {"custom": True})
    before = tables.everything()

    for path, bodies in BAD_BODIES.items():
        for body in bodies:
            assert_refused(team.patch(f"/project/{path}", body), 400, "general_argument_invalid")

    assert tables.everything() == before


@pytest.mark.parametrize(
    ("policy", "older", "value", "name"),
    [
        ("session-limit", "limit", 4, "total"),
        ("user-limit", "limit", 4, "total"),
        ("password-history", "limit", 4, "total"),
        ("membership-privacy", "mfa", False, "userMFA"),
    ],
)
def test_clients_from_before_1_9_2_use_older_names(
    team: TeamApi, policy: str, older: str, value: object, name: str
) -> None:
    path = f"/project/policies/{policy}"
    before = team.get(path).json[name]

    team.patch(path, {older: value}, headers={"X-Appwrite-Response-Format": "1.9.2"})
    assert team.get(path).json[name] == before
    team.patch(path, {older: value}, headers={"X-Appwrite-Response-Format": "1.9.1"})

    assert team.get(path).json[name] == value


def test_sdks_that_do_not_know_a_policy_are_not_told_of_it(team: TeamApi) -> None:
    listed = team.get("/project/policies", headers={"X-Appwrite-Response-Format": "1.9.5"}).json["policies"]

    assert {policy["$id"] for policy in listed} & {"deny-corporate-email", "mfa-factors", "deny-free-email"} == {
        "deny-free-email"
    }


# When a change is felt


def another_process(clock: Clock) -> ProjectCache:
    """The cache of another process, which has just read the project."""
    cache, now = ProjectCache(Project()), int(clock() * 1000)
    (item,) = dynamo.read(*cache.key(now))
    cache.refresh(item, now)
    return cache


def seen_by(cache: ProjectCache, now: int) -> Project:
    """What a request at that time goes by."""
    return cache.refresh(dynamo.read(*cache.key(now))[0], now) if cache.key(now) else cache.project


def test_change_is_felt_at_once_here_and_within_five_seconds_elsewhere(team: TeamApi, clock: Clock) -> None:
    elsewhere = another_process(clock)
    read_at = elsewhere.read_at

    team.patch("/project/policies/mfa-factors", {"custom": True})

    assert factors(team)["custom"] is True
    assert seen_by(elsewhere, read_at + 4_999).factors == {}, "a warm request does not read it"
    assert seen_by(elsewhere, read_at + 5_000).factors == {"custom": True}


def test_change_elsewhere_is_felt_here_within_five_seconds(
    team: TeamApi, person: Person, tables: Tables, clock: Clock
) -> None:
    person.get("/account")
    with container.override("project", ProjectCache(Project())):
        switches.change({"factors.custom": True})

    clock.advance(seconds=5)

    assert person.get("/account/mfa/factors").json["custom"] is True


def test_clock_that_goes_back_does_not_keep_the_copy(clock: Clock) -> None:
    cache = ProjectCache(Project(), read_at=10_000)

    assert cache.key(9_999) == (keys.PROJECT,)
    assert cache.key(10_000) == ()


def test_slow_reader_does_not_undo_a_change() -> None:
    cache = ProjectCache(Project())
    cache.refresh({"factors": {"custom": True}}, 2_000)

    assert cache.refresh(None, 1_999).factors == {"custom": True}
    assert cache.refresh(None, 2_000).factors == {}


def test_two_processes_that_begin_the_record_at_once_keep_both_changes(team: TeamApi, tables: Tables) -> None:
    """The other one makes the record between our failed update and our own beginning."""

    def other_one_makes_it() -> None:
        tables.change(keys.PROJECT, methods={"phone": False}, factors={}, session_invalidation=True)

    team.get("/project")
    with meanwhile(other_one_makes_it, of="'Put'"):
        answer = team.patch("/project/auth-methods/jwt", {"enabled": False})

    assert [name for name, on in methods(answer).items() if not on] == ["jwt", "phone", "passkey"]


# Session invalidation


def test_sessions_outlive_a_change_of_password_where_the_project_wants_it(team: TeamApi, person: Person) -> None:
    other, token = person.session, person.jwt()
    person.sign_in()
    answer = team.patch("/project/policies/session-invalidation", {"enabled": False})
    assert answer.json["$id"] == "demo"

    body = {"password": "another password", "oldPassword": PASSWORD}
    assert person.patch("/account/password", body).status == 200

    assert person.get("/account", session=other).status == 200
    assert person.api.get("/account", headers={"X-Appwrite-JWT": token}).status == 200
    assert team.get("/project/policies/session-invalidation").json["enabled"] is False
    team.patch("/project/policies/session-invalidation", {"enabled": True})
    assert person.patch("/account/password", {**body, "oldPassword": "another password"}).status == 200
    assert_refused(person.get("/account", session=other), 401, "general_unauthorized_scope")
