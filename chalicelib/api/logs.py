"""/account/logs and /users/{userId}/logs: what happened to an account, newest first."""

from __future__ import annotations

from typing import Any

from chalicelib.api.answers import lists as json_lists
from chalicelib.api.answers import logs as json_logs
from chalicelib.api.users.users import USER, USER_ID, user_of
from chalicelib.models import User
from chalicelib.storage import events
from chalicelib.web.endpoint import Call, Routes
from chalicelib.web.queries import OF_PAGES, PAGE, Paging

routes = Routes(__name__)


@routes.endpoint("GET", "/account/logs", answer="logList", errors=OF_PAGES, signed_in=True, params=PAGE)
def list_own(call: Call, queries: Paging, total: bool) -> dict[str, Any]:
    return _page(call.user, queries, total)


@routes.endpoint(
    "GET",
    "/users/{userId}/logs",
    answer="logList",
    errors=OF_PAGES,
    key=True,
    reads=USER,
    params={"userId": USER_ID, **PAGE},
)
def list_all(call: Call, user_id: str, queries: Paging, total: bool) -> dict[str, Any]:
    return _page(user_of(call), queries, total)


def _page(user: User, queries: Paging, total: bool) -> dict[str, Any]:
    found = [json_logs.log(event, user) for event in events.newest(user, *queries)]
    return json_lists.page("logs", found, events.count(user) if total else 0)
