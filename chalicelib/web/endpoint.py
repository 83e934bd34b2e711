"""Every endpoint is registered here, and every request to one answered: checks, function, answer or error."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from chalice.app import Blueprint, Response

from chalicelib.errors import ApiError, fail
from chalicelib.runtime import clock, metrics
from chalicelib.runtime.logs import FIELDS, requests
from chalicelib.storage import dynamo, users
from chalicelib.units import DAY_MS
from chalicelib.web import formats
from chalicelib.web.call import Call
from chalicelib.web.checks import CHECKS
from chalicelib.web.declaration import Endpoint, Handler, Recent, Served
from chalicelib.web.limits import announce
from chalicelib.web.reply import error_reply, json_reply, no_content
from chalicelib.web.request import ApiRequest

__all__ = ["Call", "Recent", "Routes"]  # what a resource needs

log = logging.getLogger("chalicelib")


class Routes(Blueprint):
    """A Chalice blueprint whose endpoints share the checks. `served` lists them for the OpenAPI document."""

    def __init__(self, import_name: str) -> None:
        super().__init__(import_name)
        self.served: list[Served] = []

    def endpoint(self, method: str, path: str, *aliases: str, **options: Any) -> Callable[[Handler], Handler]:
        """Serve `method` (GET serves HEAD too) at `path` and its aliases; `options` are the fields of Endpoint.

        The decorated function takes the Call and the parameters by name in snake case; it returns the JSON body, None
        for 204, or a Response. What is declared is checked when all are there (mistakes.py).
        """
        definition = Endpoint(path, **options)
        announce(definition.limits, f"{method} {path}")
        methods = ["GET", "HEAD"] if method == "GET" else [method]

        def register(handler: Handler) -> Handler:
            def view(**_: str) -> Response:
                return _answer(definition, handler, ApiRequest(self.current_request, definition.max_body))

            self.served.append(Served(method, (path, *aliases), definition, handler))
            for place in (path, *aliases):
                self.route(place, methods=methods, content_types=[])(view)
            return handler

        return register


def _answer(endpoint: Endpoint, handler: Handler, request: ApiRequest) -> Response:
    call, begun, calls, error = Call(request, endpoint), clock.now(), dynamo.calls(), None
    try:
        for check in CHECKS:
            check(call)
        _note_visit(call)
        result = handler(call, **call.values)
        call.usage.succeeded()
        response = _success(call, result, {**call.usage.headers, **call.headers})
    except Exception as raised:
        error = _told(raised, call)
        response = error_reply(error, {**call.usage.headers, **call.headers})
    _log(call, response.status_code, error, clock.now() - begun, dynamo.calls() - calls)
    return response


def _note_visit(call: Call) -> None:
    """Once a day it is written down that the user has been here (`accessedAt`)."""
    user = call.caller.user
    if user and clock.now() - user.accessed > DAY_MS:
        users.touch(user)


def _success(call: Call, result: dict[str, Any] | Response | None, headers: Mapping[str, Any]) -> Response:
    if isinstance(result, Response):
        result.headers.update(headers)
        return result
    if result is None:
        return no_content(headers)
    shown = formats.shown(call.endpoint.answer, result, formats.version(call.request))
    return json_reply(call.endpoint.status, shown, headers)


def _told(raised: Exception, call: Call) -> ApiError:
    """What the client hears of an exception; one that nobody expected is logged."""
    if isinstance(raised, ApiError):
        return call.usage.failed(raised)
    log.error("request failed", exc_info=raised, extra={FIELDS: {"request": call.request.id}})
    return fail("general_server_error", reason=type(raised).__name__)


def _log(call: Call, status: int, error: ApiError | None, milliseconds: int, calls: int) -> None:
    """One line for each request, of things that we name ourselves, which makes CloudWatch count it, too."""
    counted = {"Latency": milliseconds, "DynamoDBCalls": calls}
    if status == 429 or status >= 500:
        counted["Limited429" if status == 429 else "Failures5xx"] = 1
    if error and error.guess:
        counted[error.guess] = 1
    fields = {
        "request": call.request.id,
        "route": f"{call.request.method} {call.endpoint.path}",
        "caller": call.kind,
        "status": status,
        "type": error.type if error else "",
        **({"reason": error.reason} if error and error.reason else {}),
        **metrics.embedded(counted),
    }
    requests.info("request", extra={FIELDS: fields})
