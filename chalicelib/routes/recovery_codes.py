"""/account/mfa/recovery-codes."""

from __future__ import annotations

from typing import Any

from chalicelib.mfa import recovery_codes
from chalicelib.routes import wire
from chalicelib.routes.endpoint import Call, Recent, Routes

routes = Routes(__name__)
PATH = "/account/mfa/recovery-codes"


@routes.endpoint("POST", PATH, status=201, signed_in=True, recent=Recent.IN_FORCE)
def create(call: Call) -> dict[str, Any]:
    return wire.recovery_codes(recovery_codes.create(call.user))


@routes.endpoint("GET", PATH, signed_in=True, recent=Recent.ALWAYS)
def list_masked(call: Call) -> dict[str, Any]:
    return wire.recovery_codes(recovery_codes.masked(call.user))


@routes.endpoint("PATCH", PATH, signed_in=True, recent=Recent.ALWAYS)
def regenerate(call: Call) -> dict[str, Any]:
    return wire.recovery_codes(recovery_codes.regenerate(call.user))
