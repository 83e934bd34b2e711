"""Takes the jobs off the queue and hands them to the app, as SQS and Lambda do for the deployed one."""

import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import botocore.session
from chalice.app import Chalice
from chalice.local import LambdaContext

PAUSE = 0.2


def drain(app: Chalice, sqs: Any, queue: str) -> int:
    """Do the jobs that wait now; how many there were. One that fails stays in the queue, and its error is raised."""
    if "mail" not in app.handler_map:
        return 0  # the stand-in for an app that does not start
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    done = 0
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1).get("Messages"):
        record = {"body": messages[0]["Body"], "receiptHandle": messages[0]["ReceiptHandle"]}
        app.handler_map["mail"]({"Records": [record]}, LambdaContext("chalice-mfa-local-mail", 1024, 60_000))
        sqs.delete_message(QueueUrl=url, ReceiptHandle=messages[0]["ReceiptHandle"])
        done += 1
    return done


@contextmanager
def worker(app: Chalice, queue: str) -> Iterator[None]:
    """A thread that drains the queue again and again, for as long as the `with` block lasts."""
    stopped = threading.Event()
    sqs = botocore.session.get_session().create_client("sqs")

    def loop() -> None:
        while not stopped.wait(PAUSE):
            try:
                drain(app, sqs, queue)
            except Exception:  # the next round tries again
                traceback.print_exc()

    thread = threading.Thread(target=loop, daemon=True, name="jobs")
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join(timeout=2)
