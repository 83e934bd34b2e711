"""/account/mfa/authenticators."""

from __future__ import annotations

from typing import Any

from chalicelib.api.account.account import ACCOUNT, changed_account
from chalicelib.api.answers import mfa as json_mfa
from chalicelib.mfa import authenticators
from chalicelib.web.endpoint import Call, Recent, Routes
from chalicelib.web.parameters import Parameter, choice, text

routes = Routes(__name__)
PATH = "/account/mfa/authenticators/{type}"
TYPE = Parameter(choice("totp"))


@routes.endpoint(
    "POST",
    PATH,
    answer="mfaType",
    errors=("user_authenticator_already_verified",),
    signed_in=True,
    recent=Recent.IN_FORCE,
    params={"type": TYPE},
)
def create(call: Call, type: str) -> dict[str, Any]:
    return json_mfa.authenticator(authenticators.enrol(call.actor, call.user))


@routes.endpoint(
    "PUT",
    PATH,
    answer="account",
    errors=("user_authenticator_already_verified", "user_authenticator_not_found", "user_invalid_token"),
    signed_in=True,
    own_session=True,
    recent=Recent.IN_FORCE,
    reads=ACCOUNT,
    params={"type": TYPE, "otp": Parameter(text(1, 256))},
)
def confirm(call: Call, type: str, otp: str) -> dict[str, Any]:
    authenticators.confirm(call.actor, call.user, call.session, otp, call.project)
    return changed_account(call)


@routes.endpoint(
    "DELETE",
    PATH,
    errors=("user_authenticator_not_found",),
    signed_in=True,
    own_session=True,
    recent=Recent.ALWAYS,
    params={"type": TYPE},
)
def delete(call: Call, type: str) -> None:
    authenticators.remove(call.actor, call.user, call.session, call.project)
