"""The endpoint of the way to sign in: chalicelib/api/account/badges.py."""

from __future__ import annotations

from typing import Any

from chalicelib.api.account.sessions import alerts, opened
from chalicelib.sign_in import badge as by_badge  # type: ignore[attr-defined]  # it is beside this file, not there
from chalicelib.web.endpoint import Call, Routes
from chalicelib.web.parameters import Parameter, identifier, text

routes = Routes(__name__)


@routes.endpoint(
    "POST",
    "/account/sessions/badge",
    answer="session",
    errors=("user_invalid_token",),
    status=201,
    sign_in_method=by_badge.ByBadge.method,
    opens_session=True,
    params={"userId": Parameter(identifier), "badge": Parameter(text(1, 256))},
)
def create(call: Call, user_id: str, badge: str) -> dict[str, Any]:
    return opened(call, by_badge.sign_in(call.actor, user_id, badge, alerts(call)))
