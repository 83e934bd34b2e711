"""People in every state that a route asks for, at one moment at which whatever they hold is still good."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from argon2 import PasswordHasher

from chalicelib.runtime import container, settings
from tests.routes import Act, Route
from tests.support.api import KEY, Answer, Api
from tests.support.authenticator import Authenticator
from tests.support.cast import QUERIES, VALUES
from tests.support.clock import Clock
from tests.support.handovers import offer
from tests.support.person import ORIGIN, RETURN_URL, People, Person
from tests.support.sign_in import ask_for_mail, mailed_token
from tests.support.tables import Tables, allow_passkeys, custom_code

NEW_ADDRESS = "new@example.test"
NOBODYS_ADDRESS = "nobody@example.test"
NEW_NUMBER = "+4915170000001"
NOBODYS_NUMBER = "+4915187654322"  # that nobody typed: it is taken off others after the act, as well as may be
TARGET = "office"
SENT = ("totp", "email", "phone", "custom", "recoveryCode", "passkey")


class Salted(PasswordHasher):
    """Argon2 whose hash of a text is always the same."""

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        return super().hash(password, salt=b"0123456789abcdef")


class Repeating:
    """Randomness that begins anew with every request: the n-th draw of a size always gives the same bytes."""

    def __init__(self) -> None:
        self._drawn: dict[int, int] = {}

    def __call__(self, count: int) -> bytes:
        number = self._drawn[count] = self._drawn.get(count, 0) + 1
        return hashlib.shake_256(f"{count} {number}".encode()).digest(count)


class Stage:
    """`plain` has unproven addresses, an unconfirmed authenticator and every open proof, `coded` those that are mailed
    as codes; `full` has all factors, MFA in force, a session with a recent challenge, and `half`, a session that lacks
    a factor and has a challenge of each.

    `values` are the secrets that they hold, by the names that the rows of the table have for them.
    """

    def __init__(self, people: People, tables: Tables, clock: Clock, run_jobs: Callable[[], int]) -> None:
        with container.override("config", replace(settings.config(), rate_limits=False, recovery_codes=2)):
            allow_passkeys(tables, clock, factors={"custom": True}, password_history=3)
            self._plain, self._full = _plain(people), _full(people)
            self._half = replace(self._full)
            self._half.sign_in()
            self._coded = people.new()
            self.values: dict[str, Any] = {**_proofs(self._plain, run_jobs), **_sign_in_code(self._full, "owners")}
            self.values |= _codes_by_mail(self._coded, run_jobs)
            self.values |= _sign_in_code(replace(self._plain, phone=NOBODYS_NUMBER), "new")
            self.values |= _mailed_code(self._full, self._full.email, "owners")
            self.values |= _mailed_code(self._full, NOBODYS_ADDRESS, "new")
            self.values |= _link_and_custom_token(self._full)
            self.values |= _passkeys(self._full)
            self.values |= _answers(self._half, tables)
            self.values["handover"] = offer(self._full)
            _note_target(self._full)
            self.values |= self._names()
            self.time = clock()

    def call(self, api: Api, route: Route, act: Act) -> Answer:
        """The request of a row of the table, with its placeholders filled."""
        sessions = {"plain": self._plain.session, "full": self._full.session, "half": self._half.session}
        path = route.path.replace("{proxy+}", "no/such/path").format(
            **self.values, userId=self.values[act.about], passkeyId=self.values[act.passkey]
        )
        body = {name: self._filled(value) for name, value in act.body.items()} if act.body is not None else None
        key = KEY if act.caller == "key" else ""
        headers = {"Origin": act.origin} if act.origin else {}
        place, session = path + QUERIES.get(path, ""), sessions.get(act.caller, "")
        return api.call(route.method, place, body, session=session, key=key, headers=headers)

    def note_the_newest_link(self) -> None:
        self.values["recovery_secret"] = self._plain.mailed_secret()

    def note_the_newest_code(self) -> None:
        self.values["recovery_code"] = self._coded.mailed_code()

    def _filled(self, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        whole = self.values.get(value[1:-1])
        return whole if isinstance(whole, dict) else value.format(**self.values)

    def _names(self) -> dict[str, str]:
        return {
            **{name: value for name, value in VALUES.items() if name != "passkeyId"},
            "plain": self._plain.id,
            "full": self._full.id,
            "email": self._plain.email,
            "coded": self._coded.id,
            "coded_email": self._coded.email,
            "full_phone": self._full.phone,
            "sessionId": self._other_session(),
            "targetId": TARGET,
            "type": "totp",
            "policyId": "user-limit",
            "methodId": "magic-url",
            "challengeId": self.values["custom_challenge"],
            "enrolment_code": self._plain.totp_code(),
            "new_email": NEW_ADDRESS,
            "new_phone": NEW_NUMBER,
        }

    def _other_session(self) -> str:
        own = self._plain.session_id()
        sessions = self._plain.get("/account/sessions").json["sessions"]
        return str(next(session["$id"] for session in sessions if session["$id"] != own))


def _plain(people: People) -> Person:
    person = people.new()
    person.set_phone()
    person.sign_in()
    person.begin_authenticator()
    return person


def _full(people: People) -> Person:
    person = people.new(email_verified=True, phone_verified=True, authenticator=True, recovery_codes=True, mfa=True)
    person.pass_challenge("totp")
    return person


def _passkeys(person: Person) -> dict[str, Any]:
    """A passkey, one that waits for its credential, and a sign-in that does."""
    passkey, begun = person.enrol_passkey(), person.begin_passkey()
    used = person.authenticator.passkeys[0]
    asked = person.api.post("/account/tokens/passkey").json
    return {
        "full_passkey": passkey,
        "begun_passkey": begun["passkeyId"],
        "begun_credential": Authenticator(ORIGIN).create(begun["publicKey"]),
        "guests_challenge": asked["$id"],
        "guests_credential": person.authenticator.get(asked["publicKey"], passkey=used),
    }


def _note_target(person: Person) -> None:
    body = {"targetId": TARGET, "providerType": "email", "identifier": "office@example.test"}
    assert person.api.post(f"/users/{person.id}/targets", body, key=KEY).status == 201


def _proofs(person: Person, run_jobs: Callable[[], int]) -> dict[str, str]:
    """Every open proof of an address, each from a message of its own."""
    values = {}
    assert person.post("/account/verifications/email", {"url": RETURN_URL}).status == 201
    values["email_secret"] = person.mailed_secret()
    assert person.post("/account/verifications/phone").status == 201
    values["phone_code"] = person.texted_code()
    assert person.api.post("/account/recovery", {"email": person.email, "url": RETURN_URL}).status == 201
    run_jobs()
    values["recovery_secret"] = person.mailed_secret()
    return values


def _codes_by_mail(person: Person, run_jobs: Callable[[], int]) -> dict[str, str]:
    """The same of a mailbox, as codes, with the id to answer for."""
    assert person.post("/account/verifications/email/otp").status == 201
    values = {"email_code": person.mailed_code()}
    asked = person.api.post("/account/recovery/otp", {"email": person.email})
    assert asked.status == 201
    run_jobs()
    return {**values, "recovery_id": asked.json["userId"], "recovery_code": person.mailed_code()}


def _sign_in_code(person: Person, name: str) -> dict[str, str]:
    """A code to the person's number, and the id to answer for."""
    asked = person.api.post("/account/tokens/phone", {"userId": "unique()", "phone": person.phone})
    assert asked.status == 201
    return {f"{name}_sign_in": asked.json["userId"], f"{name}_sign_in_code": person.texted_code()}


