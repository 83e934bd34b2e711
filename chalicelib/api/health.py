"""/ping and /health: whether the deployment and what it stands on are well."""

from __future__ import annotations

from typing import Any

from chalice.app import Response

from chalicelib.api.answers import health as json_health
from chalicelib.api.answers import lists as json_lists
from chalicelib.delivery import mail_queue
from chalicelib.runtime import clock
from chalicelib.storage import dynamo, keys
from chalicelib.web.endpoint import Call, Routes
from chalicelib.web.reply import VERSION, Reply

routes = Routes(__name__)


@routes.endpoint("GET", "/ping", answer="pong")
def ping(call: Call) -> Response:
    return Reply("Pong!", {"Content-Type": "text/plain; charset=UTF-8"})


@routes.endpoint("GET", "/health/version", answer="version", any_project=True)
def version(call: Call) -> dict[str, str]:
    return {"version": VERSION}


@routes.endpoint("GET", "/health", answer="healthStatus", key=True)
def get(call: Call) -> dict[str, Any]:
    """That there is an answer says it all."""
    return json_health.status("http", 0)


@routes.endpoint("GET", "/health/db", answer="healthStatusList", key=True)
def get_db(call: Call) -> dict[str, Any]:
    """503 when DynamoDB does not answer."""
    begun = clock.now()
    dynamo.read(keys.PROJECT)
    return json_lists.page("statuses", [json_health.status("dynamodb", clock.now() - begun)], 1)


@routes.endpoint("GET", "/health/time", answer="healthTime", key=True)
def get_time(call: Call) -> dict[str, int]:
    """Our clock beside that of SQS, both in seconds. 503 when SQS does not answer."""
    remote, local = mail_queue.look().at, clock.now() // 1000
    return {"remoteTime": remote, "localTime": local, "diff": remote - local}


@routes.endpoint("GET", "/health/queue/mails", answer="healthQueue", key=True)
def get_queue(call: Call) -> dict[str, int]:
    """503 when SQS does not answer."""
    return {"size": mail_queue.look().waiting}
