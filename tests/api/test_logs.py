"""The log of what happened to an account: GET /account/logs and GET /users/{userId}/logs."""

from __future__ import annotations

import json
from collections.abc import Callable
from math import inf
from typing import Any

import pytest

from chalicelib.audit.acts import Kind
from chalicelib.ids import new_id
from chalicelib.runtime import container
from chalicelib.storage import keys
from chalicelib.storage.keys import TABLES
from tests.support.api import Answer, Api, TeamApi, assert_refused
from tests.support.authenticator import Bent
from tests.support.clock import Clock
from tests.support.faults import Faulty, meanwhile, refusal_of_aws
from tests.support.handovers import offer, take_over
from tests.support.person import PASSWORD, RETURN_URL, People, Person
from tests.support.tables import Tables

SESSION = "/account/sessions/email"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36"
MODEL = {
    *("$id", "event", "userId", "userEmail", "userName", "mode", "userType", "ip", "time"),
    *("osCode", "osName", "osVersion", "clientType", "clientCode", "clientName", "clientVersion"),
    *("clientEngine", "clientEngineVersion", "deviceName", "deviceBrand", "deviceModel"),
    *("countryCode", "countryName"),
}


def logs(caller: Person | Api, path: str = "/account/logs", **options: Any) -> list[dict[str, Any]]:
    answer = caller.get(path, **options)
    assert answer.status == 200, answer.text
    found: list[dict[str, Any]] = answer.json["logs"]
    return found


def names(person: Person) -> list[str]:
    """Of the person's events, oldest first, as the team sees them."""
    found = logs(person.api, f"/users/{person.id}/logs?{page('limit', 100)}", key="local-api-key")
    return [event["event"] for event in reversed(found)]


def page(method: str, value: int | str) -> str:
    query = json.dumps({"method": method, "values": [value]})
    return f"queries[]={query}".replace('"', "%22").replace(" ", "%20")


def test_event_tells_what_when_where_and_on_what(people: People) -> None:
    person = people.new(name="Ada")
    browser = person.api.at("127.0.0.9", CHROME)
    assert browser.post(SESSION, {"email": person.email, "password": PASSWORD}).status == 201

    [event] = logs(person, f"/account/logs?{page('limit', 1)}")

    assert set(event) == MODEL
    assert event["event"] == "session.create"
    assert (event["userId"], event["userEmail"], event["userName"]) == (person.id, person.email, "Ada")
    assert (event["mode"], event["userType"], event["ip"]) == ("default", "user", "127.0.0.9")
    assert (event["osName"], event["clientName"], event["deviceName"]) == ("Windows", "Chrome", "desktop")
    assert (event["countryCode"], event["countryName"]) == ("--", "Unknown")
    assert event["time"].startswith("2027-01-15T08:0")


def test_acts_of_the_team_are_told_apart(person: Person, team: TeamApi) -> None:
    team.patch(f"/users/{person.id}/mfa", {"mfa": True})
    person.sign_in()

    [_, event] = logs(person, f"/account/logs?{page('limit', 2)}")

    assert (event["event"], event["mode"], event["userType"]) == ("user.update.mfa.on", "admin", "keyProject")


def test_newest_come_first_by_pages(person: Person) -> None:
    person.sign_in()
    person.delete("/account/sessions/current")
    person.sign_in()

    answer = person.get("/account/logs")

    assert [event["event"] for event in answer.json["logs"]] == [
        "session.create",
        "session.delete",
        "session.create",
        "session.create",
        "user.create",
    ]
    assert answer.json["total"] == 5
    assert logs(person, f"/account/logs?{page('limit', 2)}&{page('offset', 1)}") == answer.json["logs"][1:3]
    assert person.get("/account/logs?total=false").json["total"] == 0


def test_pages_reach_what_is_older_than_the_newest_five_hundred(person: Person, team: TeamApi, tables: Tables) -> None:
    begun = tables.item(keys.user(person.id))["created"] + 5000
    acts = {keys.event(person.id, new_id(begun + number)): number for number in range(600)}
    tables.put({key: {"name": f"act.{number}", "created": begun + number, "ttl": 9} for key, number in acts.items()})

    for caller, path in ((person, "/account/logs"), (team, f"/users/{person.id}/logs")):
        answer = caller.get(f"{path}?{page('limit', 3)}&{page('offset', 599)}")

        assert [event["event"] for event in answer.json["logs"]] == ["act.0", "session.create", "user.create"]
        assert answer.json["total"] == 602
        assert len(caller.get(f"{path}?{page('limit', 1000)}").json["logs"]) == 500


