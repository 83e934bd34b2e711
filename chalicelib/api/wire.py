"""Records as the JSON models that the SDKs know."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from chalicelib.countries import country_name
from chalicelib.factors.registry import FACTORS, SWITCHED, usable
from chalicelib.mfa.authenticators import Enrolment
from chalicelib.models import Challenge, Event, Preferences, Project, Session, Token, User
from chalicelib.runtime import settings
from chalicelib.security import hashing
from chalicelib.sign_in.registry import WAYS
from chalicelib.timestamps import iso
from chalicelib.user_agent import Client

ANSWERS = (
    *("account", "document", "jwt", "logList", "mfaChallenge", "mfaChallengeSecret", "mfaFactors", "mfaRecoveryCodes"),
    *("mfaType", "png", "policy", "policyList", "pong", "preferences", "project", "session", "sessionList", "token"),
    *("user", "userList", "version"),
)
"""What endpoints answer with. Their schemas are in answers.py, which a cold start does without."""
KNOWN_METHODS = ("email-password", "magic-url", "email-otp", "anonymous", "invites", "jwt", "phone")
"""Those that every SDK knows, whether there is such a way to sign in or not."""
SIGN_IN_METHODS = tuple(dict.fromkeys([*KNOWN_METHODS, *(way.method for way in WAYS if way.method)]))
SERVICES = (
    *("account", "avatars", "databases", "tablesdb", "locale", "health", "project", "storage", "teams", "users", "vcs"),
    *("sites", "functions", "proxy", "graphql", "migrations", "messaging", "advisor"),
)
"""Those that every SDK knows: one with types (PyPI `appwrite` 20 to 24) raises for another."""
SERVED = ("account", "avatars", "health", "project", "users")
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
}
"""What a project has elsewhere and not here. SDKs with types raise where a field is missing."""
DAY_SECONDS = 86_400
DEVICE = {
    **dict.fromkeys(("osCode", "osName", "osVersion"), ""),
    **dict.fromkeys(("clientType", "clientCode", "clientName", "clientVersion"), ""),
    **dict.fromkeys(("clientEngine", "clientEngineVersion"), ""),
    **dict.fromkeys(("deviceName", "deviceBrand", "deviceModel"), ""),
    "countryCode": "--",
}
"""What a session says of its device when nothing is known."""


def user(record: User, preferences: Preferences) -> dict[str, Any]:
    """The account and what only API keys may see: the password's hash."""
    costs = hashing.costs(record.password)
    by_the_sdks_names = {"memoryCost": costs["memory_cost"], "timeCost": costs["time_cost"]}
    return {
        **account(record, preferences),
        "password": record.password or None,
        "hash": "argon2",
        "hashOptions": {"type": "argon2", **costs, **by_the_sdks_names},
    }


def account(user: User, preferences: Preferences) -> dict[str, Any]:
    return {
        "$id": user.id,
        "$createdAt": iso(user.created),
        "$updatedAt": iso(max(user.updated, preferences.updated)),
        "name": user.name,
        "registration": iso(user.created),
        "status": not user.blocked,
        "labels": user.labels,
        "passwordUpdate": iso(user.password_updated),
        "email": user.email,
        "phone": user.phone,
        "emailVerification": user.email_verified,
        "phoneVerification": user.phone_verified,
        **_email_traits(user.email),
        "mfa": user.mfa,
        "prefs": json.loads(preferences.text),
        "targets": targets(user),
        "accessedAt": iso(user.accessed),
        "impersonator": False,
        "impersonatorUserId": None,
    }


def _email_traits(address: str) -> dict[str, Any]:
    """Provider rules and lists of free and disposable domains are not kept: an address is its own canonical form."""
    return {
        "emailCanonical": address or None,
        "emailIsFree": False if address else None,
        "emailIsDisposable": False if address else None,
        "emailIsCorporate": True if address else None,
        "emailIsCanonical": True if address else None,
    }


