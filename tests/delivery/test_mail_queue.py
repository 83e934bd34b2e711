"""Jobs for the queue's function are put into the queue as JSON, and an unreachable queue is a passing failure."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from chalicelib.delivery import mail_queue
from chalicelib.errors import ApiError
from chalicelib.runtime import container
from chalicelib.runtime.settings import Config
from tests.support.faults import Faulty, refusal_of_aws


class Sqs:
    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def get_queue_url(self, **given: Any) -> dict[str, str]:
        self.calls.append(("get_queue_url", given))
        return {"QueueUrl": "https://sqs.test/queue"}

    def send_message(self, **given: Any) -> None:
        self.calls.append(("send_message", given))


@pytest.fixture
def sqs() -> Any:
    config = Config(stage="test", project="demo", table_prefix="some-prefix")
    container.reset()
    with container.override("config", config), container.override("sqs", Sqs()) as client:
        yield client
    container.reset()


def test_job_goes_to_the_queue_of_the_deployment_as_json(sqs: Sqs) -> None:
    job = {"job": "recovery", "email": "löwe@example.test", "at": 1}

    mail_queue.put(job)

    (looked_up, named), (sent, message) = sqs.calls
    assert (looked_up, named) == ("get_queue_url", {"QueueName": "some-prefix-mail"})
    assert (sent, message["QueueUrl"]) == ("send_message", "https://sqs.test/queue")
    assert json.loads(message["MessageBody"]) == job


def test_queue_is_looked_up_once(sqs: Sqs) -> None:
    for _ in range(3):
        mail_queue.put({"job": "x"})

    assert [name for name, _ in sqs.calls] == ["get_queue_url", *["send_message"] * 3]


@pytest.mark.parametrize("operation", ["get_queue_url", "send_message"])
@pytest.mark.parametrize(
    "failure",
    [
        refusal_of_aws("AWS.SimpleQueueService.NonExistentQueue"),
        refusal_of_aws("ThrottlingException"),
        EndpointConnectionError(endpoint_url="https://sqs.test"),
    ],
)
def test_queue_that_cannot_be_reached_is_told_as_passing(sqs: Sqs, operation: str, failure: Exception) -> None:
    with container.override("sqs", Faulty(failure, operation, real=sqs)), pytest.raises(ApiError) as caught:
        mail_queue.put({"job": "x"})

    assert (caught.value.status, caught.value.type) == (503, "general_service_unavailable")
    assert caught.value.retry_after == mail_queue.RETRY_AFTER
    assert "chalice-mfa" not in caught.value.message
    mail_queue.put({"job": "x"})
    assert sqs.calls[-1][0] == "send_message"
