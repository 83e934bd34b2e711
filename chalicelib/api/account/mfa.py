"""/account/mfa: switch it on and off, list the factors."""

from __future__ import annotations

from typing import Any

from chalicelib.api.account.account import ACCOUNT, changed_account
from chalicelib.api.answers import mfa as json_mfa
from chalicelib.mfa import switch
from chalicelib.web.endpoint import Call, Recent, Routes
from chalicelib.web.parameters import Parameter, boolean
from chalicelib.web.request import ApiRequest

routes = Routes(__name__)


def when_switched_off(request: ApiRequest) -> Recent:
    """Switching MFA off needs a recent challenge once it is in force; switching it on does not."""
    return Recent.IN_FORCE if request.parameter("mfa") is False else Recent.NEVER


@routes.endpoint(
    "PATCH",
    "/account/mfa",
    answer="account",
    errors=("user_mfa_factor_missing", "user_not_found"),
    signed_in=True,
    own_session=True,
    timestamp=True,
    recent=when_switched_off,
    reads=ACCOUNT,
    params={"mfa": Parameter(boolean)},
)
def update(call: Call, mfa: bool) -> dict[str, Any]:
    change = switch.switch_on if mfa else switch.switch_off
    change(call.actor, call.user, call.session, call.project)
    return changed_account(call)


@routes.endpoint("GET", "/account/mfa/factors", answer="mfaFactors", signed_in=True, half=True)
def list_factors(call: Call) -> dict[str, Any]:
    return json_mfa.factors(call.user, call.project)
