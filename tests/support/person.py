"""People who sign up, enrol factors, sign in and read their messages."""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyotp

from infra.local.inbox import Inbox
from tests.support.api import Answer, Api, session_value
from tests.support.authenticator import Authenticator
from tests.support.clock import Clock

PASSWORD = "correct horse battery"
NUMBER = "+4915112345678"
ORIGIN = "http://localhost:3000"
RETURN_URL = f"{ORIGIN}/verify"
_numbers = itertools.count(1)


@dataclass
class Person:
    """Somebody with an account. `session` is the value of the present session, empty when signed out."""

    api: Api
    inbox: Inbox
    clock: Clock
    id: str
    email: str
    password: str = PASSWORD
    name: str = ""
    phone: str = ""
    session: str = ""
    totp: pyotp.TOTP | None = None
    recovery_codes: list[str] = field(default_factory=list)
    authenticator: Authenticator = field(default_factory=lambda: Authenticator(ORIGIN))
    """Where the passkeys are."""
    asked: dict[str, Any] = field(default_factory=dict)
    """What the newest challenge asks a passkey."""

    # Requests as this person

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> Answer:
        return self.api.call(method, path, body, **{"session": self.session, **options})

    def get(self, path: str, **options: Any) -> Answer:
        return self.call("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> Answer:
        return self.call("POST", path, body, **options)

    def put(self, path: str, body: Any = None, **options: Any) -> Answer:
        return self.call("PUT", path, body, **options)

    def patch(self, path: str, body: Any = None, **options: Any) -> Answer:
        return self.call("PATCH", path, body, **options)

    def delete(self, path: str, body: Any = None, **options: Any) -> Answer:
        return self.call("DELETE", path, body, **options)

    # What people do

    def sign_in(self) -> str:
        """Begin another session and use it from now on."""
        self.session = session_value(
            self.api.post("/account/sessions/email", {"email": self.email, "password": self.password})
        )
        return self.session

    def session_id(self) -> str:
        value = self.get("/account/sessions/current").json["$id"]
        assert isinstance(value, str)
        return value

    def jwt(self) -> str:
        """A JWT of the present session."""
        answer = self.post("/account/jwts")
        assert answer.status == 201, answer.text
        value = answer.json["jwt"]
        assert isinstance(value, str)
        return value

    def verify_email(self) -> None:
        assert self.post("/account/verifications/email", {"url": RETURN_URL}).status == 201
        proof = {"userId": self.id, "secret": self.mailed_secret()}
        assert self.api.put("/account/verifications/email", proof).status == 200

    def set_phone(self, number: str = "") -> None:
        self.phone = number or f"+49151{next(_numbers):08d}"
        body = {"phone": self.phone, "password": self.password}
        answer = self.patch("/account/phone", body)
        assert answer.status == 200, answer.text

    def verify_phone(self) -> None:
        if not self.phone:
            self.set_phone()
        assert self.post("/account/verifications/phone").status == 201
        proof = {"userId": self.id, "secret": self.texted_code()}
        assert self.api.put("/account/verifications/phone", proof).status == 200

    def begin_authenticator(self) -> None:
        answer = self.post("/account/mfa/authenticators/totp")
        assert answer.status == 200, answer.text
        self.totp = pyotp.TOTP(answer.json["secret"])

    def enrol_authenticator(self) -> None:
        self.begin_authenticator()
        answer = self.put("/account/mfa/authenticators/totp", {"otp": self.totp_code()})
        assert answer.status == 200, answer.text

    def begin_passkey(self, **body: str) -> dict[str, Any]:
        """Begin a passkey; the challenge for it."""
        answer = self.post("/account/passkeys", body)
        assert answer.status == 201, answer.text
        challenge: dict[str, Any] = answer.json
        return challenge

    def enrol_passkey(self, **body: str) -> str:
        """A new passkey of the person's authenticator; its id."""
        begun = self.begin_passkey(**body)
        credential = self.authenticator.create(begun["publicKey"])
        answer = self.put(f"/account/passkeys/{begun['passkeyId']}/verification", {"credential": credential})
        assert answer.status == 200, answer.text
        return str(answer.json["$id"])

    def create_recovery_codes(self) -> None:
        answer = self.post("/account/mfa/recovery-codes")
        assert answer.status == 201, answer.text
        self.recovery_codes = answer.json["recoveryCodes"]

    def switch_mfa(self, on: bool) -> Answer:
        return self.patch("/account/mfa", {"mfa": on})

    def begin_challenge(self, factor: str) -> Answer:
        answer = self.post("/account/mfa/challenges", {"factor": factor})
        assert answer.status == 201, answer.text
        self.asked = answer.json.get("publicKey", {})
        return answer

    def challenge(self, factor: str) -> str:
        """Begin a challenge; its id."""
        value = self.begin_challenge(factor).json["$id"]
        assert isinstance(value, str)
        return value

    def answer(self, challenge_id: str, otp: Any) -> Answer:
        return self.put("/account/mfa/challenges", {"challengeId": challenge_id, "otp": otp})

    def pass_challenge(self, factor: str = "totp") -> Answer:
        """Pass a challenge of that factor with the right answer, whatever it takes."""
        if factor == "totp":
            self.clock.advance(seconds=60)
        answer = self.answer(self.challenge(factor), self.right_answer(factor))
        assert answer.status == 200, answer.text
        return answer

    def right_answer(self, factor: str) -> str:
        """What answers the newest challenge of that factor. A recovery code is taken from the person's list."""
        if factor == "email":
            return self.mailed_code()
        if factor == "phone":
            return self.texted_code()
        if factor == "totp":
            return self.totp_code()
        if factor == "passkey":
            return json.dumps(self.authenticator.get(self.asked))
        return self.recovery_codes.pop(0)

    def totp_code(self, steps: int = 0) -> str:
        """The authenticator's code now, or so many steps of 30 s later."""
        assert self.totp is not None
        return self.totp.at(int(self.clock()) + 30 * steps)

    # What people receive

    def mails(self) -> list[dict[str, Any]]:
        return [asdict(message) for message in self.inbox.messages(self.email)]

    def mailed_code(self) -> str:
        value = self.mails()[0]["code"]
        assert isinstance(value, str)
        return value

    def mailed_link(self) -> str:
        match = re.search(r"https?://\S+", self.mails()[0]["text"])
        assert match
        return match.group()

    def mailed_secret(self) -> str:
        return parse_qs(urlsplit(self.mailed_link()).query)["secret"][0]

    def texted_code(self) -> str:
        return self.inbox.messages(self.phone)[0].code


class People:
    """Makes people, each with a fresh address. What matters to a test is named; the rest is not there."""

    def __init__(self, api: Api, inbox: Inbox, clock: Clock) -> None:
        self._parts = (api, inbox, clock)

    def new(
        self,
        *,
        user_id: str = "",
        email: str = "",
        name: str = "",
        signed_in: bool = True,
        email_verified: bool = False,
        phone_verified: bool = False,
        authenticator: bool = False,
        recovery_codes: bool = False,
        mfa: bool = False,
    ) -> Person:
        """Somebody with an account, signed in unless told otherwise.

        `mfa` switches MFA on and, if nothing else is asked for, enrols an authenticator to have it in force.
        """
        number = next(_numbers)
        address = email or f"person{number}@example.test"
        person = Person(*self._parts, id=user_id or f"user-{number}", email=address, name=name)
        body = {"userId": person.id, "email": person.email, "password": person.password, "name": person.name or None}
        answer = person.api.post("/account", body)
        assert answer.status == 201, answer.text
        person.sign_in()
        if email_verified:
            person.verify_email()
        if phone_verified:
            person.verify_phone()
        if recovery_codes:
            person.create_recovery_codes()
        if authenticator or (mfa and not (email_verified or phone_verified)):
            person.enrol_authenticator()
        if mfa:
            assert person.switch_mfa(True).status == 200
        if authenticator or mfa:
            person.clock.advance(minutes=5, seconds=1)  # the proof of the factor is not recent any more
        if not signed_in:
            assert person.delete("/account/sessions/current").status == 204
            person.session = ""
        return person
