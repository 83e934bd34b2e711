"""A deleted user leaves a tombstone, and counters that are nobody's; whatever comes in between, all else is erased."""

from __future__ import annotations

import json
import logging
import re
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.accounts import delete
from chalicelib.runtime import aws, container, settings
from chalicelib.storage import erasures, keys
from tests.conftest import Jobs
from tests.support.api import TeamApi, assert_refused
from tests.support.authenticator import Authenticator, Bent
from tests.support.clock import Clock
from tests.support.faults import Faulty, meanwhile, refusal_of_aws
from tests.support.life import PREFS, live
from tests.support.person import ORIGIN, PASSWORD, People, Person
from tests.support.sign_in import ask_for_mail, mailed_token, try_code
from tests.support.tables import Tables, allow_passkeys, switch_project

ADDRESS = "127.0.0.77"
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0 Agent77"
SURVIVORS = {
    r"deleted#": "the tombstone",
    r"[^:]*\|ip:": "how often a client address may ask, whoever does",
    r"wrong-passwords\|email:": "how many wrong passwords a mailbox may have",
    r"(mail\|[a-z-]+|notices\|\w+)\|email:": "how many mails a mailbox may get",
    r"(sms\|[a-z-]+\|number:|number#)": "how many SMS a number may get, and wrong codes",
    r"sms\|(all|(sent|verified)\|[A-Z]{2})\|": "how many SMS the deployment may send",
    r"[^:]*\|device:": "wrong passwords of a browser, which others may use as well",
    r"(PUT /account/recovery/otp|recovery-codes-of-a-day)\|shown:": "how many recovery codes a mailbox may have wrong",
    r"[^:]*\|challengeId:": "how many answers a challenge takes",
    r"sign-ins\|user:": "how often an account may be signed in to from one client address",
}
"""What stays in the table of limits, by what its id begins with, and what for. All of it ends by itself."""


@pytest.fixture
def ada(people: People, team: TeamApi, tables: Tables, clock: Clock) -> Person:
    switch_project(tables, clock, factors={"custom": True})
    person = people.new(email="ada.lovelace@example.test")
    person.api = person.api.at(ADDRESS, AGENT)
    return person


def is_explained(counter: str, other: Person, second: int) -> bool:
    """Whether it is one of SURVIVORS, the other person's, or of a window that is over."""
    end = counter.rpartition("|")[2]
    over = end.isdigit() and int(end) <= second
    return over or keys.hashed(other.id) in counter or any(re.match(kind, counter) for kind in SURVIVORS)


def named_of(person: Person) -> list[str]:
    """What would tell of a person, were it in a table."""
    return [person.id, person.email, person.email.partition("@")[0], person.phone, ADDRESS, "Agent77", "Lovelace"]


@pytest.mark.parametrize("by_team", [False, True])
def test_tombstone_and_counters_are_all_that_is_left(
    ada: Person, people: People, team: TeamApi, tables: Tables, run_jobs: Jobs, by_team: bool
) -> None:
    other = people.new(email_verified=True, recovery_codes=True)
    other.patch("/account/prefs", {"prefs": PREFS})
    live(ada, team, run_jobs, tables)
    others = {table: [item for item in items if other.id in str(item)] for table, items in tables.everything().items()}
    ada.pass_challenge()

    answer = team.delete(f"/users/{ada.id}") if by_team else ada.delete("/account")
    assert (answer.status, run_jobs() > 0) == (204, True)

    left = tables.everything()
    limits, settings = left.pop("limits"), left.pop("settings")
    assert {table: len(items) for table, items in left.items()} == {table: len(others[table]) for table in left}
    for name in named_of(ada):
        assert name not in str(left) + str(settings) + str(limits), name
    assert [each for each in limits if not is_explained(each["id"], other, int(ada.clock()))] == []
    day = 86_400
    longest = {item["ttl"] - int(ada.clock()) for item in limits if not item["id"].startswith("deleted#")}
    assert max(longest) <= 2 * day
    [tombstone] = [item for item in limits if item["id"].startswith("deleted#")]
    assert set(tombstone) == {"id", "deleted", "ttl"}
    assert tombstone["ttl"] - tombstone["deleted"] // 1000 == 180 * day


