"""Every call to AWS of every route goes wrong in every way: a request is done or not done, and says which.

No half-written state, no code spent without what it grants, nothing granted without spending, no answer outside the
shape; and when AWS is well again the same request succeeds, or is told that it was done before.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.aws import Call, Fault, faults_of, throttled
from tests.faults.scene import Request, Run, Scene
from tests.routes import TABLE
from tests.support.api import Answer, outcome

DELETIONS = {("DELETE", "/account"), ("DELETE", "/users/{userId}")}
ASKING_THE_QUEUE = {
    *(("POST", "/account/recovery"), ("POST", "/account/recovery/otp")),
    *(("GET", "/health/time"), ("GET", "/health/queue/mails")),
}
REQUESTS = [Request(route, act) for route in TABLE for act in route.on_stage()]


def name_of(request: Request) -> str:
    wanted = request.act.outcome
    return f"{' '.join(request.route.place)} {wanted if isinstance(wanted, int) else wanted[1]}"


@pytest.mark.parametrize("request_", REQUESTS, ids=name_of)
def test_request_is_done_or_not_done_whatever_goes_wrong(scene: Scene, request_: Request) -> None:
    mishaps = mishaps_of(scene, request_)

    assert not mishaps, "\n".join(mishaps)


def mishaps_of(scene: Scene, request: Request) -> list[str]:
    """What is wrong with the request when one of its calls goes wrong, each in every way."""
    act = request.act
    with scene.set():
        done = scene.run(request)
        again = scene.run(request)
    assert (outcome(done.answer), outcome(again.answer)) == (act.outcome, act.again or act.outcome)
    return [
        f"{number + 1}. {call}, {fault.__name__}: {problem}"
        for number, call in enumerate(done.calls)
        for fault in ([throttled] if request.route.alias else faults_of(call))
        for problem in problems(scene, request, done, number, fault)
    ]


def is_extra(request: Request, call: Call) -> bool:
    """Calls that come when what was asked for is done, so that their failure must not fail the request: notices,
    erasing what a deleted user has left, and counters that are emptied, given back, or of SMS codes that came back.
    """
    if call.service == "sqs":
        return call.is_beside or (call.operation == "get_queue_url" and request.route.place not in ASKING_THE_QUEUE)
    if request.route.place in DELETIONS:
        return "users" not in call.tables
    given_back = {"N": "-1"} in call.parameters.get("ExpressionAttributeValues", {}).values()
    came_back = "sms|verified" in repr(call.parameters.get("Key"))
    return call.tables == {"limits"} and (call.operation == "delete_item" or given_back or came_back)


def problems(scene: Scene, request: Request, done: Run, number: int, fault: Fault) -> Iterator[str]:
    """What is wrong with the request when that call of it goes wrong."""
    call, act = done.calls[number], request.act
    with scene.set():
        run = scene.run(request, number, fault)
        if outcome(run.answer) == act.outcome:
            yield from problems_of_success(run, done)
            return
        if is_extra(request, call):
            yield "fails the request"
        yield from problems_of_refusal(run.answer)
        if run.tables not in (scene.before, done.tables):
            yield "left half done"
        is_done = run.tables != scene.before
        if is_done and run.sent != done.sent:
            yield f"done, but sent {run.sent}"
        if is_done or (fault is throttled and call.operation != "batch_get_item"):  # else it is as at first
            told = outcome(scene.run(request).answer)
            if told != ((act.again or act.outcome) if is_done else act.outcome):
                yield f"then answers {told}"


def problems_of_success(run: Run, done: Run) -> Iterator[str]:
    """A message may come twice, since a send whose answer is lost is sent again."""
    if run.tables != done.tables or set(run.sent) != set(done.sent):
        yield f"told as done, but it is not; sent {run.sent}"
    if run.answer.content != done.answer.content:
        yield f"answers {run.answer.text}"


def problems_of_refusal(answer: Answer) -> Iterator[str]:
    """A 503 in the API's shape with a time to retry after, and nothing of what AWS said."""
    if answer.status != 503 or set(answer.json) != {"message", "code", "type", "version"}:
        yield f"answers {answer.status} {answer.text}"
    if not int(answer.header("Retry-After") or 0) > 0:
        yield "does not say when to come again"
    if "secret" in answer.text:
        yield "says what AWS said"
