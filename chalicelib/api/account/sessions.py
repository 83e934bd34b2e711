"""/account/sessions."""

from __future__ import annotations

from functools import partial
from typing import Any

from chalicelib.accounts import mail_addresses
from chalicelib.api.answers import sessions as json_sessions
from chalicelib.errors import fail
from chalicelib.models import Session, User
from chalicelib.schema import takes
from chalicelib.security.passwords import known_password
from chalicelib.sessions import manage, policy
from chalicelib.sign_in import anonymous, redeem
from chalicelib.sign_in import password as by_password
from chalicelib.sign_in.anonymous import Anonymously
from chalicelib.sign_in.begin import Opened
from chalicelib.sign_in.password import ByPassword
from chalicelib.storage import keys
from chalicelib.storage.keys import Key
from chalicelib.storage.limits import WRONG_PASSWORDS, Condition
from chalicelib.web import cookies
from chalicelib.web.endpoint import Call, Routes
from chalicelib.web.limits import Limit, by_address, by_address_and_parameter, by_device, by_parameter, setting
from chalicelib.web.parameters import Parameter, custom_id, email, identifier, integer, loose_boolean, text
from chalicelib.web.request import ApiRequest

routes = Routes(__name__)
CURRENT = "current"
SHORTEST = 60
SESSION_ID = {"sessionId": Parameter(identifier)}
ANSWERS = "sign-in tokens for one user id from one client address"
REDEEMING: dict[str, Any] = {
    "answer": "session",
    "errors": (
        *mail_addresses.REFUSALS,
        *("user_auth_method_unsupported", "user_count_exceeded", "user_invalid_token", "user_target_already_exists"),
    ),
    "status": 201,
    "opens_session": True,
    "params": {"userId": Parameter(custom_id), "secret": Parameter(text(1, 256))},
}
"""What is declared of each path at which a sign-in token comes back."""


@takes(type="integer", minimum=SHORTEST, description="Seconds, at most as many as the project's sessions last.")
def lifetime(value: Any) -> int:
    """A rule for parameters.py: how long a session shall last, in seconds."""
    return int(integer(SHORTEST, policy.longest())(value))


def claim_of_email(user_id: str, request: ApiRequest) -> Key | None:
    """The claim on the address that is signing in, if it can be one."""
    try:
        return keys.email(email(request.parameter("email")))
    except ValueError:
        return None


@routes.endpoint(
    "POST",
    "/account/sessions/email",
    "/account/sessions",
    answer="session",
    errors=("user_invalid_credentials", "user_password_reset_required"),
    status=201,
    sign_in_method=ByPassword.method,
    opens_session=True,
    limits=(
        Limit(
            setting("wrong_passwords_per_client"),
            by_device,
            "password guesses for one e-mail address from one known browser",
            reset_on_success=True,
            wrong_answers=True,
        ),
        Limit(
            setting("wrong_passwords_per_client"),
            by_address_and_parameter("email"),
            "password guesses for one e-mail address from one client address",
            reset_on_success=True,
            wrong_answers=True,
            spares_devices=True,
        ),
        Limit(
            setting("wrong_passwords_per_email"),
            by_parameter("email"),
            "password guesses for one e-mail address",
            wrong_answers=True,
            shared=WRONG_PASSWORDS,
            spares_devices=True,
        ),
        Limit(
            setting("wrong_passwords_per_address"),
            by_address,
            "password guesses from one client address",
            wrong_answers=True,
        ),
    ),
    params={"email": Parameter(email), "password": Parameter(known_password), "duration": Parameter(lifetime, 0)},
    reads={"claim": claim_of_email},
)
def create(call: Call, email: str, password: str, duration: int) -> dict[str, Any]:
    budgets = partial(_budgets, call)
    begun = by_password.sign_in(call.actor, call.read["claim"], password, duration, call.project, alerts(call), budgets)
    return opened(call, begun, email)


def _budgets(call: Call, user: User | None) -> list[Condition]:
    """What bounds wrong passwords for this user: a device that the account has outlived is a stranger's, too."""
    device = call.request.device
    if user and device and device.outlived(user.id, user.password_updated):
        call.usage.insist()
    return call.usage.conditions