def _mailed_code(person: Person, address: str, name: str) -> dict[str, str]:
    """A code to a mailbox, and the id to answer for."""
    asked = ask_for_mail(person.api, "email-otp", address)
    assert asked.status == 201
    return {f"{name}_mail": asked.json["userId"], f"{name}_mail_code": mailed_token(person.inbox, address)}


def _link_and_custom_token(person: Person) -> dict[str, str]:
    asked = ask_for_mail(person.api, "magic-url", person.email)
    assert asked.status == 201
    made = person.api.post(f"/users/{person.id}/tokens", {"length": 32}, key=KEY)
    assert made.status == 201
    secrets = {"link_secret": mailed_token(person.inbox, person.email), "custom_token": made.json["secret"]}
    return {"link": asked.json["userId"], **secrets}


def _answers(half: Person, tables: Tables) -> dict[str, str]:
    """An open challenge of each factor and its right answer, a minute from now."""
    values = {f"{factor}_challenge": half.challenge(factor) for factor in SENT}
    values["email_answer"] = half.mailed_code()
    values["phone_answer"] = half.texted_code()
    values["custom_answer"] = custom_code(tables, values["custom_challenge"])
    values["recoveryCode_answer"] = half.recovery_codes[0]
    values["passkey_answer"] = half.right_answer("passkey")
    half.clock.advance(minutes=1)
    values["totp_answer"] = half.totp_code()
    return values
