"""The queue for mail that answers nobody's request directly. A Lambda function takes the jobs; locally a thread."""

from __future__ import annotations

import json
import logging
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

from chalicelib.errors import fail
from chalicelib.runtime import aws, container, settings

log = logging.getLogger("chalicelib")
RETRY_AFTER = 5


def name() -> str:
    """The queue's name, from the deployment's prefix as the tables have it."""
    return f"{settings.config().table_prefix}-mail"


class Look(NamedTuple):
    """What the queue tells of itself: how many jobs wait, and what time it is there, in epoch seconds."""

    waiting: int
    at: int


def put(job: dict[str, Any]) -> None:
    """Hand over a job: a JSON object whose `job` says what to do. 503 when the queue cannot be reached."""
    _call("send_message", MessageBody=json.dumps(job))


def look() -> Look:
    """503 when the queue cannot be reached."""
    answer = _call("get_queue_attributes", AttributeNames=["ApproximateNumberOfMessages"])
    told = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
    return Look(int(answer["Attributes"]["ApproximateNumberOfMessages"]), int(told.timestamp()))


def _call(operation: str, **parameters: Any) -> dict[str, Any]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        answer: dict[str, Any] = getattr(aws.client("sqs"), operation)(QueueUrl=_url(), **parameters)
    except (BotoCoreError, ClientError) as error:
        log.warning("the queue failed: %s", type(error).__name__)
        reason = f"sqs failed: {type(error).__name__}"
        raise fail("general_service_unavailable", retry_after=RETRY_AFTER, reason=reason) from error
    return answer


def _url() -> str:
    def look_up() -> str:
        answer: dict[str, str] = aws.client("sqs").get_queue_url(QueueName=name())
        return answer["QueueUrl"]

    url: str = container.get("queue-url", look_up)
    return url
