"""/users/argon2, /bcrypt and others: users who bring a password that another system has hashed. With an API key."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

from chalicelib.accounts import create as accounts
from chalicelib.accounts import mail_addresses
from chalicelib.api.answers import users as json_users
from chalicelib.errors import Unfit, fail
from chalicelib.models import Preferences
from chalicelib.security import imported
from chalicelib.web.declaration import argument
from chalicelib.web.endpoint import Call, Routes
from chalicelib.web.parameters import Parameter, choice, custom_id, email, integer, text

routes = Routes(__name__)


class Option(NamedTuple):
    """One of the options of a kind of hash: its name in the user's `hashOptions`, and the parameter that gives it."""

    name: str
    parameter: Parameter


_COST = Parameter(integer(1, 2**31 - 1))
_TEXT = Parameter(text(1, 128))
_SHA = choice(
    *("sha1", "sha224", "sha256", "sha384", "sha512/224", "sha512/256", "sha512"),
    *("sha3-224", "sha3-256", "sha3-384", "sha3-512"),
)

IMPORTS: dict[str, tuple[str, dict[str, Option]]] = {
    **{kind: (kind, {}) for kind in ("argon2", "bcrypt", "md5", "phpass")},
    "sha": ("sha", {"passwordVersion": Option("version", Parameter(_SHA, "sha256"))}),
    "scrypt": (
        "scrypt",
        {
            "passwordSalt": Option("salt", _TEXT),
            "passwordCpu": Option("costCpu", _COST),
            "passwordMemory": Option("costMemory", _COST),
            "passwordParallel": Option("costParallel", _COST),
            "passwordLength": Option("length", _COST),
        },
    ),
    "scrypt-modified": (
        "scryptMod",
        {
            "passwordSalt": Option("salt", _TEXT),
            "passwordSaltSeparator": Option("saltSeparator", _TEXT),
            "passwordSignerKey": Option("signerKey", _TEXT),
        },
    ),
}
"""By the last part of the path: what the user's `hash` is called, and its options by the names of the parameters."""


def _create(call: Call, kind: str, options: Mapping[str, Option], **given: Any) -> dict[str, Any]:
    scheme = {"hash": kind, **{option.name: given[argument(name)] for name, option in options.items()}}
    try:
        imported.check(given["password"], scheme)
    except Unfit as error:
        raise fail("general_argument_invalid", f"Invalid `password` param: {error}", reason=error.reason) from None
    hash_ = (given["password"], scheme)
    user = accounts.create(
        call.actor, call.project, given["user_id"], given["email"], name=given["name"], imported=hash_
    )
    return json_users.user(user, Preferences())


for place, (kind, options) in IMPORTS.items():
    routes.endpoint(
        "POST",
        f"/users/{place}",
        answer="user",
        errors=(*mail_addresses.REFUSALS, "user_already_exists"),
        status=201,
        key=True,
        params={
            "userId": Parameter(custom_id),
            "email": Parameter(email),
            "password": Parameter(text(8, 256)),
            "name": Parameter(text(1, 128), ""),
            **{name: option.parameter for name, option in options.items()},
        },
    )(partial(_create, kind=kind, options=options))
