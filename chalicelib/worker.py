"""What the queue's Lambda function does: mail that answers nobody's request directly, and what takes longer."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable

from chalice.app import Chalice, EventSourceHandler, SQSEvent

from chalicelib.accounts import delete, recover
from chalicelib.audit import notices
from chalicelib.delivery import mail_queue
from chalicelib.errors import ApiError

log = logging.getLogger("chalicelib")
JOBS: dict[str, Callable[..., None]] = {
    recover.JOB: recover.send,
    recover.JOB_BY_CODE: recover.send_code,
    notices.JOB: notices.send,
    delete.JOB: delete.go_on,
}


def register(app: Chalice) -> EventSourceHandler:
    """Let the app take the jobs of the deployment's queue, one at a time.

    Returns what Lambda calls, by the name `app.take` that Chalice makes of `take`: app.py has to hold it.
    """
    handler: EventSourceHandler = app.on_sqs_message(queue=mail_queue.name(), batch_size=1, name="mail")(take)
    return handler


def take(event: SQSEvent) -> None:
    """Do each job.

    A failure that time or the operator can mend, a 503, is raised again, so that the queue hands the job out once more,
    five times in all. Any other refusal ends the job: that of a recipient which SES takes for none, too.
    """
    for message in event:
        arguments = json.loads(message.body)
        try:
            JOBS[arguments.pop("job")](**arguments)
        except ApiError as error:
            if error.status == 503:
                raise
            log.info("job not done: %s", error.type)
