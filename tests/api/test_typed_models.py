"""SDKs with types raise where a field is missing, is null or of another type: PyPI `appwrite` 20 to 27, crate 0.22.

Every answer of any test is held against the OpenAPI document, and here the document against the models of those SDKs.
"""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.api.answers.models import MODELS
from chalicelib.web.formats import SINCE

Schema = dict[str, Any]

DATED: dict[str, type] = {"$id": str, "$createdAt": str}
CHANGED: dict[str, type] = {**DATED, "$updatedAt": str}
DEVICE: dict[str, type] = dict.fromkeys(
    (
        *("osCode", "osName", "osVersion", "clientType", "clientCode", "clientName", "clientVersion", "clientEngine"),
        *("clientEngineVersion", "deviceName", "deviceBrand", "deviceModel", "countryCode", "countryName"),
    ),
    str,
)
ACCOUNT: dict[str, type] = {
    **CHANGED,
    **dict.fromkeys(("name", "registration", "passwordUpdate", "email", "phone", "accessedAt"), str),
    **dict.fromkeys(("status", "emailVerification", "phoneVerification", "mfa"), bool),
    **dict.fromkeys(("labels", "targets"), list),
    "prefs": dict,
}
CHALLENGE: dict[str, type] = {**DATED, "userId": str, "expire": str}
REQUIRED: dict[str, dict[str, type]] = {
    "account": ACCOUNT,
    "user": ACCOUNT,
    "userList": {"total": int, "users": list},
    "preferences": {},
    "target": {**CHANGED, **dict.fromkeys(("name", "userId", "providerType", "identifier"), str), "expired": bool},
    "targetList": {"total": int, "targets": list},
    "identityList": {"total": int, "identities": list},
    "membershipList": {"total": int, "memberships": list},
    "session": {
        **CHANGED,
        **dict.fromkeys(("userId", "expire", "provider", "providerUid", "providerAccessToken"), str),
        **dict.fromkeys(("providerAccessTokenExpiry", "providerRefreshToken", "ip", "secret", "mfaUpdatedAt"), str),
        **DEVICE,
        "current": bool,
        "factors": list,
    },
    "sessionList": {"total": int, "sessions": list},
    "token": {**CHALLENGE, "secret": str, "phrase": str},
    "jwt": {"jwt": str},
    "passkey": {**CHANGED, "name": str, "accessedAt": str},
    "passkeyList": {"total": int, "passkeys": list},
    "passkeyChallenge": {**DATED, "passkeyId": str, "expire": str, "publicKey": dict},
    "locale": {
        **dict.fromkeys(("ip", "countryCode", "country", "continentCode", "continent", "currency"), str),
        "eu": bool,
    },
    "localeCode": {"code": str, "name": str},
    "localeCodeList": {"total": int, "localeCodes": list},
    "country": {"name": str, "code": str},
    "countryList": {"total": int, "countries": list},
    "phone": dict.fromkeys(("code", "countryCode", "countryName"), str),
    "phoneList": {"total": int, "phones": list},
    "continent": {"name": str, "code": str},
    "continentList": {"total": int, "continents": list},
    "currency": {
        **dict.fromkeys(("symbol", "name", "symbolNative", "code", "namePlural"), str),
        "decimalDigits": int,
        "rounding": int,
    },
    "currencyList": {"total": int, "currencies": list},
    "language": dict.fromkeys(("name", "code", "nativeName"), str),
    "languageList": {"total": int, "languages": list},
    "mfaType": {"secret": str, "uri": str},
    "mfaFactors": dict.fromkeys(("totp", "phone", "email", "recoveryCode", "custom"), bool),
    "mfaChallenge": CHALLENGE,
    "mfaChallengeSecret": {**CHALLENGE, "code": str},
    "mfaRecoveryCodes": {"recoveryCodes": list},
    "log": {
        **dict.fromkeys(("event", "userId", "userEmail", "userName", "mode", "userType", "ip", "time"), str),
        **DEVICE,
    },
    "logList": {"total": int, "logs": list},
    "project": {
        **CHANGED,
        **dict.fromkeys(("name", "teamId", "region", "status", "pingedAt", "consoleAccessedAt"), str),
        **dict.fromkeys(("smtpSenderName", "smtpSenderEmail", "smtpReplyToName", "smtpReplyToEmail"), str),
        **dict.fromkeys(("smtpHost", "smtpUsername", "smtpPassword", "smtpSecure"), str),
        **dict.fromkeys(("smtpPort", "pingCount"), int),
        **dict.fromkeys(("labels", "devKeys", "blocks", "authMethods", "services", "protocols"), list),
        "onboarding": dict,
        **dict.fromkeys(("smtpEnabled", "wafEnabled", "oAuth2ServerEnabled", "oAuth2ServerConfidentialPkce"), bool),
        **dict.fromkeys(("oAuth2ServerAuthorizationUrl", "oAuth2ServerDiscoveryUrl"), str),
        "oAuth2ServerScopes": list,
        **dict.fromkeys(("oAuth2ServerAccessTokenDuration", "oAuth2ServerRefreshTokenDuration"), int),
        **dict.fromkeys(("oAuth2ServerPublicAccessTokenDuration", "oAuth2ServerPublicRefreshTokenDuration"), int),
    },
    "policyList": {"total": int, "policies": list},
}
"""What any of these versions asks for; those that are newer or older ask for less."""
OF_POLICIES: dict[str, dict[str, type]] = {
    "password-dictionary": {"enabled": bool, "denyList": list},
    "password-history": {"total": int},
    "password-strength": {"min": int, **dict.fromkeys(("uppercase", "lowercase", "number", "symbols"), bool)},
    "password-personal-data": {"enabled": bool, "denyList": list},
    "password-pwned": dict.fromkeys(("enabled", "sessions", "users"), bool),
    "password-rotation": {"enabled": bool, "maxAge": int},
    "passkey": {"rpId": str, "origins": list},
    "session-alert": {"enabled": bool},
    "session-duration": {"duration": int},
    "session-invalidation": {"enabled": bool},
    "session-limit": {"total": int},
    "user-limit": {"total": int},
    "membership-privacy": dict.fromkeys(
        ("userId", "userEmail", "userPhone", "userName", "userMFA", "userAccessedAt"), bool
    ),
    **{f"deny-{kind}-email": {"enabled": bool} for kind in ("aliased", "disposable", "free", "corporate")},
    "mfa-factors": dict.fromkeys(("totp", "email", "phone", "custom"), bool),
}
HASHES: dict[str, dict[str, type]] = {
    "argon2": {"type": str, "memoryCost": int, "timeCost": int, "threads": int},
    **{kind: {"type": str} for kind in ("bcrypt", "md5", "phpass", "sha")},
    "scrypt": {"type": str, **dict.fromkeys(("costCpu", "costMemory", "costParallel", "length"), int)},
    "scryptMod": dict.fromkeys(("type", "salt", "saltSeparator", "signerKey"), str),
}
NOT_TYPED = {
    "error",
    "handover",
    "version",
    "healthQueue",
    "healthStatus",
    "healthStatusList",
    "healthTime",
    "userExport",
    "document",
    "policy",
}
"""Of these the SDKs have no model, or one for each kind: OF_POLICIES."""


