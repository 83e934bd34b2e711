"""The project and its policies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chalicelib.api.policies import POLICIES, Field
from chalicelib.models import Project
from chalicelib.runtime import settings
from chalicelib.schema import schema_of
from chalicelib.sign_in.registry import WAYS

if TYPE_CHECKING:
    from chalicelib.api.answers.schema import Schema


KNOWN_METHODS = ("email-password", "magic-url", "email-otp", "anonymous", "invites", "jwt", "phone")
"""Those that every SDK knows, whether there is such a way to sign in or not."""


SIGN_IN_METHODS = tuple(dict.fromkeys([*KNOWN_METHODS, *(way.method for way in WAYS if way.method)]))


SERVICES = (
    *("account", "avatars", "databases", "tablesdb", "locale", "health", "project", "storage", "teams", "users", "vcs"),
    *("sites", "functions", "proxy", "graphql", "migrations", "messaging", "advisor"),
)
"""Those that every SDK knows: one with types (PyPI `appwrite` 20 to 24) raises for another."""


SERVED = ("account", "avatars", "health", "locale", "project", "users")


PROTOCOLS = {"rest": True, "graphql": False, "websocket": False}


WITHOUT_USE: dict[str, Any] = {
    **dict.fromkeys(("$createdAt", "$updatedAt", "teamId"), ""),
    "region": "default",
    "labels": [],
    "status": "active",
    "onboarding": {},
    "devKeys": [],
    "smtpEnabled": False,
    **dict.fromkeys(("smtpSenderName", "smtpSenderEmail", "smtpReplyToName", "smtpReplyToEmail", "smtpHost"), ""),
    "smtpPort": 0,
    **dict.fromkeys(("smtpUsername", "smtpPassword", "smtpSecure"), ""),
    "pingCount": 0,
    "pingedAt": "",
    "blocks": [],
    "consoleAccessedAt": "",
    "wafEnabled": False,
    "oAuth2ServerEnabled": False,
    "oAuth2ServerAuthorizationUrl": "",
    "oAuth2ServerScopes": [],
    "oAuth2ServerAccessTokenDuration": 0,
    "oAuth2ServerRefreshTokenDuration": 0,
    "oAuth2ServerPublicAccessTokenDuration": 0,
    "oAuth2ServerPublicRefreshTokenDuration": 0,
    "oAuth2ServerConfidentialPkce": False,
    "oAuth2ServerDiscoveryUrl": "",
    "parentId": None,
    **dict.fromkeys(("firstAccessedAt", "mcpAccessedAt"), ""),
    "oAuth2ServerDefaultScopes": [],
    "oAuth2ServerInstallationScopes": [],
    "oAuth2ServerAuthorizationDetailsTypes": [],
    "oAuth2ServerInstallationAccessTokenDuration": 0,
    **dict.fromkeys(("oAuth2ServerVerificationUrl", "oAuth2ServerUserCodeFormat"), ""),
    **dict.fromkeys(("oAuth2ServerUserCodeLength", "oAuth2ServerDeviceCodeDuration"), 0),
}
"""What a project has elsewhere and not here. SDKs with types raise where a field is missing."""


def project(record: Project) -> dict[str, Any]:
    config = settings.config()
    return {
        "$id": config.project,
        "name": config.project_name,
        **WITHOUT_USE,
        "authMethods": _switches({method: record.allows_method(method) for method in SIGN_IN_METHODS}),
        "services": _switches({service: service in SERVED for service in SERVICES}),
        "protocols": _switches(PROTOCOLS),
    }


def _switches(states: Mapping[str, bool]) -> list[dict[str, Any]]:
    return [{"$id": name, "enabled": enabled} for name, enabled in states.items()]


def schemas() -> dict[str, Schema]:
    """What these answers look like, by the names that the SDKs give them."""
    from chalicelib.api.answers.schema import (
        FLAG,
        TEXT,
        page,
        record,
    )

    switches: Schema = {"type": "array", "items": record(_id=TEXT, enabled=FLAG)}

    every_policy = [
        record(_id={"const": name}, **{key: _schema(field) for key, field in fields.items()})
        for name, fields in POLICIES.items()
    ]
    return {
        "project": record(
            _id=TEXT,
            name=TEXT,
            **{name: {"const": value} for name, value in WITHOUT_USE.items()},
            **dict.fromkeys(("authMethods", "services", "protocols"), switches),
        ),
        "policy": {"anyOf": every_policy},
        "policyList": page("policies", "policy"),
    }


def _schema(field: Field) -> Schema:
    """What is shown of what can be set is what can be sent, unless the field says otherwise."""
    return dict(schema_of(field.rule) if field.rule and not field.schema else field.schema)
