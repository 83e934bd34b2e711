"""What Lambda does for a function that takes the messages of a queue: receive, invoke, delete."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from infra.lambda_runtime.execution import Event, FunctionError

PAUSE_SECONDS = 0.2


@contextmanager
def event_source(sqs: Any, queue: str, invoke: Callable[[Event], Any]) -> Iterator[None]:
    """A thread that gives the queue's messages to the function, for as long as the `with` block lasts."""
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]

    def empty() -> None:
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1).get("Messages"):
            _hand_over(sqs, url, messages[0], invoke)

    with repeated(empty, PAUSE_SECONDS):
        yield


@contextmanager
def repeated(work: Callable[[], None], pause: float) -> Iterator[None]:
    """A thread that does the work again and again, with so many seconds between, until the `with` block is over."""
    stopped = threading.Event()

    def loop() -> None:
        while not stopped.wait(pause):
            work()

    thread = threading.Thread(target=loop, name=work.__name__)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()


def _hand_over(sqs: Any, url: str, message: dict[str, Any], invoke: Callable[[Event], Any]) -> None:
    """A message whose function fails stays in the queue, to be received again once its time-out is over."""
    try:
        invoke({"Records": [record(message)]})
    except FunctionError as error:
        print(f"The queue's function failed: {error}", file=sys.stderr, flush=True)
    else:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def record(message: dict[str, Any]) -> Event:
    """A message of SQS as the event has it."""
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes", {}),
        "messageAttributes": {},
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "awsRegion": "us-east-1",
    }
