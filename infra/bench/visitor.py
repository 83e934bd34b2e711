"""Somebody with an account and an authenticator app, whose requests go through API Gateway to one process."""

from __future__ import annotations

import json
import time
from email.message import Message
from typing import Any

import pyotp

from infra.lambda_runtime.gateway import ApiGateway
from infra.local.http_server import Call

PASSWORD = "correct horse battery"  # noqa: S105
STEP_SECONDS = 30
BROWSER = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
)


class Visitor:
    """`number` tells visitors apart; each calls from an address of its own, as far as limits go."""

    def __init__(self, gateway: ApiGateway, number: int) -> None:
        self._gateway = gateway
        self._address = f"203.0.113.{number}"
        self.id = f"visitor-{number}"
        self.email = f"{self.id}@example.com"
        self.session = ""

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = self._gateway.respond(self.request(method, path, body))
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {answer.body!r}")
        cookies = json.loads(dict(answer.headers).get("X-Fallback-Cookies", "{}"))
        if cookies:
            self.session = cookies["a_session_demo"]
        return json.loads(answer.body) if answer.body else None

    def request(self, method: str, path: str, body: dict[str, Any] | None = None) -> Call:
        headers = Message()
        headers["Host"] = "localhost"
        headers["User-Agent"] = BROWSER
        headers["X-Appwrite-Project"] = "demo"
        headers["Content-Type"] = "application/json"
        if self.session:
            headers["X-Appwrite-Session"] = self.session
        content = b"" if body is None else json.dumps(body).encode()
        return Call(method, f"/v1{path}", headers, self._address, content)

    def enrol(self) -> None:
        """An account whose MFA is on. The authenticator's step of now is spent."""
        self.call("POST", "/account", {"userId": self.id, "email": self.email, "password": PASSWORD, "name": "Ada"})
        self.give_password()
        self._totp = pyotp.TOTP(self.call("POST", "/account/mfa/authenticators/totp")["secret"])
        self.call("PUT", "/account/mfa/authenticators/totp", {"otp": self._totp.now()})
        self.call("PATCH", "/account/mfa", {"mfa": True})
        self.session = ""

    def sign_in(self) -> None:
        """With password and authenticator; once, since the next step of its is the last that is taken by now."""
        self.give_password()
        self.call("GET", "/account/mfa/factors")
        challenge = self.call("POST", "/account/mfa/challenges", {"factor": "totp"})["$id"]
        code = self._totp.at(int(time.time()) + STEP_SECONDS)
        self.call("PUT", "/account/mfa/challenges", {"challengeId": challenge, "otp": code})
        self.call("GET", "/account")

    def give_password(self) -> None:
        self.call("POST", "/account/sessions/email", {"email": self.email, "password": PASSWORD})
