"""What schemathesis calls on its way: it tells who is asking, and puts back what a destructive call took away."""

from __future__ import annotations

import atexit
import os
import time
from collections import defaultdict
from typing import Any

import schemathesis

from infra.local.inbox import Inbox
from tests.support.api import KEY, Api
from tests.support.authenticator import base64url
from tests.support.clock import Clock
from tests.support.person import PASSWORD, People, Person

CALLER = os.environ["FUZZ_CALLER"]
API = Api(os.environ["FUZZ_ENDPOINT"])
KNOWN = {"userId": "fuzz", "email": "fuzz@example.test", "phone": "+4915112345678", "password": PASSWORD}
"""The user that schemathesis.toml knows."""
OUT = {"general_unauthorized_scope", "user_blocked", "user_more_factors_required"}
"""What somebody hears whose session is gone. (So does who was made to ask without it: then the next is a surplus.)"""
CREDENTIAL = {
    "id": "AAAA",
    "rawId": "AAAA",
    "type": "public-key",
    "response": {
        "clientDataJSON": base64url(b'{"type":"webauthn.get","challenge":"AAAA","origin":"http://localhost:3000"}'),
        "attestationObject": "oA",
        "authenticatorData": "AAAA",
        "signature": "AAAA",
    },
}
"""In the form of an answer to a challenge of a passkey."""
CALLS_OF_ONE = 40
"""After so many another person has a turn, since what there is to be changed is soon changed."""

ANSWERED: dict[str, set[int]] = defaultdict(set)
"""The statuses that each operation has answered with."""


class SignedIn:
    """A complete session, and always another person's when the last one has lost it."""

    calls = 0
    made = 0
    person: Person | None = None

    def get(self, case: Any, context: Any) -> str:
        SignedIn.calls += 1
        if SignedIn.person is None or SignedIn.calls % CALLS_OF_ONE == 0:
            SignedIn.person = _somebody(SignedIn.made % 3)
            SignedIn.made += 1
        return SignedIn.person.session

    def set(self, case: Any, session: str, context: Any) -> None:
        case.headers["X-Appwrite-Session"] = session


def _somebody(kind: int) -> Person:
    """One with MFA in force, one with it switched off, both fresh from a challenge; and one with a password only.

    Each has a passkey, by the id that schemathesis.toml knows.
    """
    people = People(API, Inbox(), Clock(int(time.time())))
    person = people.new(recovery_codes=kind < 2, authenticator=kind < 2, mfa=kind == 0)
    if kind < 2:
        person.pass_challenge("recoveryCode")
    person.enrol_passkey(passkeyId="fuzz")
    person.set_phone()
    return person


def keep_known() -> None:
    """Make the user that is known, unless it is there, and give it back what a call may have taken."""
    API.post("/users", KNOWN, key=KEY)
    API.patch("/users/fuzz/status", {"status": True}, key=KEY)
    API.patch("/users/fuzz/mfa/recovery-codes", key=KEY)


def keep_callers_operations(context: Any, raw_schema: dict[str, Any]) -> None:
    """A guest tries everything, the others what is for them."""
    for path, operations in raw_schema["paths"].items():
        ours = {name: each for name, each in operations.items() if _is_for_caller(each)}
        raw_schema["paths"][path] = ours


def _is_for_caller(operation: dict[str, Any]) -> bool:
    return CALLER == "guest" or any(CALLER in each for each in operation["security"])


def leave_framing_alone(context: Any, headers: dict[str, str] | None) -> bool:
    """What these say is between the servers, before the API."""
    return not {"content-length", "transfer-encoding"} & {name.lower() for name in headers or ()}


def give_form(context: Any, body: Any) -> Any:
    """Whatever goes for a credential gets further by the parts of one."""
    given = body.get("credential") if isinstance(body, dict) else None
    return {**body, "credential": {**CREDENTIAL, **given}} if isinstance(given, dict) else body


def put_back(context: Any, case: Any, response: Any) -> None:
    """After every call."""
    ANSWERED[case.operation.label].add(response.status_code)
    changed = case.method != "GET" and response.status_code < 300
    if CALLER == "key" and changed and "/users/fuzz" in response.request.url:
        keep_known()
    if CALLER == "session" and ((changed and "password" in case.path) or _type_of(response) in OUT):
        SignedIn.person = None


def _type_of(response: Any) -> str:
    return response.json().get("type", "") if response.status_code >= 400 else ""


def report() -> None:
    """How far the run got."""
    refused = {name: statuses for name, statuses in ANSWERED.items() if min(statuses) >= 400}
    print(f"{len(ANSWERED) - len(refused)} of {len(ANSWERED)} operations have done what they do.")
    if CALLER != "guest":
        print("".join(f"Refused throughout: {name} {sorted(refused[name])}\n" for name in sorted(refused)))


keep_known()
atexit.register(report)
schemathesis.hook("before_load_schema")(keep_callers_operations)
schemathesis.hook("filter_headers")(leave_framing_alone)
schemathesis.hook("map_body")(give_form)
schemathesis.hook("after_call")(put_back)
if CALLER == "session":
    schemathesis.auth(refresh_interval=None)(SignedIn)
