"""Does the steps of the guide with the `appwrite` of PyPI that is found first, as `tests/sdk/guide.py` asks."""

from __future__ import annotations

import base64
import json
import os
import sys
from importlib import import_module
from inspect import signature
from typing import Any

from appwrite.client import Client
from appwrite.exception import AppwriteException

STEPS = {
    "signUp": ["create"],
    "signIn": ["create_email_password_session"],
    "me": ["get"],
    "createRecoveryCodes": ["create_mfa_recovery_codes"],
    "sendLink": ["create_email_verification", "create_verification"],
    "verifyEmail": ["update_email_verification", "update_verification"],
    "setPhone": ["update_phone"],
    "sendCode": ["create_phone_verification"],
    "verifyPhone": ["update_phone_verification"],
    "createAuthenticator": ["create_mfa_authenticator"],
    "picture": ["get_qr"],
    "confirmAuthenticator": ["update_mfa_authenticator"],
    "switchMfa": ["update_mfa"],
    "signOut": ["delete_session"],
    "listFactors": ["list_mfa_factors"],
    "createChallenge": ["create_mfa_challenge"],
    "answerChallenge": ["update_mfa_challenge"],
    "removeAuthenticator": ["delete_mfa_authenticator"],
    "setRpId": ["update_passkey_policy"],
    "switchMethod": ["update_auth_method"],
    "createPasskey": ["create_passkey"],
    "verifyPasskey": ["update_passkey_verification"],
    "listPasskeys": ["list_passkeys"],
    "getPasskey": ["get_passkey"],
    "renamePasskey": ["update_passkey"],
    "deletePasskey": ["delete_passkey"],
    "createPasskeyToken": ["create_passkey_token"],
    "updatePasskeyToken": ["update_passkey_token"],
    "createSession": ["create_session"],
    "listPasskeysOf": ["list_passkeys"],
    "getPasskeyOf": ["get_passkey"],
    "renamePasskeyOf": ["update_passkey"],
    "deletePasskeyOf": ["delete_passkey"],
}
"""The method of each step, and its name before Appwrite 1.8 where it had another."""

OTHER_SERVICES = {
    "picture": "avatars",
    "setRpId": "project",
    "switchMethod": "project",
    "listPasskeysOf": "users",
    "getPasskeyOf": "users",
    "renamePasskeyOf": "users",
    "deletePasskeyOf": "users",
}
"""Of the steps that are not those of an account. Old versions lack some."""


class Page:
    """A server that renders pages: it signs people in with its key, keeps the session and calls with that."""

    def __init__(self) -> None:
        self._caller = self._team = self._client().set_key(os.environ["KEY"])

    def take(self, step: str, values: list[Any]) -> Any:
        name = OTHER_SERVICES.get(step, "account")
        caller = self._team if name in ("project", "users") else self._caller
        service = getattr(import_module(f"appwrite.services.{name}"), name.title())(caller)
        method = next(getattr(service, name) for name in STEPS[step] if hasattr(service, name))
        result = plain(method(*values[: len(signature(method).parameters)]))
        if step in ("signIn", "createSession"):
            self._caller = self._client().set_session(result["secret"])
        if step == "signOut":
            self._caller = self._team
        return result

    def _client(self) -> Any:
        return Client().set_endpoint(os.environ["ENDPOINT"]).set_project(os.environ["PROJECT"])


def plain(result: Any) -> Any:
    """As JSON has it: older versions answer with that, newer ones with models, and both with bytes for pictures."""
    if isinstance(result, bytes):
        return base64.b64encode(result).decode()
    return result.to_dict() if hasattr(result, "to_dict") else result


def main() -> None:
    page = Page()
    for line in sys.stdin:
        step, *values = json.loads(line)
        try:
            answer = {"value": page.take(step, values)}
        except AppwriteException as refusal:
            answer = {"error": refusal.type or str(refusal)}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