@pytest.mark.parametrize("by_team", [False, True])
def test_recovery_that_was_asked_for_at_an_address_of_before_leaves_nothing(
    person: Person, team: TeamApi, tables: Tables, run_jobs: Jobs, by_team: bool
) -> None:
    person.api.post("/account/recovery/otp", {"email": person.email})
    run_jobs()
    assert person.id in str(tables.items("limits"))
    body = {"email": "next@example.test", "password": PASSWORD}
    changed = team.patch(f"/users/{person.id}/email", body) if by_team else person.patch("/account/email", body)
    assert changed.status == 200

    assert team.delete(f"/users/{person.id}").status == 204

    assert person.id not in str(tables.everything())


# Erasing that does not come to its end


class Stuck:
    """DynamoDB that erases nothing."""

    def __init__(self, of: str = "sessions") -> None:
        self._client, self._of = aws.client("dynamodb"), of

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def query(self, **parameters: Any) -> Any:
        if parameters["TableName"].endswith(f"-{self._of}"):
            raise refusal_of_aws("ThrottlingException")
        return self._client.query(**parameters)


def of_user(tables: Tables, user_id: str) -> dict[str, int]:
    """How many items there are under that id, by table."""
    return {
        table: found
        for table in erasures.OWNED
        if (found := sum(item["user_id"] == user_id for item in tables.items(table)))
    }


def test_account_is_gone_and_the_rest_is_done_by_the_queue(
    people: People, team: TeamApi, tables: Tables, run_jobs: Jobs
) -> None:
    person = people.new(recovery_codes=True)
    with container.override("dynamodb", Stuck()):
        assert person.delete("/account").status == 204

    assert set(of_user(tables, person.id)) == {"sessions", "recovery-codes", "events"}
    assert_refused(person.get("/account"), 401, "general_unauthorized_scope")
    assert_refused(team.get(f"/users/{person.id}"), 404, "user_not_found")

    run_jobs()

    assert of_user(tables, person.id) == {}


@pytest.mark.parametrize("of", ["sessions", "recovery-codes", "events"])
def test_nobody_begins_under_an_id_of_which_something_is_left(
    people: People, team: TeamApi, run_jobs: Jobs, of: str
) -> None:
    person = people.new(recovery_codes=True)
    body = {"userId": person.id, "email": "another@example.test", "password": PASSWORD}
    with container.override("dynamodb", Stuck(of)):
        assert team.delete(f"/users/{person.id}").status == 204

    assert_refused(person.api.post("/account", body), 409, "user_already_exists")
    assert_refused(team.post("/users", body), 409, "user_already_exists")

    run_jobs()
    assert team.post("/users", body).status == 201


def test_number_opens_another_id_while_something_is_left(people: People, team: TeamApi) -> None:
    person = people.new()
    with container.override("dynamodb", Stuck()):
        team.delete(f"/users/{person.id}")
    number = "+4915112345678"
    asked = person.api.post("/account/tokens/phone", {"userId": person.id, "phone": number})
    secret = person.inbox.messages(number)[0].code

    opened = person.api.post("/account/sessions/token", {"userId": asked.json["userId"], "secret": secret})

    assert opened.status == 201
    assert opened.json["userId"] != person.id


def test_deletion_that_the_queue_fails_too_is_logged_and_taken_up_by_the_next(
    people: People, team: TeamApi, tables: Tables, caplog: pytest.LogCaptureFixture
) -> None:
    person = people.new(recovery_codes=True)
    closed = Faulty(refusal_of_aws("RequestThrottled"))
    with container.override("dynamodb", Stuck()), container.override("sqs", closed):
        assert team.delete(f"/users/{person.id}").status == 204

    assert [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR] == [
        "notice account_deleted lost",
        "a deleted user is not erased: delete the user once more",
    ]
    assert person.id not in caplog.text.replace(f"/users/{person.id}", "")
    assert of_user(tables, person.id) != {}

    assert team.delete(f"/users/{person.id}").status == 204

    assert of_user(tables, person.id) == {}
    assert_refused(team.delete(f"/users/{person.id}"), 404, "user_not_found")


