"""/account: create, get, delete, preferences, name, password, addresses, status."""

from __future__ import annotations

from typing import Any

from chalicelib.accounts import addresses, change, mail_addresses, password_policy
from chalicelib.accounts import create as accounts
from chalicelib.accounts import delete as deletion
from chalicelib.api.answers import users as json_users
from chalicelib.models import Preferences
from chalicelib.security.passwords import known_password, new_password
from chalicelib.sign_in.password import ByPassword
from chalicelib.storage import keys, users
from chalicelib.storage import preferences as stored_preferences
from chalicelib.storage.keys import Key
from chalicelib.web import cookies
from chalicelib.web.endpoint import Call, Recent, Routes
from chalicelib.web.limits import Limit, by_address, by_user, setting
from chalicelib.web.parameters import Parameter, custom_id, email, or_empty, preferences, text, textable
from chalicelib.web.request import ApiRequest

routes = Routes(__name__)
PREFS_BODY = 128 * 1024
OLD_PASSWORD = Limit(
    setting("wrong_passwords_per_user"),
    by_user,
    "guesses of the old password of one user",
    shared="old-password",
    reset_on_success=True,
    wrong_answers=True,
)
"""So that a stolen session is no way to guess the password."""
ADDRESS_CHANGES = (
    Limit(20, by_user, "changes of address of one user", shared="address-changes"),
    Limit(60, by_address, "changes of address from one client address", shared="address-changes"),
)
"""So that 409 is no way to find out who has an account, for as many anonymous users as somebody makes either."""


def own_preferences(user_id: str, request: ApiRequest) -> Key | None:
    return keys.preferences(user_id) if user_id else None


ACCOUNT = {"preferences": own_preferences}
"""What an answer with the account needs besides user and session."""


def account_of(call: Call) -> dict[str, Any]:
    """The caller's account as it was read with the request."""
    return json_users.account(call.user, stored_preferences.preferences_of(call.read["preferences"]))


def changed_account(call: Call) -> dict[str, Any]:
    """The caller's account after a change, read anew."""
    user = users.find(call.user.id) or call.user
    return json_users.account(user, stored_preferences.preferences_of(call.read["preferences"]))


@routes.endpoint(
    "POST",
    "/account",
    answer="account",
    errors=(*mail_addresses.REFUSALS, "password_personal_data", "user_already_exists", "user_count_exceeded"),
    status=201,
    sign_in_method=ByPassword.method,
    limits=(Limit(10, by_address, "sign-ups from one client address"),),
    params={
        "userId": Parameter(custom_id),
        "email": Parameter(email),
        "password": Parameter(new_password),
        "name": Parameter(text(1, 128), ""),
    },
)
def create(call: Call, user_id: str, email: str, password: str, name: str) -> dict[str, Any]:
    user = accounts.create(call.actor, call.project, user_id, email=email, password=password, name=name)
    return json_users.account(user, Preferences())


@routes.endpoint("GET", "/account", answer="account", signed_in=True, reads=ACCOUNT)
def get(call: Call) -> dict[str, Any]:
    return account_of(call)


@routes.endpoint("DELETE", "/account", signed_in=True, recent=Recent.IN_FORCE)
def delete(call: Call) -> None:
    deletion.delete(call.actor, call.user)
    call.headers.update(cookies.taken_back(call.request))


@routes.endpoint("GET", "/account/prefs", answer="preferences", signed_in=True, reads=ACCOUNT)
def get_preferences(call: Call) -> dict[str, Any]:
    return json_users.preferences(stored_preferences.preferences_of(call.read["preferences"]))


@routes.endpoint(
    "PATCH",
    "/account/prefs",
    answer="account",
    signed_in=True,
    timestamp=True,
    reads=ACCOUNT,
    params={"prefs": Parameter(preferences)},
    max_body=PREFS_BODY,
)
def update_preferences(call: Call, prefs: str) -> dict[str, Any]:
    before = stored_preferences.preferences_of(call.read["preferences"])
    return json_users.account(call.user, stored_preferences.keep(call.user, before, prefs))


@routes.endpoint(
    "PATCH",
    "/account/name",
    answer="account",
    signed_in=True,
    reads=ACCOUNT,
    params={"name": Parameter(text(1, 128))},
)
def update_name(call: Call, name: str) -> dict[str, Any]:
    change.change_name(call.user, name)
    return changed_account(call)


@routes.endpoint(
    "PATCH",
    "/account/password",
    answer="account",
    errors=(*password_policy.REFUSALS, "user_invalid_credentials"),
    signed_in=True,
    old_password=True,
    recent=Recent.IN_FORCE,
    reads=ACCOUNT,
    limits=(OLD_PASSWORD, Limit(10, by_address, "changes of password from one client address")),
    params={"password": Parameter(new_password), "oldPassword": Parameter(or_empty(known_password), "")},
)
def update_password(call: Call, password: str, old_password: str) -> dict[str, Any]:
    change.change_password(
        call.actor, call.user, call.caller.session, password, old_password, call.project, call.conditions
    )
    call.headers.update(cookies.renewed(call.request, call.user.email, call.user.id, call.user.email))
    return changed_account(call)


@routes.endpoint(
    "PATCH",
    "/account/email",
    answer="account",
    errors=(
        *mail_addresses.REFUSALS,
        *password_policy.REFUSALS,
        "user_invalid_credentials",
        "user_target_already_exists",
    ),
    signed_in=True,
    timestamp=True,
    recent=Recent.IN_FORCE,
    reads=ACCOUNT,
    limits=(OLD_PASSWORD, *ADDRESS_CHANGES),
    params={"email": Parameter(email), "password": Parameter(known_password)},
)
def update_email(call: Call, email: str, password: str) -> dict[str, Any]:
    answer = _change_address(call, "email", email, password)
    call.headers.update(cookies.renewed(call.request, call.user.email, call.user.id, email))
    return answer


@routes.endpoint(
    "PATCH",
    "/account/phone",
    answer="account",
    errors=(*password_policy.REFUSALS, "user_invalid_credentials", "user_target_already_exists"),
    signed_in=True,
    recent=Recent.IN_FORCE,
    reads=ACCOUNT,
    limits=(OLD_PASSWORD, *ADDRESS_CHANGES),
    params={"phone": Parameter(textable), "password": Parameter(known_password)},
)
def update_phone(call: Call, phone: str, password: str) -> dict[str, Any]:
    return _change_address(call, "phone", phone, password)


def _change_address(call: Call, kind: str, address: str, password: str) -> dict[str, Any]:
    addresses.change_address(
        call.actor, call.user, call.caller.session, kind, address, password, call.project, call.conditions
    )
    return changed_account(call)


@routes.endpoint("PATCH", "/account/status", answer="account", signed_in=True, recent=Recent.IN_FORCE, reads=ACCOUNT)
def block(call: Call) -> dict[str, Any]:
    change.block(call.actor, call.user)
    call.headers.update(cookies.taken_back(call.request))
    return changed_account(call)
