"""Somebody who uses an app that renders its pages on a server."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field, replace
from typing import Any

import pyotp
from appwrite.enums.authenticator_type import AuthenticatorType
from appwrite.id import ID
from appwrite.models.session import Session

from tests.sdk.python.clients import Caller, Callers
from tests.sdk.python.mailbox import Mailbox
from tests.test_qr import pixels, read

STEP_SECONDS = 30


@dataclass
class Person:
    """What a person knows and has; `session` and `caller` once they are signed in."""

    callers: Callers
    inbox: str
    id: str = field(default_factory=ID.unique)
    name: str = "Zoë Łukasz"
    email: str = field(default_factory=lambda: f"zoe.{secrets.token_hex(8)}@example.com")
    phone: str = field(default_factory=lambda: f"+49151{secrets.randbelow(90_000_000) + 10_000_000}")
    password: str = field(default_factory=lambda: f"correct horse {secrets.token_hex(8)}")
    session: Session | None = None
    caller: Caller | None = None
    totp: pyotp.TOTP | None = None
    recovery_codes: list[str] = field(default_factory=list)

    @property
    def account(self) -> Any:
        assert self.caller
        return self.caller.account

    @property
    def mailbox(self) -> Mailbox:
        return Mailbox(self.inbox, self.email)

    @property
    def telephone(self) -> Mailbox:
        return Mailbox(self.inbox, self.phone)

    def mailed_link(self, subject: str) -> tuple[str, str]:
        """User id and secret of the link in the newest mail with this subject."""
        link = self.mailbox.link(subject)
        return link["userId"], link["secret"]

    def registered(self) -> Person:
        """The team's server opens the account."""
        self.callers.team().users.create(self.id, self.email, self.phone, self.password, self.name)
        return self

    def signed_in(self, server: Caller | None = None) -> Person:
        """The same person with one more session: the server keeps its secret and calls with it."""
        account = (server or self.callers.team()).account
        session = account.create_email_password_session(self.email, self.password)
        return replace(self, session=session, caller=self.callers.page(session.secret))

    def jwt(self) -> str:
        """Made by the team for this session: the SDK has no way for people to make their own."""
        assert self.session
        jwt: str = self.callers.team().users.create_jwt(self.id, self.session.id).jwt
        return jwt

    def enrolled(self) -> Person:
        """With every factor; both addresses are verified by the team. MFA is off."""
        users = self.callers.team().users
        users.update_email_verification(self.id, True)
        users.update_phone_verification(self.id, True)
        self.recovery_codes = self.account.create_mfa_recovery_codes().recoverycodes
        self.enrol_authenticator()
        return self

    def enrol_authenticator(self) -> None:
        assert self.caller
        uri = self.account.create_mfa_authenticator(AuthenticatorType.TOTP).uri
        picture = self.caller.avatars.get_qr(uri, size=200, margin=4)
        totp = pyotp.parse_uri(read(pixels(picture)))
        assert isinstance(totp, pyotp.TOTP)
        self.totp = totp
        self.account.update_mfa_authenticator(AuthenticatorType.TOTP, totp.now())

    def pass_challenge(self, factor: Any) -> Session:
        """Prove a factor."""
        challenge = self.account.create_mfa_challenge(factor)
        return self.account.update_mfa_challenge(challenge.id, self._code(factor.value, challenge))

    def _code(self, factor: str, challenge: Any) -> str:
        if factor == "totp":
            assert self.totp
            return self.totp.at(int(time.time()) + STEP_SECONDS)
        if factor == "recoverycode":
            return self.recovery_codes.pop()
        if factor == "custom":
            code: str = self.callers.team().users.get_mfa_challenge(self.id, challenge.id).code
            return code
        return (self.mailbox if factor == "email" else self.telephone).code(challenge.createdat)