def test_request_erases_a_bounded_part_and_the_queue_the_rest(
    person: Person, team: TeamApi, tables: Tables, run_jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delete, "AT_ONCE", 2)
    monkeypatch.setattr(delete, "BY_A_JOB", 3)
    events = {
        keys.event(person.id, f"{number:020x}"): {"name": "x", "created": number, "ttl": 1} for number in range(300)
    }
    tables.put(events)

    assert team.delete(f"/users/{person.id}").status == 204

    assert of_user(tables, person.id) == {"events": 302 - 49}
    container.forget("queue-url")  # the queue's function is a process of its own
    assert run_jobs() == 3, "the notice, and two for what is left"
    assert of_user(tables, person.id) == {}


# Somebody new of the same id


@pytest.fixture
def successor(people: People, team: TeamApi) -> Person:
    """Somebody who has the id of a user who was deleted."""
    old = people.new(recovery_codes=True)
    assert team.delete(f"/users/{old.id}").status == 204
    body = {"userId": old.id, "email": "new@example.test", "password": PASSWORD}
    assert old.api.post("/account", body).status == 201
    new = Person(old.api, old.inbox, old.clock, old.id, "new@example.test")
    new.sign_in()
    new.create_recovery_codes()
    new.patch("/account/prefs", {"prefs": PREFS})
    return new


def test_job_that_comes_late_or_twice_erases_nothing_of_the_next_user(
    successor: Person, tables: Tables, run_jobs: Jobs
) -> None:
    before = {**tables.everything(), "limits": []}

    assert run_jobs() > 0
    delete.go_on(successor.id)

    assert {**tables.everything(), "limits": []} == before


def test_erasing_that_is_overtaken_erases_nothing_of_the_next_user(
    people: People, team: TeamApi, tables: Tables
) -> None:
    """Another process ends the work, and somebody takes the id, between what was read and what is written."""
    old = people.new(recovery_codes=True)
    with container.override("dynamodb", Stuck()):
        team.delete(f"/users/{old.id}")

    def overtake() -> None:
        delete.go_on(old.id)
        assert team.post("/users", {"userId": old.id}).status == 201
        assert team.post(f"/users/{old.id}/sessions").status == 201

    with meanwhile(overtake, of="-sessions"):
        delete.go_on(old.id)

    assert of_user(tables, old.id) == {"sessions": 1, "events": 2}


@pytest.mark.parametrize("overtaken", [False, True])
def test_sign_in_token_of_somebody_else_outlives_the_user(
    people: People, team: TeamApi, tables: Tables, clock: Clock, overtaken: bool
) -> None:
    """Who had asked for one with the same id before: his log tells of it. `overtaken`: while it is erased."""
    person = people.new(email_verified=True)
    secrets: list[str] = []

    def ask() -> None:
        assert ask_for_mail(team, "magic-url", user_id="ada").json["userId"] == "ada"
        secrets.append(mailed_token(person.inbox))

    assert ask_for_mail(team, "email-otp", person.email, "ada").json["userId"] == "ada"
    clock.advance(minutes=11)

    with meanwhile(ask, of="-events") if overtaken else nullcontext():
        if not overtaken:
            ask()
        assert team.delete(f"/users/{person.id}").status == 204

    assert of_user(tables, person.id) == {}
    assert try_code(person.api, secrets[0], "ada").status == 201


def test_counters_of_the_earlier_user_are_not_inherited(people: People, team: TeamApi) -> None:
    person = people.new()
    wrong = {"password": "battery staple", "oldPassword": "wrong password"}
    for _ in range(10):
        person.patch("/account/password", wrong)
    assert_refused(person.patch("/account/password", wrong), 429, "general_rate_limit_exceeded")
    team.delete(f"/users/{person.id}")
    team.post("/users", {"userId": person.id, "email": person.email, "password": PASSWORD})
    person.api = person.api.at("127.0.0.78")
    person.sign_in()

    assert person.patch("/account/password", {"password": "battery staple", "oldPassword": PASSWORD}).status == 200


def test_budgets_of_a_mailbox_and_a_number_outlive_the_account(people: People, team: TeamApi) -> None:
    person = people.new(phone_verified=True)

    def ask() -> int:
        return person.api.post("/account/tokens/phone", {"userId": "unique()", "phone": person.phone}).status

    person.clock.advance(seconds=60)
    assert ask() == 201

    team.delete(f"/users/{person.id}")

    assert ask() == 429, "within the cooldown of the number"


