"""Has the answers read by an SDK whose models raise for what is missing, null or of another type.

Run by tests/sdk/test_typed_sdks.py in a process of its own: the SDK is the `appwrite` that is found first there.
"""

from __future__ import annotations

import os
import secrets
from typing import Any

import pyotp
from appwrite.client import Client
from appwrite.enums.authentication_factor import AuthenticationFactor
from appwrite.enums.authenticator_type import AuthenticatorType
from appwrite.enums.project_auth_method_id import ProjectAuthMethodId
from appwrite.enums.project_policy_id import ProjectPolicyId
from appwrite.models.algo_argon2 import AlgoArgon2
from appwrite.services.account import Account
from appwrite.services.project import Project
from appwrite.services.users import Users
from pydantic import BaseModel

TOTP, RECOVERY_CODE = AuthenticatorType.TOTP, AuthenticationFactor.RECOVERYCODE
STRICT = not hasattr(AlgoArgon2, "_apply_defaults")
"""Newer ones fill in what is missing, and then cannot tell hashes apart."""
KNOWN_POLICIES = {policy.value for policy in ProjectPolicyId}


def client() -> Client:
    return Client().set_endpoint(os.environ["ENDPOINT"]).set_project(os.environ["PROJECT"])


def typed(answer: Any) -> Any:
    """The answer, which the SDK must have taken for one of its models."""
    assert isinstance(answer, BaseModel), answer
    return answer


def project_and_policies(project: Project) -> None:
    shown = typed(project.get())
    assert (shown.id, shown.name) == ("demo", "Demo")
    assert {service.id.value for service in shown.services if service.enabled} >= {"account", "users", "project"}
    typed(project.update_auth_method(ProjectAuthMethodId.PHONE, True))
    typed(project.update_session_alert_policy(False))
    typed(project.update_session_invalidation_policy(True))
    typed(project.update_session_duration_policy(30 * 86_400))
    typed(project.update_session_limit_policy(10))
    typed(project.update_membership_privacy_policy(user_email=True))
    typed(project.update_user_limit_policy(0))
    typed(project.update_deny_free_email_policy(False))
    typed(project.update_password_dictionary_policy(True))
    typed(project.update_password_history_policy(2))
    typed(project.update_password_personal_data_policy(False))
    assert typed(project.update_password_strength_policy(min=8, number=False)).min == 8
    if hasattr(project, "update_password_pwned_policy"):
        typed(project.update_password_pwned_policy(enabled=False))
        typed(project.update_password_rotation_policy(enabled=False))
    if hasattr(project, "update_passkey_policy"):
        typed(project.update_passkey_policy("localhost"))
        typed(project.update_auth_method(ProjectAuthMethodId.PASSKEY, True))
    if hasattr(project, "update_mfa_factors_policy"):
        typed(project.update_mfa_factors_policy(custom=False))

    listed = typed(project.list_policies())
    ids = [policy.id for policy in listed.policies]
    assert listed.total == len(ids) > 10
    assert set(ids) <= KNOWN_POLICIES
    assert "mfa-factors" in ids or "mfa-factors" not in KNOWN_POLICIES
    for policy in ids:
        alone = typed(project.get_policy(ProjectPolicyId(policy)))
        assert alone.id == policy
        assert type(alone).__name__ == "Policy" + "".join(word.title() for word in policy.split("-"))


def team(users: Users, user_id: str) -> None:
    shown = typed(users.get(user_id))
    if STRICT:
        assert isinstance(shown.hashoptions, AlgoArgon2)
    assert typed(users.list()).users
    typed(users.update_email_verification(user_id, True))
    typed(users.update_mfa(user_id, False))
    typed(users.create_session(user_id))
    assert typed(users.list_sessions(user_id)).total > 0
    typed(users.create_jwt(user_id))
    assert typed(users.list_mfa_factors(user_id)).totp is True
    typed(users.get_mfa_recovery_codes(user_id))
    typed(users.update_mfa_recovery_codes(user_id))
    if hasattr(users, "list_logs"):
        assert typed(users.list_logs(user_id)).total > 0


def person(account: Account) -> None:
    typed(account.get())
    typed(account.update_prefs({"theme": "dark"}))
    assert typed(account.get_prefs())
    assert typed(account.list_sessions()).sessions[0].current is True
    typed(account.get_session("current"))
    typed(account.create_email_verification("http://localhost:3000/verify"))
    authenticator = typed(account.create_mfa_authenticator(TOTP))
    typed(account.update_mfa_authenticator(TOTP, pyotp.TOTP(authenticator.secret).now()))
    codes = typed(account.create_mfa_recovery_codes()).recoverycodes
    assert typed(account.list_mfa_factors()).recoverycode is True
    challenge = typed(account.create_mfa_challenge(RECOVERY_CODE))
    assert "password" in typed(account.update_mfa_challenge(challenge.id, codes[0])).factors
    typed(account.get_mfa_recovery_codes())
    if hasattr(account, "list_logs"):
        assert typed(account.list_logs()).total > 0


def main() -> None:
    server = client().set_key(os.environ["KEY"])
    project_and_policies(Project(server))
    name = secrets.token_hex(8)
    email, password = f"zoe.{name}@example.com", f"correct horse {name}"
    typed(Users(server).create(name, email, None, password))
    session = typed(Account(server).create_email_password_session(email, password))
    person(Account(client().set_session(session.secret)))
    team(Users(server), name)


if __name__ == "__main__":
    main()
