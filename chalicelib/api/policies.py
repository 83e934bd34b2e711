"""The project's policies: what each has, and which of it can be set. A new one is a row of POLICIES."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from chalicelib.accounts import mail_addresses
from chalicelib.accounts.password_policy import KINDS
from chalicelib.factors.factor import Factor
from chalicelib.factors.registry import SWITCHED
from chalicelib.models import Project
from chalicelib.security.origins import pages, rp_id
from chalicelib.security.passwords import LEAST, MOST
from chalicelib.sessions import policy
from chalicelib.units import DAY_S
from chalicelib.web.parameters import Rule, boolean, integer, texts


class Field(NamedTuple):
    """One value of a policy: how to read it off the project.

    One that can be set has the `rule` for what may be sent and the `path` at which the project's record keeps it; it
    has to be sent unless it is `optional`, and then is `left_out`, where None leaves it as it is. `schema` says what is
    shown where that is not what may be sent.
    """

    read: Callable[[Project], Any]
    rule: Rule | None = None
    path: str = ""
    optional: bool = False
    left_out: Any = None
    schema: Mapping[str, Any] = {}


def _kept(path: str, rule: Rule, left_out: Any = None) -> Field:
    """A field of the record, which may be left out."""
    return Field(lambda project: getattr(project, path), rule, path, optional=True, left_out=left_out)


def _switch(path: str, optional: bool = False) -> Field:
    """A field of the record that is true or false."""
    return Field(lambda project: getattr(project, path), boolean, path, optional)


def _factor(factor: Factor) -> Field:
    return Field(factor.switched_on, boolean, f"factors.{factor.name}", optional=True)


COUNT = {"type": "integer", "minimum": 1}
DENIED = texts(100, 256)

POLICIES: dict[str, Mapping[str, Field]] = {
    "password-dictionary": {
        "enabled": Field(Project.refuses_common_passwords, boolean, "password_dictionary"),
        "denyList": _kept("password_dictionary_denied", DENIED),
    },
    "password-history": {"total": _kept("password_history", integer(0, 20), left_out=0)},
    "password-strength": {
        "min": _kept("password_min", integer(LEAST, MOST)),
        **{kind: _switch(f"password_{kind}", optional=True) for kind in KINDS},
    },
    "password-personal-data": {
        "enabled": _switch("password_personal_data"),
        "denyList": _kept("password_personal_data_denied", DENIED),
    },
    "password-pwned": {
        "enabled": _switch("password_pwned", optional=True),
        "sessions": _switch("password_pwned_sessions", optional=True),
        "users": _switch("password_pwned_users", optional=True),
    },
    "password-rotation": {
        "enabled": _switch("password_rotation", optional=True),
        "maxAge": _kept("password_max_age", integer(DAY_S, 3650 * DAY_S)),
    },
    "session-alert": {"enabled": _switch("session_alert")},
    "session-duration": {
        "duration": Field(policy.longest, integer(60, 365 * DAY_S), "session_duration", schema=COUNT),
    },
    "session-invalidation": {"enabled": _switch("session_invalidation")},
    "session-limit": {
        "total": Field(policy.most, integer(1, 100), "session_limit", schema=COUNT),
    },
    "user-limit": {"total": _kept("user_limit", integer(0, 10_000), left_out=0)},
    "membership-privacy": {
        "userId": _switch("memberships_user_id", optional=True),
        "userEmail": _switch("memberships_user_email", optional=True),
        "userPhone": _switch("memberships_user_phone", optional=True),
        "userName": _switch("memberships_user_name", optional=True),
        "userMFA": _switch("memberships_user_mfa", optional=True),
        "userAccessedAt": _switch("memberships_user_accessed_at", optional=True),
    },
    **{mail_addresses.name_of(switch): {"enabled": _switch(switch)} for switch in mail_addresses.POLICIES},
    "passkey": {
        "rpId": Field(lambda project: project.passkey_rp_id, rp_id, "passkey_rp_id"),
        "origins": Field(lambda project: pages(), schema={"type": "array", "items": {"type": "string"}}),
    },
    "mfa-factors": {factor.name: _factor(factor) for factor in SWITCHED},
}


def values(name: str, project: Project) -> dict[str, Any]:
    """The policy as the API shows it."""
    return {"$id": name, **{key: field.read(project) for key, field in POLICIES[name].items()}}
