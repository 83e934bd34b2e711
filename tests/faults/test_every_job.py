"""Every call to AWS of every job of the queue goes wrong in every way: the message is sent, or the job comes again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.errors import ApiError
from tests.faults.aws import Fault, faults_of, throttled
from tests.faults.scene import Request, Scene, Taken
from tests.routes import TABLE

REQUESTS = {route.place: Request(route, route.on_stage()[0]) for route in TABLE}
ASKED = REQUESTS["POST", "/account/recovery"]
REDEEMED = REQUESTS["PUT", "/account/recovery"]
ASKED_FOR_A_CODE = REQUESTS["POST", "/account/recovery/otp"]
REDEEMED_BY_CODE = REQUESTS["PUT", "/account/recovery/otp"]
TOLD = REQUESTS["PATCH", "/account/password"]
DELETED = REQUESTS["DELETE", "/users/{userId}"]


def job_of(scene: Scene, request: Request) -> dict[str, Any]:
    """The job that the request puts into the queue."""
    with scene.set():
        calls = scene.run(request).calls
    [job] = [json.loads(call.parameters["MessageBody"]) for call in calls if call.operation == "send_message"]
    return dict(job)


NOTICES: dict[str, dict[str, Any]] = {
    "notice by mail": {},
    "notice to an unverified mailbox": {"proven": False},
    "notice by SMS": {"channel": "phone", "to": "+4915170000009"},
    "notice by mail instead of an SMS": {"channel": "phone", "to": "+499001234567", "mailbox": "ann@example.test"},
}


RECOVERIES = {"recovery": ASKED, "recovery by code": ASKED_FOR_A_CODE}


@pytest.fixture(params=[*RECOVERIES, *NOTICES])
def job(scene: Scene, request: pytest.FixtureRequest) -> dict[str, Any]:
    if request.param in RECOVERIES:
        return job_of(scene, RECOVERIES[request.param])
    return {**job_of(scene, TOLD), **NOTICES[request.param]}


def test_message_is_sent_or_the_job_comes_again_whatever_goes_wrong(scene: Scene, job: dict[str, Any]) -> None:
    with scene.set():
        done = scene.take(job)
    assert (done.error, len(done.sent)) == (None, 1)

    mishaps = [
        f"{number + 1}. {call}, {fault.__name__}: {problem}"
        for number, call in enumerate(done.calls)
        for fault in faults_of(call)
        for problem in problems(scene, job, done, number, fault)
    ]

    assert not mishaps, "\n".join(mishaps)


def test_all_is_erased_or_the_job_comes_again_whatever_goes_wrong(scene: Scene) -> None:
    with scene.set():
        calls = scene.run(DELETED).calls
    [job] = [json.loads(call.parameters["MessageBody"]) for call in calls if call.is_erasure]
    first = [call.operation for call in calls].index("query")

    def take(number: int = -1, fault: Fault | None = None) -> Iterator[Taken]:
        """The job with that fault, after a request that could erase nothing, and once more if it failed."""
        with scene.set():
            scene.run(DELETED, first, throttled, erasing=False)
            taken = scene.take(job, number, fault)
            yield taken
            if taken.error:
                yield scene.take(job)

    [done] = take()
    assert done.error is None

    mishaps = [
        f"{number + 1}. {call}, {fault.__name__}: {last.error!r}"
        for number, call in enumerate(done.calls)
        for fault in faults_of(call)
        if (last := list(take(number, fault))[-1]).error or last.tables != done.tables
    ]

    assert not mishaps, "\n".join(mishaps)


def problems(scene: Scene, job: dict[str, Any], done: Taken, number: int, fault: Fault) -> Iterator[str]:
    """What is wrong with the job when that call of it goes wrong."""
    with scene.set():
        taken = scene.take(job, number, fault)
        if taken.error is None:
            if taken.tables != done.tables or set(taken.sent) != set(done.sent):
                yield f"is taken for done, with {taken.sent or 'nothing'} sent"
            yield from problems_of_the_newest_secret(scene, job)
            return
        if not (isinstance(taken.error, ApiError) and taken.error.status == 503):
            yield f"raises {taken.error!r}"
        again = scene.take(job)
        if again.error or set(taken.sent + again.sent) != set(done.sent):
            yield f"comes again, and then sends {again.sent or 'nothing'}, {again.error!r}"
        yield from problems_of_the_newest_secret(scene, job)


def problems_of_the_newest_secret(scene: Scene, job: dict[str, Any]) -> Iterator[str]:
    if job["job"] == "notice":
        return
    by_link = job["job"] == "recovery"
    answer = scene.follow_the_newest_link(REDEEMED) if by_link else scene.type_the_newest_code(REDEEMED_BY_CODE)
    if answer.status != 200:
        yield f"mails a secret that is not good: {answer.text}"
