"""Takes the jobs off the queue and hands them to the app, as SQS and Lambda do for the deployed one."""

import threading
import traceback
from collections.abc import Callable
from typing import Any

import botocore.session
from chalice.app import Chalice
from chalice.local import LambdaContext

PAUSE = 0.2
"""Seconds between two looks into the queue that nobody has asked for."""

PATIENCE = 2.0
"""Seconds that a request waits for the jobs of those before, at most."""

MANY = 100
"""Jobs between two words on progress."""


def drain(app: Chalice, sqs: Any, queue: str, most: int = MANY) -> int:
    """Do the jobs that wait now, or so many of them; how many there were. One that fails stays in the queue, and its
    error is raised.
    """
    if "mail" not in app.handler_map:
        return 0  # the stand-in for an app that does not start
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    done = 0
    while done < most and (messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1).get("Messages")):
        record = {"body": messages[0]["Body"], "receiptHandle": messages[0]["ReceiptHandle"]}
        app.handler_map["mail"]({"Records": [record]}, LambdaContext("chalice-mfa-local-mail", 1024, 60_000))
        sqs.delete_message(QueueUrl=url, ReceiptHandle=messages[0]["ReceiptHandle"])
        done += 1
    return done


class Worker:
    """A thread that does the jobs of the queue, from `start` to `stop`: every now and then, and when `settle()` asks.

    Whoever settles first finds the mails of what was answered before in the inbox, and before its own.
    """

    def __init__(self, queue: str) -> None:
        self._queue = queue
        self._client = botocore.session.get_session().create_client("sqs")
        self._put = self._done = 0
        self._progress = threading.Condition()
        self._asked, self._over = threading.Event(), threading.Event()
        self.sqs = _Noticing(self._client, self._notice)
        """The client that the app is to put its jobs with."""

    def settle(self) -> None:
        """Wait until the jobs that have been put by now are done, but not for ever."""
        with self._progress:
            put = self._put
            if self._done < put:
                self._asked.set()
                self._progress.wait_for(lambda: self._done >= put, PATIENCE)

    def start(self, app: Chalice) -> None:
        threading.Thread(target=self._loop, args=(app,), daemon=True, name="jobs").start()

    def stop(self) -> None:
        self._over.set()

    def _notice(self) -> None:
        with self._progress:
            self._put += 1

    def _loop(self, app: Chalice) -> None:
        while not self._over.is_set():
            self._asked.wait(PAUSE)
            self._asked.clear()
            put = self._put
            try:
                drain(app, self._client, self._queue, most=max(put - self._done, MANY))
            except Exception:  # the queue hands the job out again
                traceback.print_exc()
            with self._progress:
                self._done = put
                self._progress.notify_all()


class _Noticing:
    def __init__(self, client: Any, notice: Callable[[], None]) -> None:
        self._client, self._notice = client, notice

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def send_message(self, **parameters: Any) -> Any:
        answer = self._client.send_message(**parameters)
        self._notice()
        return answer