@routes.endpoint(
    "POST",
    "/account/sessions/token",
    limits=(Limit(10, by_address_and_parameter("userId"), ANSWERS, reset_on_success=True, shared="token"),),
    **REDEEMING,
)
@routes.endpoint(
    "PUT",
    "/account/sessions/magic-url",
    limits=(Limit(10, by_address_and_parameter("userId"), ANSWERS, reset_on_success=True, shared="token"),),
    **REDEEMING,
)
@routes.endpoint(
    "PUT",
    "/account/sessions/phone",
    limits=(Limit(10, by_address_and_parameter("userId"), ANSWERS, shared="token"),),
    **REDEEMING,
)
def create_by_token(call: Call, user_id: str, secret: str) -> dict[str, Any]:
    any_method = call.request.trusted
    return opened(call, redeem.sign_in(call.actor, user_id, secret, call.project, not call.caller.key, any_method))


@routes.endpoint(
    "POST",
    "/account/sessions/anonymous",
    answer="session",
    errors=("user_count_exceeded",),
    status=201,
    sign_in_method=Anonymously.method,
    opens_session=True,
    limits=(Limit(50, by_address, "anonymous sessions from one client address"),),
)
def create_anonymously(call: Call) -> dict[str, Any]:
    return opened(call, anonymous.sign_in(call.actor))


def alerts(call: Call) -> bool:
    """Whether the project tells owners of sign-ins on new devices; a rendering server's own device says nothing."""
    return call.project.session_alert and not call.caller.key


def opened(call: Call, begun: Opened, email: str = "") -> dict[str, Any]:
    """The answer that hands over a session; `email` is the mailbox of which the device is known from now on, if any."""
    session = begun.session
    call.headers.update(cookies.given(call.request, begun.value, session.expire, email, session.user_id))
    return json_sessions.session(session, current=True, secret=begun.value if call.caller.key else "")


@routes.endpoint(
    "GET",
    "/account/sessions",
    answer="sessionList",
    signed_in=True,
    params={"total": Parameter(loose_boolean, True)},
)
def list_all(call: Call, total: bool) -> dict[str, Any]:
    return json_sessions.session_list(manage.all_of(call.user), call.current, total)


@routes.endpoint(
    "DELETE",
    "/account/sessions",
    signed_in=True,
    old_password=True,
    limits=(Limit(100, by_address, "requests to end sessions from one client address"),),
    params={"current": Parameter(loose_boolean, True)},
)
def delete_all(call: Call, current: bool) -> None:
    """`current`: the caller's session ends, too. A JWT has none, so all end."""
    if call.current and not current:
        manage.end_others(call.actor, call.user, call.current)
        return
    manage.end_all(call.actor, call.user)
    if call.current:
        call.headers.update(cookies.taken_back(call.request))


@routes.endpoint("GET", "/account/sessions/{sessionId}", answer="session", signed_in=True, params=SESSION_ID)
def get(call: Call, session_id: str) -> dict[str, Any]:
    session = _named(call, session_id)
    return json_sessions.session(session, session == call.current)


@routes.endpoint(
    "PATCH",
    "/account/sessions/{sessionId}",
    answer="session",
    signed_in=True,
    limits=(Limit(10, by_address, "extended sessions from one client address"),),
    params=SESSION_ID,
)
def extend(call: Call, session_id: str) -> dict[str, Any]:
    session = _named(call, session_id)
    return json_sessions.session(manage.extend(call.actor, call.user, session), session == call.current)


@routes.endpoint(
    "DELETE",
    "/account/sessions/{sessionId}",
    errors=("user_more_factors_required",),
    signed_in=True,
    half=True,
    timestamp=True,
    limits=(Limit(100, by_address, "requests to end a session from one client address"),),
    params=SESSION_ID,
)
def delete(call: Call, session_id: str) -> None:
    """A session that lacks a factor may end itself and no other."""
    current = call.current
    if current and session_id in (CURRENT, current.id):
        manage.end(call.actor, call.user, current.id)
        call.headers.update(cookies.taken_back(call.request))
        return
    if call.caller.session and not policy.is_complete(call.caller.session, call.user):
        reason = "a session that lacks a factor may end itself alone"
        raise fail("user_more_factors_required", reason=reason)
    manage.end(call.actor, call.user, session_id)


def _named(call: Call, session_id: str) -> Session:
    """The session of that id; `current` is the caller's own, which a JWT has none of."""
    current = call.current
    if current and session_id in (CURRENT, current.id):
        return current
    return manage.get(call.user, session_id)
