"""These suites walk through the whole of what is served. Needs no server."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from appwrite.services.account import Account
from appwrite.services.avatars import Avatars
from appwrite.services.project import Project
from appwrite.services.users import Users

SERVICES: dict[str, type] = {"account": Account, "avatars": Avatars, "project": Project, "users": Users}
SERVED = {
    "avatars": {"get_qr"},
    "project": {
        "get",
        "get_policy",
        "list_policies",
        "update_auth_method",
        "update_mfa_factors_policy",
        "update_password_dictionary_policy",
        "update_password_history_policy",
        "update_password_personal_data_policy",
        "update_password_pwned_policy",
        "update_password_rotation_policy",
        "update_password_strength_policy",
        "update_session_alert_policy",
        "update_session_invalidation_policy",
    },
}
NOT_SERVED = {
    "account": {
        *("create_id_token_session", "create_o_auth2_token"),
        *("create_passkey", "create_passkey_token", "delete_passkey", "get_passkey", "list_passkeys"),
        *("update_passkey", "update_passkey_token", "update_passkey_verification"),
        *("delete_consent", "delete_consent_token", "get_consent", "get_consent_token", "list_consents"),
        *("list_consent_tokens", "delete_identity", "list_identities", "list_memberships"),
    },
    "users": {
        *("create_argon2_user", "create_bcrypt_user", "create_md5_user", "create_ph_pass_user", "create_sha_user"),
        *("create_scrypt_modified_user", "create_scrypt_user", "update_impersonator"),
        *("delete_passkey", "get_passkey", "list_passkeys", "update_passkey"),
        *("delete_identity", "list_identities", "list_memberships"),
    },
}


def walked(service: str) -> set[str]:
    """The methods of a service that the suites call."""
    sources = (path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("*.py"))
    return {name for source in sources for name in re.findall(rf"\b{service}\.(\w+)", source)}


@pytest.mark.parametrize("service", NOT_SERVED)
def test_every_method_is_walked_through_or_not_served(service: str) -> None:
    methods = {name for name in vars(SERVICES[service]) if not name.startswith("_")}
    assert methods - walked(service) == NOT_SERVED[service]


@pytest.mark.parametrize("service", SERVED)
def test_what_is_served_is_walked_through(service: str) -> None:
    assert SERVED[service] - walked(service) == set()
