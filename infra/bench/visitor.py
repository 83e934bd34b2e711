"""Somebody with an account and an authenticator app, whose requests go through API Gateway."""

from __future__ import annotations

import json
import time
from email.message import Message
from ipaddress import IPv4Address
from typing import Any

import pyotp

from infra.local.http_server import Call, Respond

PASSWORD = "correct horse battery"  # noqa: S105
STEP_SECONDS = 30
NETWORK = IPv4Address("198.18.0.0")
"""The first address of those that are set aside for benchmarks (RFC 2544): 131,072 in all."""
MOST_SIGN_INS = 25
"""Of one visitor; the app takes 30 in an hour from one user and address."""
BROWSER = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
)


class Visitor:
    """`number` tells visitors apart; each calls from an address of its own, as far as limits go."""

    def __init__(self, respond: Respond, number: int) -> None:
        self._respond = respond
        self._address = str(NETWORK + number)
        self._spent = 0
        self._sign_ins = 0
        self.id = f"visitor-{number}"
        self.email = f"{self.id}@example.com"
        self.session = ""

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = self._respond(self.request(method, path, body))
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
        self.call("PUT", "/account/mfa/authenticators/totp", {"otp": self._code(_step_of_now())})
        self.call("PATCH", "/account/mfa", {"mfa": True})
        self.session = ""

    @property
    def ready(self) -> bool:
        """Whether a sign-in is taken by now: a step of the authenticator counts once, the next one from now on."""
        return self._spent <= _step_of_now() and self._sign_ins < MOST_SIGN_INS

    def sign_in(self) -> None:
        """With password and authenticator, as one who is signed out; once it is `ready`."""
        self.session = ""
        self._sign_ins += 1
        self.give_password()
        self.call("GET", "/account/mfa/factors")
        challenge = self.call("POST", "/account/mfa/challenges", {"factor": "totp"})["$id"]
        code = self._code(max(self._spent, _step_of_now() - 1) + 1)
        self.call("PUT", "/account/mfa/challenges", {"challengeId": challenge, "otp": code})
        self.call("GET", "/account")

    def _code(self, step: int) -> str:
        self._spent = step
        return self._totp.at(step * STEP_SECONDS)

    def give_password(self) -> None:
        self.call("POST", "/account/sessions/email", {"email": self.email, "password": PASSWORD})


def _step_of_now() -> int:
    return int(time.time()) // STEP_SECONDS