def targets(user: User) -> list[dict[str, Any]]:
    """The user's addresses, oldest first (a map of DynamoDB comes back in any order)."""
    addresses = {"email": ("email", user.email), "phone": ("sms", user.phone)}
    return [
        {
            "$id": target["id"],
            "$createdAt": iso(target["created"]),
            "$updatedAt": iso(target["updated"]),
            "name": "",
            "userId": user.id,
            "providerId": None,
            "providerType": addresses[kind][0],
            "identifier": addresses[kind][1],
            "expired": False,
        }
        for kind, target in sorted(user.targets.items(), key=lambda pair: (pair[1]["created"], pair[0]))
    ]


def session(record: Session, current: bool, secret: str = "") -> dict[str, Any]:
    """`secret` is given to API keys only, and only where the session was just created."""
    return {
        "$id": record.id,
        "$createdAt": iso(record.created),
        "$updatedAt": iso(record.updated),
        "userId": record.user_id,
        "expire": iso(record.expire),
        "provider": record.provider,
        "providerUid": record.provider_uid,
        "providerAccessToken": "",
        "providerAccessTokenExpiry": "",
        "providerRefreshToken": "",
        "ip": record.ip,
        **DEVICE,
        **record.device,
        "countryName": country_name(record.device.get("countryCode", "")),
        "current": current,
        "factors": record.factors,
        "secret": secret,
        "mfaUpdatedAt": iso(record.mfa_updated),
    }


def session_list(records: list[Session], current: Session | None = None) -> dict[str, Any]:
    present = current.id if current else ""
    return {
        "total": len(records),
        "sessions": [session(record, record.id == present) for record in records],
    }


def token(record: Token, user_id: str, secret: str = "") -> dict[str, Any]:
    """`secret` is given to API keys only."""
    return {
        "$id": record.id,
        "$createdAt": iso(record.created),
        "userId": user_id,
        "secret": secret,
        "expire": iso(record.expire),
        "phrase": "",
    }


def challenge(record: Challenge, shown: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "$id": record.id,
        "$createdAt": iso(record.created),
        "userId": record.user_id,
        "expire": iso(record.expire),
        **shown,
    }


def challenge_secret(record: Challenge, code: str) -> dict[str, Any]:
    return challenge(record, {"code": code})


def log(event: Event, user: User) -> dict[str, Any]:
    """An event of the user's log."""
    device = {**DEVICE, **Client(event.ip, event.user_agent, event.country).device()}
    return {
        "event": event.name,
        "userId": user.id,
        "userEmail": user.email,
        "userName": user.name,
        "mode": "admin" if event.admin else "default",
        "userType": "keyProject" if event.admin else "user",
        "ip": event.ip,
        "time": iso(event.created),
        **device,
        "countryName": country_name(device["countryCode"]),
    }


def page(name: str, records: list[dict[str, Any]], total: int) -> dict[str, Any]:
    """A list as the API gives it, under the plural name of its elements."""
    return {"total": total, name: records}


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


def policies(record: Project) -> dict[str, dict[str, Any]]:
    """Every policy of the project by id; those that are no switches here have the value that is in force."""
    config = settings.config()
    found: dict[str, dict[str, Any]] = {
        "password-dictionary": {"enabled": False, "denyList": []},
        "password-history": {"total": 0},
        "password-strength": {"min": 8, "uppercase": False, "lowercase": False, "number": False, "symbols": False},
        "password-personal-data": {"enabled": False, "denyList": []},
        "session-alert": {"enabled": record.session_alert},
        "session-duration": {"duration": config.session_days * DAY_SECONDS},
        "session-invalidation": {"enabled": record.session_invalidation},
        "session-limit": {"total": config.session_limit},
        "user-limit": {"total": 0},
        "membership-privacy": dict.fromkeys(
            ("userId", "userEmail", "userPhone", "userName", "userMFA", "userAccessedAt"), True
        ),
        "mfa-factors": {factor.name: factor.allowed_in(record) for factor in SWITCHED},
    }
    return {name: {"$id": name, **values} for name, values in found.items()}


def factors(user: User, project: Project) -> dict[str, bool]:
    return {factor.name: usable(factor, user, project) for factor in FACTORS}


def recovery_codes(codes: list[str]) -> dict[str, list[str]]:
    return {"recoveryCodes": codes}


def authenticator(enrolment: Enrolment) -> dict[str, str]:
    return {"secret": enrolment.secret, "uri": enrolment.uri}
