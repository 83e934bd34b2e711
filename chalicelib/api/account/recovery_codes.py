"""/account/mfa/recovery-codes."""

from __future__ import annotations

from typing import Any

from chalicelib.api.answers import mfa as json_mfa
from chalicelib.mfa import recovery_codes
from chalicelib.web.endpoint import Call, Recent, Routes

routes = Routes(__name__)
PATH = "/account/mfa/recovery-codes"


@routes.endpoint(
    "POST",
    PATH,
    answer="mfaRecoveryCodes",
    errors=("user_recovery_codes_already_exists",),
    status=201,
    signed_in=True,
    recent=Recent.IN_FORCE,
)
def create(call: Call) -> dict[str, Any]:
    return json_mfa.recovery_codes(recovery_codes.create(call.actor, call.user, _maker(call)))


@routes.endpoint(
    "GET",
    PATH,
    answer="mfaRecoveryCodes",
    errors=("user_recovery_codes_not_found",),
    signed_in=True,
    recent=Recent.ALWAYS,
)
def list_masked(call: Call) -> dict[str, Any]:
    return json_mfa.recovery_codes(recovery_codes.masked(call.user))


@routes.endpoint(
    "PATCH",
    PATH,
    answer="mfaRecoveryCodes",
    errors=("user_recovery_codes_already_exists", "user_recovery_codes_not_found"),
    signed_in=True,
    recent=Recent.ALWAYS,
)
def regenerate(call: Call) -> dict[str, Any]:
    return json_mfa.recovery_codes(recovery_codes.regenerate(call.actor, call.user, _maker(call)))


def _maker(call: Call) -> str:
    """The session that makes them, also by its JWT; nobody's for a JWT without a session."""
    return call.caller.session.id if call.caller.session else ""