# By the users themselves


def test_browser_forgets_the_session_of_a_deleted_account(person: Person) -> None:
    answer = person.delete("/account")

    assert answer.status == 204
    taken_back = [value for name, value in answer.headers if name.lower() == "set-cookie"]
    assert [value.partition(";")[0] for value in taken_back] == [
        "a_session_demo_legacy=deleted",
        "a_session_demo=deleted",
    ]
    assert json.loads(answer.header("X-Fallback-Cookies") or "x") == []


def test_nobody_deletes_an_account_in_which_mfa_comes_into_force_meanwhile(people: People, tables: Tables) -> None:
    owner = people.new(authenticator=True)
    thief = Person(owner.api, owner.inbox, owner.clock, owner.id, owner.email)
    thief.sign_in()

    with meanwhile(lambda: tables.change(keys.user(owner.id), mfa=True), of=f"user#{owner.id}"):
        assert_refused(thief.delete("/account"), 401, "user_challenge_required")

    assert owner.api.post("/account/sessions/email", {"email": owner.email, "password": PASSWORD}).status == 201


def test_deletion_is_done_once(people: People, team: TeamApi, run_jobs: Jobs) -> None:
    person = people.new(email_verified=True)
    run_jobs()
    person.inbox.clear()

    with meanwhile(lambda: team.delete(f"/users/{person.id}"), of=f"user#{person.id}"):
        assert_refused(person.delete("/account"), 503, "general_service_unavailable")

    run_jobs()
    assert len(person.mails()) == 1


def test_late_jwt_writes_no_log_of_a_user_who_is_gone(people: People, team: TeamApi, tables: Tables) -> None:
    person = people.new()

    with meanwhile(lambda: team.delete(f"/users/{person.id}"), of="jwt.create"):
        assert_refused(team.post(f"/users/{person.id}/jwts"), 404, "user_not_found")

    assert of_user(tables, person.id) == {}


def test_late_challenge_is_not_kept_for_a_user_who_is_gone(people: People, team: TeamApi, tables: Tables) -> None:
    person = people.new(mfa=True)

    with meanwhile(lambda: team.delete(f"/users/{person.id}"), of="challenge.create"):
        asked = person.post("/account/mfa/challenges", {"factor": "totp"})
    assert_refused(asked, 401, "general_unauthorized_scope")

    assert (of_user(tables, person.id), tables.items("challenges")) == ({}, [])


def test_late_refusal_of_a_passkey_writes_no_log_of_a_user_who_is_gone(
    people: People, team: TeamApi, tables: Tables, clock: Clock
) -> None:
    allow_passkeys(tables, clock)
    person = people.new()
    person.enrol_passkey()
    begun = team.post("/account/tokens/passkey").json
    wrong = person.authenticator.get(begun["publicKey"], Bent(signature=bytes(70)))

    with meanwhile(lambda: team.delete(f"/users/{person.id}"), of="passkey.fail"):
        answer = team.put("/account/tokens/passkey", {"challengeId": begun["$id"], "credential": wrong})

    assert answer.status == 401
    assert of_user(tables, person.id) == {}


def test_who_has_most_of_everything_is_deleted_in_one_transaction(
    people: People, team: TeamApi, tables: Tables, clock: Clock
) -> None:
    allow_passkeys(tables, clock)
    person = people.new(
        user_id="a.b-c_d.e-f.g-h",
        email="a.b.c.d.e.f.g.h.i.j.k.l.m@example.test",
        name=" ".join(f"name{number}" for number in range(13)),
        phone_verified=True,
    )
    with container.override("config", replace(settings.config(), rate_limits=False)):
        for _ in range(10):
            person.authenticator = Authenticator(ORIGIN)
            person.enrol_passkey()
    assert team.put(f"/users/{person.id}/labels", {"labels": [f"label{number}" for number in range(20)]}).status == 200
    for number in range(10):
        target = {"targetId": f"t{number}", "providerType": "email", "identifier": f"t{number}@example.test"}
        assert team.post(f"/users/{person.id}/targets", target).status == 201
    assert team.patch("/project/policies/user-limit", {"total": 9}).status == 200

    assert team.delete(f"/users/{person.id}").status == 204

    assert tables.items("users") == []
    assert tables.items("words") == []
