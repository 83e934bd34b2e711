"""`python -m infra.deploy.smoke ENDPOINT PROJECT`: walks a deployment from sign-up to challenge, as a client would.

It leaves one blocked account behind, whose address is SES's mailbox simulator: no mail of it bounces.
"""

from __future__ import annotations

import json
import secrets
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import Any

import pyotp

TIMEOUT_SECONDS = 30

TRIES, SECONDS = 10, 3.0
"""Of an endpoint that was made just now."""


class Failed(Exception):
    """An answer was not the expected one; the text says which."""


@dataclass
class Client:
    endpoint: str
    project: str
    session: str = ""

    def call(self, method: str, path: str, body: Any = None, *, expect: int = 200, type_: str = "") -> Any:
        """The JSON of the answer, None if it has none. Raises Failed for any other status or error type."""
        started = time.perf_counter()
        status, headers, content = self._send(method, path, body)
        answer = json.loads(content) if "json" in headers.get("Content-Type", "") else None
        got = answer.get("type", "") if status >= 400 and answer else ""
        print(f"{status} {method:6} {path} {got} {(time.perf_counter() - started) * 1000:.0f} ms", flush=True)
        if status == 429:
            raise Failed(f"{method} {path}: {got}: this address has asked too often, as ten sign-ups an hour may")
        if (status, got) != (expect, type_):
            raise Failed(f"{method} {path}: expected {expect} {type_}, got {status} {content[:300]!r}")
        cookies = json.loads(headers.get("X-Fallback-Cookies", "{}"))
        if cookies:  # an ended session leaves an empty list there, as upstream does
            self.session = cookies[f"a_session_{self.project}"]
        return answer

    def _send(self, method: str, path: str, body: Any) -> tuple[int, Any, bytes]:
        headers = {"X-Appwrite-Project": self.project, "Content-Type": "application/json"}
        if self.session:
            headers["X-Appwrite-Session"] = self.session
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.endpoint + path, data, headers, method=method)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:  # noqa: S310
                return response.status, response.headers, response.read()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.headers, refused.read()


@dataclass
class Walk:
    """One person's way through the API."""

    client: Client
    password: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    name: str = field(default_factory=lambda: f"smoke-{secrets.token_hex(8)}")

    @property
    def email(self) -> str:
        return f"success+{self.name}@simulator.amazonses.com"

    def run(self) -> None:
        self.client.call("GET", "/health/version")
        self.client.call("GET", "/no-such-route", expect=404, type_="general_route_not_found")
        body = {"userId": self.name, "email": self.email, "password": self.password, "name": "Smoke test"}
        self.client.call("POST", "/account", body, expect=201)
        self.sign_in()
        codes = self.client.call("POST", "/account/mfa/recovery-codes", expect=201)["recoveryCodes"]
        totp = pyotp.TOTP(self.client.call("POST", "/account/mfa/authenticators/totp")["secret"])
        self.client.call("PUT", "/account/mfa/authenticators/totp", {"otp": totp.now()})
        self.client.call("PATCH", "/account/mfa", {"mfa": True})
        self.pass_challenge("totp", totp.at(int(time.time()) + 30))  # the step of now was spent by the enrolment
        self.pass_challenge("recoverycode", codes[0])
        self.client.call("PATCH", "/account/status")
        self.client.call("GET", "/account", expect=403, type_="user_blocked")

    def sign_in(self) -> None:
        body = {"email": self.email, "password": self.password}
        self.client.call("POST", "/account/sessions/email", body, expect=201)

    def pass_challenge(self, factor: str, answer: str) -> None:
        """Sign out and in again, to where the second factor is due, and give it."""
        self.client.call("DELETE", "/account/sessions/current", expect=204)
        self.client.session = ""
        self.sign_in()
        self.client.call("GET", "/account", expect=401, type_="user_more_factors_required")
        factors = self.client.call("GET", "/account/mfa/factors")
        if not factors["totp"] or not factors["recoveryCode"]:
            raise Failed(f"the factors are {factors}")
        challenge = self.client.call("POST", "/account/mfa/challenges", {"factor": factor}, expect=201)
        self.client.call("PUT", "/account/mfa/challenges", {"challengeId": challenge["$id"], "otp": answer})
        self.client.call("GET", "/account")


def wait(endpoint: str, project: str) -> None:
    """Until the endpoint answers, some seconds at most: what API Gateway has just been told spreads."""
    for _ in range(TRIES):
        try:
            Client(endpoint, project).call("GET", "/health/version")
        except (Failed, OSError):
            time.sleep(SECONDS)
        else:
            return


def main(endpoint: str, project: str) -> int:
    try:
        Walk(Client(endpoint.rstrip("/"), project)).run()
    except (Failed, OSError, ValueError) as error:
        print(f"FAILED: {error}", file=sys.stderr)
        return 1
    print("The deployment works.")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
