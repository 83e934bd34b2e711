"""/account/verifications: prove the e-mail address by a link or a code, the phone number by a code."""

from __future__ import annotations

from typing import Any

from chalicelib.accounts import verify
from chalicelib.api.answers import tokens as json_tokens
from chalicelib.errors import fail
from chalicelib.security import phrases
from chalicelib.security.origins import redirect
from chalicelib.sign_in.phone_code import ByPhoneCode
from chalicelib.units import DAY_S
from chalicelib.web.endpoint import Call, Routes
from chalicelib.web.limits import Limit, by_address, by_address_and_parameter, by_parameter, by_user
from chalicelib.web.parameters import Parameter, boolean, identifier, text

routes = Routes(__name__)
ASKED = (
    Limit(10, by_user, "verifications asked for by one user"),
    Limit(10, by_address, "verifications asked for from one client address"),
)
CODES = "codes of one user id"
PROOF = {"userId": Parameter(identifier), "secret": Parameter(text(1, 256))}


@routes.endpoint(
    "POST",
    "/account/verifications/email",
    "/account/verification",
    answer="token",
    errors=("general_smtp_disabled", "user_email_already_verified", "user_email_not_found"),
    status=201,
    signed_in=True,
    limits=ASKED,
    params={"url": Parameter(redirect)},
)
def send_email(call: Call, url: str) -> dict[str, Any]:
    return json_tokens.token(verify.send_email_link(call.actor, call.user, url), call.user.id)


@routes.endpoint(
    "PUT",
    "/account/verifications/email",
    "/account/verification",
    answer="token",
    errors=("user_invalid_token", "user_not_found"),
    # by the user alone, a stranger could shut the owner out
    limits=(Limit(10, by_address_and_parameter("userId"), "links of one user id from one client address"),),
    params=PROOF,
)
def confirm_email(call: Call, user_id: str, secret: str) -> dict[str, Any]:
    return json_tokens.token(verify.confirm_email(call.actor, user_id, secret, call.current, call.project), user_id)


@routes.endpoint(
    "POST",
    "/account/verifications/email/otp",
    answer="token",
    errors=("general_smtp_disabled", "user_email_already_verified", "user_email_not_found"),
    status=201,
    signed_in=True,
    limits=ASKED,
    params={"phrase": Parameter(boolean, False)},
)
def send_email_code(call: Call, phrase: bool) -> dict[str, Any]:
    words = phrases.phrase() if phrase else ""
    return json_tokens.token(verify.send_email_code(call.actor, call.user, words), call.user.id, phrase=words)


@routes.endpoint(
    "PUT",
    "/account/verifications/email/otp",
    answer="token",
    errors=("user_invalid_token", "user_not_found"),
    limits=(
        Limit(10, by_parameter("userId"), CODES, keys_too=True),
        Limit(50, by_parameter("userId"), CODES, keys_too=True, window=DAY_S, shared="email-proofs-of-a-day"),
    ),
    params=PROOF,
)
def confirm_email_code(call: Call, user_id: str, secret: str) -> dict[str, Any]:
    token = verify.confirm_email(call.actor, user_id, secret, call.current, call.project, by_code=True)
    return json_tokens.token(token, user_id)


@routes.endpoint(
    "POST",
    "/account/verifications/phone",
    "/account/verification/phone",
    answer="token",
    errors=(
        "general_phone_disabled",
        "user_auth_method_unsupported",
        "user_phone_already_verified",
        "user_phone_not_found",
        "user_target_already_exists",
    ),
    status=201,
    signed_in=True,
    limits=ASKED,
)
def send_phone(call: Call) -> dict[str, Any]:
    if not ByPhoneCode().allowed_in(call.project):
        raise fail("user_auth_method_unsupported", "Phone authentication is disabled for this project")
    return json_tokens.token(verify.send_phone_code(call.actor, call.user), call.user.id)


@routes.endpoint(
    "PUT",
    "/account/verifications/phone",
    "/account/verification/phone",
    answer="token",
    errors=("user_invalid_token", "user_not_found", "user_target_already_exists"),
    limits=(
        Limit(10, by_parameter("userId"), CODES, keys_too=True),
        Limit(50, by_parameter("userId"), CODES, keys_too=True, window=DAY_S, shared="phone-proofs-of-a-day"),
    ),
    params=PROOF,
)
def confirm_phone(call: Call, user_id: str, secret: str) -> dict[str, Any]:
    return json_tokens.token(verify.confirm_phone(call.actor, user_id, secret, call.current, call.project), user_id)