def type_of(schema: Schema) -> type:
    """The type of all values of a schema; `object` where there are several, null among them."""
    if "$ref" in schema:
        return type_of(MODELS[schema["$ref"].rpartition("/")[2]])
    if "const" in schema:
        return type(schema["const"])
    if "enum" in schema:
        types = {type(value) for value in schema["enum"]}
        return types.pop() if len(types) == 1 else object
    names = {"string": str, "boolean": bool, "integer": int, "array": list, "object": dict}
    return names[schema["type"]] if isinstance(schema["type"], str) else object


def shortcomings(schema: Schema, required: dict[str, type], model: str = "") -> dict[str, str]:
    """What an SDK's model would raise for in an answer of that schema; these SDKs are newer than all of SINCE."""
    present = (*schema.get("required", ()), *SINCE.get(model, ()))
    sure = {name: type_of(schema["properties"][name]) for name in present}
    return {
        name: sure[name].__name__ if name in sure else "may be missing"
        for name, kind in required.items()
        if sure.get(name) is not kind
    }


def test_each_model_is_looked_at() -> None:
    assert set(REQUIRED) | NOT_TYPED == set(MODELS)


@pytest.mark.parametrize("model", REQUIRED)
def test_answers_have_what_the_models_of_sdks_require(model: str) -> None:
    assert shortcomings(MODELS[model], REQUIRED[model], model) == {}


def test_policies_have_what_the_models_of_sdks_require() -> None:
    policies = {policy["properties"]["$id"]["const"]: policy for policy in MODELS["policy"]["anyOf"]}
    assert set(policies) == set(OF_POLICIES)
    assert [name for name in policies if shortcomings(policies[name], OF_POLICIES[name])] == []


def test_costs_of_a_hash_have_the_names_of_the_model() -> None:
    """With others the SDKs take it for a hash by another algorithm."""
    shown = {
        schema["properties"]["type"]["const"]: schema for schema in MODELS["user"]["properties"]["hashOptions"]["anyOf"]
    }
    assert set(shown) == set(HASHES)
    assert [kind for kind in shown if shortcomings(shown[kind], HASHES[kind])] == []
