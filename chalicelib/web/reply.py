"""Answers: JSON, pictures, nothing, errors; and the headers that every answer has, whoever made it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from chalice.app import CaseInsensitiveMapping, Request, Response

from chalicelib.errors import ApiError, fail
from chalicelib.runtime.logs import FIELDS, requests
from chalicelib.security import origins
from chalicelib.web.identity import has_fallback_only
from chalicelib.web.request import ApiRequest

VERSION = "1.9.6"
NO_STORE = {"Cache-Control": "no-cache, no-store, must-revalidate", "Expires": "0", "Pragma": "no-cache"}
ALLOWED_HEADERS = ", ".join(
    [
        "Accept",
        "Origin",
        "Cookie",
        "Set-Cookie",
        "Content-Type",
        "Content-Range",
        "X-Appwrite-Project",
        "X-Appwrite-Key",
        "X-Appwrite-Dev-Key",
        "X-Appwrite-Locale",
        "X-Appwrite-Mode",
        "X-Appwrite-JWT",
        "X-Appwrite-Organization",
        "X-Appwrite-Response-Format",
        "X-Appwrite-Timeout",
        "X-Appwrite-ID",
        "X-Appwrite-Timestamp",
        "X-Appwrite-Session",
        "X-Appwrite-Platform",
        "X-Appwrite-Impersonate-User-Id",
        "X-Appwrite-Impersonate-User-Email",
        "X-Appwrite-Impersonate-User-Phone",
        "X-SDK-Version",
        "X-SDK-Name",
        "X-SDK-Language",
        "X-SDK-Platform",
        "X-SDK-GraphQL",
        "X-SDK-Profile",
        "Range",
        "Cache-Control",
        "Expires",
        "Pragma",
        "X-Fallback-Cookies",
        "X-Requested-With",
        "X-Forwarded-For",
        "X-Forwarded-User-Agent",
        *("traceparent", "tracestate", "baggage", "sentry-trace"),  # which tracers of web pages add to every call
    ]
)


EXPOSED_HEADERS = ", ".join(
    [
        "X-Appwrite-Session",
        "X-Fallback-Cookies",
        "Retry-After",
        "X-RateLimit-Limit",
        "X-RateLimit-Remaining",
        "X-RateLimit-Reset",
    ]
)


class Reply(Response):
    """A Chalice response that is base64 for API Gateway exactly when its body is bytes.

    Chalice decides by the content type, and API Gateway by the client's first accepted type; with `*/*` as the API's
    only binary type the latter decodes whatever is marked, for every client.
    """

    def to_dict(self, binary_types: list[str] | None = None) -> dict[str, Any]:
        answer: dict[str, Any] = super().to_dict(["*/*"] if isinstance(self.body, bytes) else [])
        return answer


def json_reply(status: int, body: Mapping[str, Any], headers: Mapping[str, Any]) -> Reply:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Reply(text, {"Content-Type": "application/json; charset=UTF-8", **headers}, status)


def no_content(headers: Mapping[str, Any] | None = None) -> Reply:
    """204. The SDKs parse every body that claims to be JSON, and the Python one needs some content type."""
    return Reply("", {"Content-Type": "text/html; charset=UTF-8", **(headers or {})}, 204)


def png(content: bytes, headers: Mapping[str, Any]) -> Reply:
    return Reply(content, {"Content-Type": "image/png", **headers})


def error_reply(error: ApiError, headers: Mapping[str, Any]) -> Reply:
    retry = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
    body = {"message": error.message, "code": error.status, "type": error.type, "version": VERSION}
    return json_reply(error.status, body, {**headers, **retry})


def finish(request: Request, get_response: Callable[[Request], Response]) -> Response:
    """The outermost middleware: Chalice's own answers in the API's shape, and the headers that all answers share.

    Chalice refuses a binary type to clients that do not ask for it in so many words, so all are taken to accept any.
    """
    request.headers = CaseInsensitiveMapping({**dict(request.headers), "accept": "*/*"})
    asked = ApiRequest(request)
    response = get_response(request)
    if not isinstance(response, Reply):
        response = error_reply(_translated(response.status_code), {})
    response.headers = {**_common_headers(asked, kept="Cache-Control" in response.headers), **response.headers}
    if asked.method == "OPTIONS" and "Access-Control-Allow-Origin" not in response.headers:
        _log_refused_preflight(asked, response.status_code)
    if asked.method == "HEAD":
        response.body = ""
    return response


def _log_refused_preflight(request: ApiRequest, status: int) -> None:
    """A page that may not call sends nothing else: without this line the log would not know of it."""
    origin = request.header("origin")
    if origin:
        told = {"type": "general_unknown_origin", "reason": origins.why_refused(origin)}
        line = {"request": request.id, "route": f"OPTIONS {request.resource}", "caller": "unknown", "status": status}
        requests.info("request", extra={FIELDS: {**line, **told}})


def _translated(status: int) -> ApiError:
    """What Chalice says by itself: no such path or method, an unreadable body, or an exception that it caught."""
    if status in (404, 405):
        return fail("general_route_not_found")
    return fail("general_argument_invalid" if status < 500 else "general_server_error")


def _common_headers(request: ApiRequest, kept: bool) -> dict[str, str]:
    """`kept`: the answer says itself how long it may be kept; any other may not be."""
    headers = {
        "X-Content-Type-Options": "nosniff",
        "X-Debug-Fallback": "true" if has_fallback_only(request) else "false",
        "Vary": "Origin",
        **({} if kept else NO_STORE),
        **_cors_headers(request),
    }
    if request.secure:
        headers["Strict-Transport-Security"] = "max-age=10886400"
    return headers


def _cors_headers(request: ApiRequest) -> dict[str, str]:
    """A page of another origin reads nothing, neither a preflight nor a refusal: its browser says so in the console."""
    origin = request.header("origin")
    headers = {
        "Access-Control-Allow-Credentials": "true",
        "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE",
        "Access-Control-Allow-Headers": ALLOWED_HEADERS,
        "Access-Control-Expose-Headers": EXPOSED_HEADERS,
        "Access-Control-Max-Age": "86400",
    }
    if origins.allows_origin(origin, request.own_host):
        headers["Access-Control-Allow-Origin"] = origin
    return headers
