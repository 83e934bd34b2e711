"""Signs in with password and TOTP, reads the account, signs out. In `stack.yaml` the same in short."""

import hmac
import json
import os
import time
from base64 import b32decode
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from botocore.session import get_session

ENROL, CHALLENGES = "/account/mfa/authenticators/totp", "/account/mfa/challenges"
HALF = "user_more_factors_required"


class Failed(Exception): ...  # stands in the log, so it says nothing of a body


class Canary:
    def __init__(self, now):
        self.now, self.session, self.arn = now, None, os.environ["SECRET"]
        self.vault = get_session().create_client("secretsmanager")
        self.kept = json.loads(self.vault.get_secret_value(SecretId=self.arn)["SecretString"])
        self.name = "canary-" + self.arn[-6:].lower()  # six random characters, so it is nobody's yet
        self.user = {"email": f"success+{self.name}@simulator.amazonses.com", "password": self.kept["password"]}

    def keep(self, **more):
        self.kept |= more
        self.vault.put_secret_value(SecretId=self.arn, SecretString=json.dumps(self.kept))

    def call(self, method, path, body, *expected):
        """Status, or type of an error, and JSON of the answer. Raises Failed for others than those expected."""
        project = os.environ["PROJECT"]
        headers = {"X-Appwrite-Project": project, "Content-Type": "application/json", "User-Agent": "canary"}
        if self.session:
            headers["X-Appwrite-Session"] = self.session
        data = json.dumps(body).encode() if body else None
        try:
            answer = urlopen(Request(os.environ["ENDPOINT"] + path, data, headers, method=method), timeout=10)
        except HTTPError as refused:
            answer = refused
        with answer:
            found = json.loads(answer.read() or "{}")
        got = found.get("type") if answer.status >= 400 else answer.status
        if got not in expected:
            raise Failed(f"{method} {path}: expected {expected}, got {answer.status} {got}")
        if cookies := answer.headers["X-Fallback-Cookies"]:
            self.session = dict(json.loads(cookies)).get("a_session_" + project)
        return got, found

    def sign_in(self):
        self.call("POST", "/account/sessions/email", {**self.user, "duration": 300}, 201)

    def sign_out(self):
        self.call("DELETE", "/account/sessions/current", None, 204)

    def answer(self, path, **body):
        """A time step is accepted once: where this one is spent, the next is not, and may come early."""
        step = int(self.now()) // 30
        got, _ = self.call("PUT", path, {**body, "otp": self.code(step)}, 200, "user_invalid_token")
        if got != 200:
            self.call("PUT", path, {**body, "otp": self.code(step + 1)}, 200)

    def code(self, step):
        """RFC 6238."""
        digest = hmac.digest(b32decode(self.kept["totp"]), step.to_bytes(8, "big"), "sha1")
        at = digest[-1] & 15
        return str((int.from_bytes(digest[at : at + 4], "big") & 0x7FFFFFFF) % 10**6).zfill(6)

    def set_up(self):
        """Goes on where an earlier run was interrupted."""
        self.call("POST", "/account", {"userId": self.name, **self.user}, 201, "user_already_exists")
        self.sign_in()
        got, found = self.call("POST", ENROL, None, 200, "user_authenticator_already_verified", HALF)
        if got == 200:
            self.keep(totp=found["secret"])
            self.answer(ENROL)
        if got != HALF:
            self.call("PATCH", "/account/mfa", {"mfa": True}, 200)
        self.keep(ready=True)
        self.sign_out()


def handler(event, context, now=time.time):
    canary = Canary(now)
    if "ready" not in canary.kept:
        canary.set_up()
    canary.sign_in()
    canary.call("GET", "/account", None, HALF)
    _, challenge = canary.call("POST", CHALLENGES, {"factor": "totp"}, 201)
    canary.answer(CHALLENGES, challengeId=challenge["$id"])
    canary.call("GET", "/account", None, 200)
    canary.sign_out()
