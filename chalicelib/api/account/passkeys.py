"""/account/passkeys and /account/tokens/passkey."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.api.answers import lists as json_lists
from chalicelib.api.answers import passkeys as json_passkeys
from chalicelib.api.answers import tokens as json_tokens
from chalicelib.factors.passkey import place_of
from chalicelib.filters import Asked, Kind
from chalicelib.passkeys import enrol, manage
from chalicelib.sign_in import passkey as by_passkey
from chalicelib.sign_in.passkey import ByPasskey
from chalicelib.storage import keys, passkeys
from chalicelib.storage.keys import Key
from chalicelib.web.endpoint import Call, Recent, Routes
from chalicelib.web.limits import Limit, by_address, by_user
from chalicelib.web.parameters import Parameter, custom_id, identifier, json_object, text
from chalicelib.web.queries import EVERY, OF_PAGES, listing
from chalicelib.web.request import ApiRequest

routes = Routes(__name__)
PATH, TOKENS = "/account/passkeys", "/account/tokens/passkey"
ONE = f"{PATH}/{{passkeyId}}"
NAMED = {"passkeyId": Parameter(identifier)}
NAME = Parameter(text(1, 128))
KINDS = {**EVERY, "name": Kind.TEXT, "accessedAt": Kind.DATE}


def challenge_named(user_id: str, request: ApiRequest) -> Key | None:
    """The challenge, if the parameter can be an id."""
    try:
        return keys.challenge(identifier(request.parameter("challengeId")))
    except ValueError:
        return None


def passkey_named(user_id: str, request: ApiRequest) -> Key | None:
    """The passkey of the credential, if it can be one."""
    credential = request.parameter("credential")
    return place_of(credential) if isinstance(credential, Mapping) else None


@routes.endpoint("GET", PATH, answer="passkeyList", errors=OF_PAGES, signed_in=True, params=listing(KINDS))
def list_all(call: Call, queries: Asked, total: bool) -> dict[str, Any]:
    every = [json_passkeys.passkey(each) for each in passkeys.of_user(call.user)]
    return json_lists.part("passkeys", every, KINDS, queries, total)


@routes.endpoint(
    "POST",
    PATH,
    answer="passkeyChallenge",
    errors=("user_passkey_already_exists", "user_passkey_limit_exceeded"),
    status=201,
    signed_in=True,
    recent=Recent.SIGN_IN,
    sign_in_method=ByPasskey.method,
    limits=(Limit(10, by_user, "passkeys begun by one user"),),
    params={"passkeyId": Parameter(custom_id, "unique()"), "name": Parameter(text(0, 128), "")},
)
def create(call: Call, passkey_id: str, name: str) -> dict[str, Any]:
    begun = enrol.begin(call.actor, call.user, call.session, call.project, passkey_id, name)
    return json_passkeys.challenge(begun.id, begun.created, begun.id, begun.expire, begun.options)


@routes.endpoint(
    "PUT",
    f"{ONE}/verification",
    answer="passkey",
    errors=("user_invalid_token", "user_passkey_already_exists", "user_passkey_invalid", "user_passkey_not_found"),
    signed_in=True,
    recent=Recent.SIGN_IN,
    limits=(Limit(10, by_user, "answers to the challenges of one user's new passkeys"),),
    params={**NAMED, "credential": Parameter(json_object)},
)
def verify(call: Call, passkey_id: str, credential: Mapping[str, Any]) -> dict[str, Any]:
    return json_passkeys.passkey(
        enrol.finish(call.actor, call.user, call.session, call.project, passkey_id, credential)
    )


@routes.endpoint("GET", ONE, answer="passkey", errors=("user_passkey_not_found",), signed_in=True, params=NAMED)
def get(call: Call, passkey_id: str) -> dict[str, Any]:
    return json_passkeys.passkey(passkeys.find(call.user, passkey_id))


@routes.endpoint(
    "PATCH",
    ONE,
    answer="passkey",
    errors=("user_passkey_not_found",),
    signed_in=True,
    params={**NAMED, "name": NAME},
)
def update(call: Call, passkey_id: str, name: str) -> dict[str, Any]:
    return json_passkeys.passkey(manage.rename(call.actor, call.user, passkey_id, name))


@routes.endpoint(
    "DELETE",
    ONE,
    errors=("user_passkey_not_found",),
    signed_in=True,
    recent=Recent.SIGN_IN,
    params=NAMED,
)
def delete(call: Call, passkey_id: str) -> None:
    manage.remove(call.actor, call.user, call.session, call.project, passkey_id)


@routes.endpoint(
    "POST",
    TOKENS,
    answer="passkeyChallenge",
    status=201,
    sign_in_method=ByPasskey.method,
    # a page that suggests passkeys begins one at each visit; it proves nothing and sends nothing
    limits=(Limit(60, by_address, "sign-ins by passkey begun from one client address"),),
)
def create_token(call: Call) -> dict[str, Any]:
    challenge, options = by_passkey.start(call.project)
    return json_passkeys.challenge(challenge.id, challenge.created, "", challenge.expire, options)


@routes.endpoint(
    "PUT",
    TOKENS,
    answer="token",
    errors=("user_blocked", "user_invalid_token", "user_passkey_invalid"),
    status=201,
    limits=(Limit(10, by_address, "answers of passkeys from one client address", reset_on_success=True),),
    params={"challengeId": Parameter(identifier), "credential": Parameter(json_object)},
    reads={"challenge": challenge_named, "passkey": passkey_named},
)
def update_token(call: Call, challenge_id: str, credential: Mapping[str, Any]) -> dict[str, Any]:
    """The secret is for whoever asks: only the passkey gets here."""
    sent = by_passkey.finish(call.actor, credential, call.read["challenge"], call.read["passkey"])
    return json_tokens.token(sent.token, sent.user_id, sent.secret)
