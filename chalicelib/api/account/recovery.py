"""/account/recovery: a new password by mail, with a link or a code."""

from __future__ import annotations

from typing import Any

from chalicelib.accounts import password_policy, recover
from chalicelib.api.answers import tokens as json_tokens
from chalicelib.delivery.mail_budget import mailbox
from chalicelib.security import phrases
from chalicelib.security.origins import redirect
from chalicelib.security.passwords import new_password
from chalicelib.storage import keys
from chalicelib.storage.keys import Key
from chalicelib.units import DAY_S
from chalicelib.web import cookies
from chalicelib.web.endpoint import Call, Routes
from chalicelib.web.limits import Limit, by_address, by_address_and_parameter, by_device, setting
from chalicelib.web.parameters import Parameter, boolean, email, identifier, in_one_form, text
from chalicelib.web.request import ApiRequest

routes = Routes(__name__)
PATH = "/account/recovery"
ASKERS = "recoveries"
CODES = "wrong recovery codes of one user id"
REFUSALS = (*password_policy.REFUSALS, "user_email_not_verified", "user_invalid_token", "user_not_found")
REDEEMED = {"userId": Parameter(identifier), "secret": Parameter(text(1, 256)), "password": Parameter(new_password)}


def by_client_and_mailbox(request: ApiRequest, user_id: str) -> str:
    """The client's address and the mailbox, however it is spelled.

    What known devices of the mailbox ask for is counted apart, all of a client's together: so strangers at the same
    address cannot use it up, and whoever has many devices has no more for it.
    """
    address = mailbox(in_one_form("email", request.parameter("email")))
    return f"{'known|' if request.device else ''}{by_address(request, user_id)}|{address}"


def by_shown_id(request: ApiRequest, user_id: str) -> str:
    """The id that is shown for a mailbox, no user's: whoever signs up under it refreshes nothing by deletion."""
    return f"shown:{in_one_form('userId', request.parameter('userId')) or '{param}'}"


ASKED = (
    Limit(setting("mails_per_client"), by_device, "recoveries of a mailbox by one known browser", shared=ASKERS),
    Limit(
        setting("mails_per_client"), by_client_and_mailbox, "recoveries of a mailbox from one address", shared=ASKERS
    ),
    Limit(10, by_address, "recoveries asked for from one client address", shared=ASKERS),
)


def whose_recovery(user_id: str, request: ApiRequest) -> Key | None:
    """Whose recovery it is that the id was shown for, if it can be one."""
    try:
        return keys.recovery(identifier(request.parameter("userId")))
    except ValueError:
        return None


@routes.endpoint(
    "POST",
    PATH,
    answer="token",
    errors=("user_not_found",),
    status=201,
    old_password=True,
    limits=ASKED,
    params={"email": Parameter(email), "url": Parameter(redirect)},
)
def create(call: Call, email: str, url: str) -> dict[str, Any]:
    token, user_id = recover.request(call.actor, email, url, known_device=call.request.device is not None)
    return json_tokens.token(token, user_id)


@routes.endpoint(
    "PUT",
    PATH,
    answer="token",
    errors=REFUSALS,
    old_password=True,
    # by the user alone, a stranger could shut the owner out
    limits=(Limit(10, by_address_and_parameter("userId"), "links of one user id from one client address"),),
    params=REDEEMED,
)
def complete(call: Call, user_id: str, secret: str, password: str) -> dict[str, Any]:
    token = recover.complete(call.actor, user_id, secret, password, call.project)
    call.headers.update(cookies.renewed(call.request, token.address, user_id, token.address))
    return json_tokens.token(token, user_id)


@routes.endpoint(
    "POST",
    f"{PATH}/otp",
    answer="token",
    errors=("user_not_found",),
    status=201,
    old_password=True,
    limits=ASKED,
    params={"email": Parameter(email), "phrase": Parameter(boolean, False)},
)
def create_code(call: Call, email: str, phrase: bool) -> dict[str, Any]:
    words = phrases.phrase() if phrase else ""
    token, user_id = recover.request_code(call.actor, email, words, known_device=call.request.device is not None)
    return json_tokens.token(token, user_id, phrase=words)


@routes.endpoint(
    "PUT",
    f"{PATH}/otp",
    answer="token",
    errors=REFUSALS,
    old_password=True,
    # six digits are all that keeps a stranger from the password, so whoever guesses, the budget is one
    limits=(
        Limit(10, by_address_and_parameter("userId"), "recovery codes of one user id from one client address"),
        Limit(setting("guesses_per_hour"), by_shown_id, CODES, wrong_answers=True),
        Limit(
            *(setting("guesses_per_day"), by_shown_id, CODES),
            window=DAY_S,
            shared="recovery-codes-of-a-day",
            wrong_answers=True,
        ),
    ),
    params=REDEEMED,
    reads={"named": whose_recovery},
)
def complete_by_code(call: Call, user_id: str, secret: str, password: str) -> dict[str, Any]:
    token, owner = recover.complete_by_code(
        call.actor, user_id, call.read["named"], secret, password, call.project, call.conditions
    )
    call.headers.update(cookies.renewed(call.request, token.address, owner, token.address))
    return json_tokens.token(token, user_id)