def test_pages_go_on_where_the_last_one_ended(person: Person, team: TeamApi) -> None:
    for _ in range(5):
        person.sign_in()
    everything = logs(person)

    for caller, path in ((person, "/account/logs"), (team, f"/users/{person.id}/logs")):

        def part(*queries: str, caller: Person | Api = caller, path: str = path) -> list[dict[str, Any]]:
            return logs(caller, f"{path}?{'&'.join(queries)}")

        after, before = page("cursorAfter", everything[2]["$id"]), page("cursorBefore", everything[5]["$id"])
        assert part(after) == everything[3:]
        assert part(after, page("limit", 2)) == everything[3:5]
        assert part(after, page("limit", 2), page("offset", 1)) == everything[4:6]
        assert part(before) == everything[:5]
        assert part(before, page("limit", 2)) == everything[3:5]
        assert part(page("cursorAfter", everything[-1]["$id"])) == []
        assert part(page("cursorBefore", everything[0]["$id"])) == []


def test_cursor_names_an_event_of_this_user(people: People, team: TeamApi, tables: Tables) -> None:
    ann, bob = people.new(), people.new()
    [*_, of_ann] = logs(ann)
    assert_refused(bob.get(f"/account/logs?{page('cursorAfter', of_ann['$id'])}"), 400, "general_cursor_not_found")

    earlier = new_id(tables.item(keys.user(bob.id))["created"] - 1)
    tables.put({keys.event(bob.id, earlier): {"name": "user.create", "created": 1, "ttl": 9}})
    path = f"/users/{bob.id}/logs?{page('cursorBefore', earlier)}"
    assert_refused(team.get(path), 400, "general_cursor_not_found")


@pytest.mark.parametrize(
    ("query", "type_"),
    [
        ('queries[]={"method":"equal","attribute":"event","values":["x"]}', "general_query_invalid"),
        ('queries[]={"method":"cursorAfter","values":["x"]}', "general_cursor_not_found"),
        ('queries[]={"method":"cursorBefore","values":["x"]}', "general_cursor_not_found"),
        ('queries[]={"method":"cursorAfter","values":["a%20b"]}', "general_argument_invalid"),
        ("queries[]=nonsense", "general_argument_invalid"),
        ("queries=limit", "general_argument_invalid"),
    ],
)
def test_other_queries_are_refused(person: Person, query: str, type_: str) -> None:
    path = f"/account/logs?{query}".replace('"', "%22")
    assert_refused(person.get(path), 400, type_)


def test_unknown_user_has_no_log(team: TeamApi) -> None:
    assert_refused(team.get("/users/nobody/logs"), 404, "user_not_found")


def test_log_of_an_earlier_user_of_the_same_id_is_not_shown(person: Person, team: TeamApi) -> None:
    team.delete(f"/users/{person.id}")
    person.clock.advance(seconds=1)
    team.post("/users", {"userId": person.id})

    assert [event["event"] for event in logs(team, f"/users/{person.id}/logs")] == ["user.create"]


def test_nobody_sees_a_strangers_log(people: People) -> None:
    ann, bob = people.new(), people.new()

    assert {event["userId"] for event in logs(ann)} == {ann.id}
    assert_refused(bob.get(f"/users/{ann.id}/logs"), 401, "general_unauthorized_scope")


def test_events_are_kept_for_the_time_that_is_set(person: Person, tables: Tables, clock: Clock) -> None:
    [created, *_] = tables.items("events")

    assert created["ttl"] == created["created"] // 1000 + 180 * 86_400


# Every act


def walk(person: Person, team: TeamApi, run_jobs: Callable[[], int]) -> None:
    """Do everything that is logged, once at least."""
    for path, body in {"policies/passkey": {"rpId": "localhost"}, "auth-methods/passkey": {"enabled": True}}.items():
        assert team.patch(f"/project/{path}", body).status == 200
    person.verify_email()
    person.verify_phone()
    person.enrol_authenticator()
    person.create_recovery_codes()
    person.switch_mfa(True)
    person.clock.advance(seconds=60)
    person.answer(person.challenge("totp"), "000000")
    passkey = person.enrol_passkey()
    person.patch(f"/account/passkeys/{passkey}", {"name": "Phone"})
    asked = person.api.post("/account/tokens/passkey").json
    wrong = person.authenticator.get(asked["publicKey"], Bent(signature=b""))
    person.api.put("/account/tokens/passkey", {"challengeId": asked["$id"], "credential": wrong})
    asked = person.api.post("/account/tokens/passkey").json
    right = person.authenticator.get(asked["publicKey"])
    assert person.api.put("/account/tokens/passkey", {"challengeId": asked["$id"], "credential": right}).status == 201
    person.delete(f"/account/passkeys/{passkey}")
    person.pass_challenge()
    person.pass_challenge("recoveryCode")
    person.patch("/account/sessions/current")
    take_over(person.api, offer(person))
    take_over(person.api, offer(person), "x" * 43)
    person.patch("/account/password", {"password": "battery staple", "oldPassword": PASSWORD})
    person.patch("/account/email", {"email": "new@example.test", "password": "battery staple"})
    person.patch("/account/phone", {"phone": "+4915112345678", "password": "battery staple"})
    person.delete("/account/mfa/authenticators/totp")
    person.switch_mfa(False)
    person.delete("/account/sessions/current")
    team.patch(f"/users/{person.id}/verification/phone", {"phoneVerification": True})
    asked = person.api.post("/account/tokens/phone", {"userId": "unique()", "phone": "+4915112345678"})
    person.api.post("/account/sessions/token", {"userId": asked.json["userId"], "secret": "x"})
    person.email = "new@example.test"
    person.api.post("/account/recovery", {"email": person.email, "url": RETURN_URL})
    run_jobs()
    link = next(mail for mail in person.mails() if "secret=" in mail["text"])
    secret = link["text"].split("secret=")[1].split("&")[0]
    person.api.put("/account/recovery", {"userId": person.id, "secret": secret, "password": PASSWORD})
    place = f"/users/{person.id}"
    team.post(f"{place}/sessions")
    team.post(f"{place}/jwts")
    team.delete(f"{place}/sessions")
    team.patch(f"{place}/verification", {"emailVerification": True})
    team.patch(f"{place}/verification/phone", {"phoneVerification": True})
    target = {"targetId": "office", "providerType": "email", "identifier": "office@example.test"}
    team.post(f"{place}/targets", target)
    team.patch(f"{place}/targets/office", {"name": "Office"})
    team.delete(f"{place}/targets/office")
    team.put(f"{place}/labels", {"labels": ["editor"]})
    team.patch(f"{place}/status", {"status": False})
    team.patch(f"{place}/status", {"status": True})


