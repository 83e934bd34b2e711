"""What the queue's function does with jobs: the recovery mail, whatever SQS makes of its order and number."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from chalice.local import LambdaContext

from chalicelib.errors import ApiError
from chalicelib.runtime import container
from tests.support.api import Api, assert_refused
from tests.support.faults import Faulty, refusal_of_aws
from tests.support.person import PASSWORD, RETURN_URL, People, Person
from tests.support.tables import Tables

PATH = "/account/recovery"


def deliver(job: dict[str, Any], times: int = 1) -> None:
    """Hand a job to the queue's function as SQS does, which may do so more than once."""
    from app import app

    for _ in range(times):
        event = {"Records": [{"body": json.dumps(job), "receiptHandle": "x"}]}
        app.handler_map["mail"](event, LambdaContext("mail", 1024, 60_000))


@pytest.fixture
def job(person: Person) -> dict[str, Any]:
    """The job that a request of `person` puts into the queue."""
    jobs: list[dict[str, Any]] = []

    class Queue:
        def get_queue_url(self, **_: Any) -> dict[str, str]:
            return {"QueueUrl": "x"}

        def send_message(self, **given: Any) -> None:
            jobs.append(json.loads(given["MessageBody"]))

    with container.override("sqs", Queue()), container.override("queue-url", "x"):
        person.api.post(PATH, {"email": person.email, "url": RETURN_URL})
    return jobs[0]


def test_job_has_no_secret_in_it(person: Person, job: dict[str, Any]) -> None:
    assert set(job) == {"job", "email", "url", "locale", "at", "client"}


def test_job_that_is_delivered_twice_sends_one_mail(person: Person, job: dict[str, Any]) -> None:
    deliver(job, times=3)

    assert len(person.mails()) == 1
    person.clock.advance(minutes=2)
    deliver(job)
    assert len(person.mails()) == 1


@pytest.mark.parametrize("code", ["TooManyRequestsException", "MessageRejected"])
def test_job_whose_mail_fails_is_handed_out_again(person: Person, job: dict[str, Any], code: str) -> None:
    deliver({**job, "at": job["at"] - 60_000})
    first = person.mailed_secret()
    with container.override("sesv2", Faulty(refusal_of_aws(code))), pytest.raises(ApiError):
        deliver(job)
    body = {"userId": person.id, "secret": "0" * 256, "password": "another password"}
    assert_refused(person.api.put(PATH, body), 401, "user_invalid_token")

    deliver(job)

    assert len(person.mails()) == 2
    assert person.mailed_secret() != first
    assert person.api.put(PATH, {**body, "secret": person.mailed_secret()}).status == 200


def test_job_whose_recipient_is_none_to_ses_is_over(
    person: Person, tables: Tables, run_jobs: Callable[[], int], caplog: pytest.LogCaptureFixture
) -> None:
    """Handed out again, it would fail as often as it is tried, and end among the dead letters."""
    assert person.api.post(PATH, {"email": person.email, "url": RETURN_URL}).status == 201
    before = tables.everything()
    refusal = refusal_of_aws("BadRequestException")

    with container.override("sesv2", Faulty(refusal)), caplog.at_level(logging.INFO, "chalicelib"):
        assert run_jobs() == 1

    logged = [record.getMessage() for record in caplog.records if record.name.startswith("chalicelib")]
    assert [line for line in logged if " " in line] == [
        "mail not sent: BadRequestException",
        "job not done: general_argument_invalid",
    ]
    assert person.email not in caplog.text
    assert (run_jobs(), person.mails()) == (0, [])
    assert tables.everything() == before


@pytest.mark.parametrize("verified", [True, False])
def test_notice_whose_recipient_is_none_to_ses_is_over(
    people: People, run_jobs: Callable[[], int], verified: bool
) -> None:
    person = people.new(email_verified=verified)
    run_jobs()
    changed = {"password": "battery staple", "oldPassword": PASSWORD}
    assert person.patch("/account/password", changed).status == 200

    with container.override("sesv2", Faulty(refusal_of_aws("BadRequestException"))):
        assert run_jobs() == 1

    person.inbox.clear()
    assert (run_jobs(), person.mails()) == (0, [])
    changed = {"password": PASSWORD, "oldPassword": "battery staple"}
    assert person.patch("/account/password", changed).status == 200
    assert (run_jobs(), len(person.mails())) == (1, 1), "what was not sent is not counted"


def test_link_before_stays_good_when_the_next_cannot_be_mailed(person: Person, job: dict[str, Any]) -> None:
    deliver({**job, "at": job["at"] - 60_000})
    with container.override("sesv2", Faulty(refusal_of_aws("MessageRejected"))), pytest.raises(ApiError):
        deliver(job)

    body = {"userId": person.id, "secret": person.mailed_secret(), "password": "another password"}
    assert person.api.put(PATH, body).status == 200


def test_jobs_that_arrive_out_of_order_leave_the_newest_link(person: Person, job: dict[str, Any]) -> None:
    deliver({**job, "at": job["at"] + 60_000})
    newest = person.mailed_secret()
    deliver(job)

    body = {"userId": person.id, "secret": newest, "password": "another password"}
    assert person.api.put(PATH, body).status == 200


def test_unknown_job_is_not_swallowed(api: Api) -> None:
    with pytest.raises(KeyError):
        deliver({"job": "something"})


def test_job_that_comes_after_its_link_has_expired_sends_nothing(person: Person, job: dict[str, Any]) -> None:
    person.clock.advance(minutes=61)

    deliver(job)

    assert person.mails() == []
