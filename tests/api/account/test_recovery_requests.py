"""POST /account/recovery tells nobody who has an account, and mails the owner (attacks 39 to 41)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from chalicelib.runtime import aws, container, settings
from tests.conftest import Jobs
from tests.support.api import Answer, Api, TeamApi, assert_refused
from tests.support.faults import Faulty, refusal_of_aws
from tests.support.person import RETURN_URL, People, Person

PATH = "/account/recovery"
UNKNOWN = "nobody@example.test"


def ask(api: Api, email: Any, url: Any = RETURN_URL, **options: Any) -> Answer:
    return api.post(PATH, {"email": email, "url": url}, **options)


class Watched:
    """An AWS client that notes what is asked of it: the operation and the names of its parameters."""

    def __init__(self, name: str, calls: list[Any]) -> None:
        self._real, self._calls = aws.client(name), calls

    def __getattr__(self, operation: str) -> Any:
        def call(**given: Any) -> Any:
            self._calls.append((operation, shape(given)))
            return getattr(self._real, operation)(**given)

        return call


def shape(value: Any) -> Any:
    """What an onlooker could tell from outside: everything but the texts."""
    if isinstance(value, dict):
        return {name: shape(each) for name, each in value.items()}
    if isinstance(value, list):
        return [shape(each) for each in value]
    return type(value).__name__


def calls_of(request: Callable[[], Answer]) -> list[Any]:
    calls: list[Any] = []
    with ExitStack() as stack:
        for name in ("dynamodb", "sqs", "kms", "sesv2"):
            stack.enter_context(container.override(name, Watched(name, calls)))
        request()
    return calls


def assert_queued_alike(person: Person, ask: Callable[[Api, str], Answer]) -> None:
    """Whether or not there is an account, the same calls put a job into the queue, and nothing is sent."""
    ask(person.api, person.email)  # whatever a process does once is done

    known, unknown = (calls_of(partial(ask, person.api, address)) for address in (person.email, UNKNOWN))

    assert known == unknown
    assert [operation for operation, _ in known].count("send_message") == 1
    assert "send_email" not in [operation for operation, _ in known]


# What everybody sees


def test_known_and_unknown_address_are_answered_alike(person: Person, people: People, team: TeamApi) -> None:
    blocked = people.new()
    team.patch(f"/users/{blocked.id}/status", {"status": False})
    answers = [ask(person.api, address) for address in (person.email, UNKNOWN, blocked.email)]

    for answer in answers:
        assert answer.status == 201
        assert set(answer.json) == {"$id", "$createdAt", "userId", "secret", "expire", "phrase"}
        assert (answer.json["secret"], answer.json["phrase"]) == ("", "")
        assert len(answer.json["userId"]) == 20
        assert answer.json["userId"] not in (person.id, blocked.id)
        assert [name for name, _ in answer.headers] == [name for name, _ in answers[0].headers]
    assert len({answer.json["userId"] for answer in answers}) == 3


def test_user_id_shown_is_stable_and_no_plain_hash(api: Api, person: Person) -> None:
    for address in (person.email, UNKNOWN):
        shown = {ask(api, spelling).json["userId"] for spelling in (address, address.upper(), f" {address} ")}
        assert len(shown) == 1
        plain = {hashlib.new(name, address.encode()).hexdigest()[:20] for name in ("sha256", "sha1", "md5")}
        assert not shown & plain


def test_known_and_unknown_address_cost_the_same_calls(person: Person) -> None:
    assert_queued_alike(person, ask)


def test_limits_tell_known_and_unknown_alike(person: Person) -> None:
    for address in (person.email, UNKNOWN):
        with container.override("config", replace(settings.config(), rate_limits=True)):
            person.clock.advance(minutes=60)
            headers = [ask(person.api, address).header("X-RateLimit-Remaining") for _ in range(3)]
            assert headers == ["2", "1", "0"]
            assert_refused(ask(person.api, address), 429, "general_rate_limit_exceeded")


NO_ADDRESS = [None, "", "a", "a@b", "ä@b.test", "a@1.1", "a@b.test, c@d.test", 1, ["a@b.test"]]
NO_LINK = [
    *("x", "https://evil.test", "http://localhost.evil.test", "javascript:alert(1)", "http://a@evil.test", None, 1),
    "http://localhost/#/reset?userId=eve&secret=known",
]


def test_bad_value_is_refused_and_asks_for_nothing(person: Person, team: TeamApi, run_jobs: Jobs) -> None:
    """The team asks, whose requests are not limited."""
    for email in NO_ADDRESS:
        assert_refused(ask(team, email), 400, "general_argument_invalid")
    for url in NO_LINK:
        assert_refused(ask(team, person.email, url), 400, "general_argument_invalid")

    assert run_jobs() == 0


def test_unreachable_queue_is_told_and_may_be_tried_again(person: Person) -> None:
    with container.override(
        "sqs", Faulty(refusal_of_aws("ServiceUnavailable"), "send_message", real=aws.client("sqs"))
    ):
        for address in (person.email, UNKNOWN):
            answer = ask(person.api, address)
            assert_refused(answer, 503, "general_service_unavailable")
            assert answer.header("Retry-After") == "5"

    assert ask(person.api, person.email).status == 201


def test_parity_tells_who_has_an_account(person: Person, people: People, team: TeamApi, run_jobs: Jobs) -> None:
    blocked = people.new()
    team.patch(f"/users/{blocked.id}/status", {"status": False})
    with container.override("config", replace(settings.config(), parity=frozenset({"enumeration"}))):
        assert_refused(ask(person.api, UNKNOWN), 404, "user_not_found")
        assert_refused(ask(person.api, blocked.email), 403, "user_blocked")
        assert ask(person.api, person.email).status == 201
        body = {"userId": "nobody", "secret": "x", "password": "another password"}
        assert_refused(person.api.put(PATH, body), 404, "user_not_found")

    assert run_jobs() == 1
    assert_refused(person.api.put(PATH, body), 401, "user_invalid_token")


# The mail


def test_owner_gets_a_link(people: People, run_jobs: Jobs) -> None:
    person = people.new(name="Ada Löwe")
    answer = ask(person.api, person.email, f"{RETURN_URL}?next=1&secret=mine&userId=mine#top")

    assert (len(person.mails()), run_jobs(), len(person.mails())) == (0, 1, 1)

    (mail,) = person.mails()
    assert mail["subject"] == "Password Reset for Demo"
    assert "Reset your Demo password using the link." in mail["text"].splitlines()
    assert (mail["to"], mail["toName"], mail["code"]) == (person.email, "Ada Löwe", "")
    link = person.mailed_link()
    assert f'href="{link}"' in unescape(mail["html"])
    query = dict(parse_qsl(urlsplit(link).query))
    assert list(query) == ["next", "userId", "secret", "expire"]
    assert (query["userId"], query["expire"]) == (person.id, answer.json["expire"])
    assert len(query["secret"]) == 256
    assert urlsplit(link).fragment == "top"


def test_mail_is_in_the_readers_language(person: Person, run_jobs: Jobs) -> None:
    ask(person.api, person.email, headers={"X-Appwrite-Locale": "de"})
    run_jobs()

    assert person.mails()[0]["subject"] == "Passwort zurücksetzen für Demo"


def test_mail_goes_to_the_stored_address_whatever_the_spelling(person: Person, run_jobs: Jobs) -> None:
    ask(person.api, f" {person.email.upper()} ")
    run_jobs()

    assert [message.to for message in person.inbox.messages()] == [person.email]


def verified(people: People) -> Person:
    person = people.new(email_verified=True)
    person.inbox.clear()
    return person


def test_unknown_and_blocked_get_no_mail(people: People, team: TeamApi, run_jobs: Jobs) -> None:
    person = verified(people)
    team.patch(f"/users/{person.id}/status", {"status": False})
    for address in (person.email, UNKNOWN):
        ask(person.api, address)

    assert run_jobs() == 2
    assert person.inbox.messages() == []


def test_user_who_is_blocked_before_the_job_runs_gets_no_mail(people: People, team: TeamApi, run_jobs: Jobs) -> None:
    person = verified(people)
    ask(person.api, person.email)
    team.patch(f"/users/{person.id}/status", {"status": False})
    run_jobs()

    assert person.inbox.messages() == []


def test_second_request_within_the_cooldown_sends_nothing_and_voids_nothing(person: Person, run_jobs: Jobs) -> None:
    for _ in range(2):
        assert ask(person.api, person.email).status == 201
        run_jobs()

    assert len(person.mails()) == 1
    body = {"userId": person.id, "secret": person.mailed_secret(), "password": "another password"}
    assert person.api.put(PATH, body).status == 200
