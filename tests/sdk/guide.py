"""Appwrite's guide to multi-factor authentication, walked through with any SDK by way of a driver.

A driver is a program in the SDK's own language, below `drivers/`. It reads one step a line, as JSON: the step's name,
then its values. It does the step with the SDK and answers in one line: `{"value": ...}` as the SDK returned it, or
`{"error": "user_more_factors_required"}`.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyotp

from tests.sdk.python.mailbox import Mailbox
from tests.support.servers import Server
from tests.test_qr import pixels, read

STEP_SECONDS = 30
PAGE = "http://localhost:3000/verify"


class Refused(Exception):
    """The server's error type, or what else went wrong."""


class Sdk:
    """One SDK, called through its driver."""

    def __init__(self, driver: subprocess.Popen[str]) -> None:
        self._driver = driver

    def do(self, step: str, *values: Any) -> Any:
        """What the SDK returned, as its JSON. `Refused` for an error."""
        assert self._driver.stdin
        assert self._driver.stdout
        self._driver.stdin.write(json.dumps([step, *values]) + "\n")
        self._driver.stdin.flush()
        line = self._driver.stdout.readline()
        assert line, f"the driver ended at {step}"
        answer = json.loads(line)
        if "error" in answer:
            raise Refused(f"{step}: {answer['error']}")
        return answer.get("value")

    def refusal(self, step: str, *values: Any) -> str:
        """The type of the error that the step must end in."""
        try:
            done = self.do(step, *values)
        except Refused as refused:
            return str(refused).removeprefix(f"{step}: ")
        raise AssertionError(f"{step} is not refused: {done}")


@contextmanager
def driven(command: Sequence[str | Path], server: Server, environment: Mapping[str, str] = os.environ) -> Iterator[Sdk]:
    """The SDK whose driver this command starts, for as long as the `with` block lasts."""
    where = {"ENDPOINT": f"{server.url}/v1", "PROJECT": "demo", "KEY": server.key}
    with subprocess.Popen(
        command,
        env={**environment, **where},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as driver:
        yield Sdk(driver)


def walk(sdk: Sdk, server: Server) -> None:
    """The whole guide, as somebody new."""
    reader = Reader(sdk, f"{server.url}/_local/inbox")
    reader.signs_up()
    reader.writes_down_recovery_codes()
    reader.verifies_the_address()
    reader.verifies_the_number()
    reader.enrols_an_authenticator()
    assert sdk.do("switchMfa", True)["mfa"] is True
    for factor in ("totp", "email", "phone", "recoverycode"):
        reader.signs_in_by(factor)
    reader.switches_mfa_off()


class Reader:
    """Somebody who follows the guide."""

    def __init__(self, sdk: Sdk, inbox: str) -> None:
        self.do, self.refusal = sdk.do, sdk.refusal
        self.id, unique = f"reader-{secrets.token_hex(8)}", secrets.token_hex(8)
        self.email, self.password = f"zoe.{unique}@example.com", f"correct horse {unique}"
        self.phone = f"+49151{secrets.randbelow(90_000_000) + 10_000_000}"
        self.mailbox, self.telephone = Mailbox(inbox, self.email), Mailbox(inbox, self.phone)

    def signs_up(self) -> None:
        assert self.do("signUp", self.id, self.email, self.password, "Zoë Łukasz")["$id"] == self.id
        assert self.signs_in()["factors"] == ["password"]
        assert self.do("me")["name"] == "Zoë Łukasz"

    def writes_down_recovery_codes(self) -> None:
        self.recovery_codes = self.do("createRecoveryCodes")["recoveryCodes"]
        assert len(self.recovery_codes) == 10

    def verifies_the_address(self) -> None:
        assert self.do("sendLink", PAGE)["userId"] == self.id
        link = self.mailbox.link("Account Verification for Demo")
        self.do("verifyEmail", link["userId"], link["secret"])
        assert self.do("me")["emailVerification"] is True

    def verifies_the_number(self) -> None:
        assert self.do("setPhone", self.phone, self.password)["phone"] == self.phone
        token = self.do("sendCode")
        self.do("verifyPhone", token["userId"], self.telephone.code(token["$createdAt"]))
        assert self.do("me")["phoneVerification"] is True

    def enrols_an_authenticator(self) -> None:
        uri = self.do("createAuthenticator", "totp")["uri"]
        picture = base64.b64decode(self.do("picture", uri, 800, 4, False))
        assert read(pixels(picture)) == uri
        totp = pyotp.parse_uri(uri)
        assert isinstance(totp, pyotp.TOTP)
        self.totp = totp
        self.do("confirmAuthenticator", "totp", totp.now())

    def signs_in_by(self, factor: str) -> None:
        """With the password, which is not enough; then with this factor."""
        self.do("signOut", "current")
        assert self.signs_in()["factors"] == ["password"]
        assert self.refusal("me") == "user_more_factors_required"
        factors = self.do("listFactors")
        assert {name for name, is_there in factors.items() if is_there} == {"totp", "email", "phone", "recoveryCode"}

        challenge = self.do("createChallenge", factor)
        code = self._code(factor, challenge["$createdAt"])
        assert self.refusal("answerChallenge", challenge["$id"], "wrong") == "user_invalid_token"
        self.do("answerChallenge", challenge["$id"], code)
        assert self.do("me")["email"] == self.email

    def switches_mfa_off(self) -> None:
        self.do("removeAuthenticator", "totp", self.totp.now())  # only the old ones ask for a code
        assert self.do("listFactors")["totp"] is False
        assert self.do("switchMfa", False)["mfa"] is False

    def signs_in(self) -> dict[str, Any]:
        session: dict[str, Any] = self.do("signIn", self.email, self.password)
        return session

    def _code(self, factor: str, since: str) -> str:
        if factor == "totp":
            return self.totp.at(int(time.time()) + STEP_SECONDS)
        if factor == "recoverycode":
            code: str = self.recovery_codes.pop()
            return code
        return (self.mailbox if factor == "email" else self.telephone).code(since)