def test_every_act_is_logged(
    person: Person, team: TeamApi, tables: Tables, run_jobs: Callable[[], int], clock: Clock
) -> None:
    walk(person, team, run_jobs)

    alone = {
        Kind.GUESSES_SPENT,
        Kind.MAILBOX_TAKES_OVER,
        Kind.PHONE_LOST,
        Kind.RECOVERY_CODES_VOIDED,
        Kind.SIGNED_IN_ON_NEW_DEVICE,
        Kind.USER_DELETED,
    }
    assert set(names(person)) == {kind.value for kind in set(Kind) - alone}


def test_last_guess_and_a_new_device_are_logged(people: People, team: TeamApi) -> None:
    person = people.new(mfa=True)
    for _ in range(10):
        person.answer(person.challenge("totp"), "000000")
    assert names(person)[-1] == "challenge.fail.limit"
    team.patch("/project/policies/session-alert", {"enabled": True})
    person.api.at("127.0.0.1", CHROME).post(SESSION, {"email": person.email, "password": PASSWORD})
    assert names(person)[-1] == "session.create.device"


def test_no_event_has_a_secret(person: Person, team: TeamApi, tables: Tables, run_jobs: Callable[[], int]) -> None:
    walk(person, team, run_jobs)

    allowed = {"id", "user_id", "name", "created", "ttl", "admin", "ip", "user_agent", "country", "challenge"}
    assert {name for event in tables.items("events") for name in event} <= allowed
    assert {event["ip"] for event in tables.items("events")} == {"127.0.0.1"}


# In the same transaction as the act

REFUSED: list[Callable[[Person], Answer]] = [
    lambda person: person.patch("/account/password", {"password": "battery staple", "oldPassword": "x"}),
    lambda person: person.patch("/account/email", {"email": person.email, "password": PASSWORD}),
    lambda person: person.delete("/account/sessions/unknown"),
    lambda person: person.delete("/account/mfa/authenticators/totp"),
]


@pytest.mark.parametrize("act", REFUSED)
def test_what_is_refused_is_not_logged(person: Person, tables: Tables, act: Callable[[Person], Answer]) -> None:
    before = tables.items("events")

    assert act(person).status >= 400

    assert tables.items("events") == before


def test_code_that_cannot_be_sent_is_not_logged_as_sent(people: People, tables: Tables) -> None:
    person = people.new(email_verified=True)
    before = tables.items("events")

    with container.override("sesv2", Faulty(refusal_of_aws("TooManyRequestsException"))):
        assert person.post("/account/mfa/challenges", {"factor": "email"}).status == 503

    assert tables.items("events") == before


def test_act_that_cannot_be_logged_does_not_happen(person: Person, tables: Tables) -> None:
    def out_of_reach() -> None:
        raise refusal_of_aws("InternalServerError")

    before = {table: tables.items(table) for table in TABLES if table != "limits"}
    with meanwhile(out_of_reach, times=inf, of="-events"):
        answers = [
            person.switch_mfa(True),
            person.post("/account/mfa/recovery-codes"),
            person.patch("/account/password", {"password": "battery staple", "oldPassword": PASSWORD}),
            person.api.post(SESSION, {"email": person.email, "password": PASSWORD}),
            person.delete("/account/sessions"),
        ]

    for answer in answers:
        assert_refused(answer, 503, "general_service_unavailable")
    assert {table: tables.items(table) for table in before} == before
