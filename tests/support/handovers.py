"""A session goes over to an app on another site."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from typing import Any

from tests.support.api import Answer, Api
from tests.support.person import ORIGIN, RETURN_URL, Person

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
"""Of that verifier, as RFC 7636 has both in its appendix B."""


def challenge_of(verifier: str) -> str:
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def ask(person: Person, url: str = RETURN_URL, challenge: str = CHALLENGE, **more: Any) -> Answer:
    """The hosted page asks for a code."""
    return person.post("/account/handovers", {"url": url, "challenge": challenge, **more})


def offer(person: Person, url: str = RETURN_URL, challenge: str = CHALLENGE) -> str:
    """The code of an offered session."""
    answer = ask(person, url, challenge)
    assert answer.status == 201, answer.text
    code = answer.json["code"]
    assert isinstance(code, str)
    return code


def take_over(api: Api, code: str, verifier: str = VERIFIER, origin: str = ORIGIN, session: str = "") -> Answer:
    """The app comes with the code."""
    body = {"code": code, "verifier": verifier}
    return api.post("/account/sessions/handover", body, session=session, headers={"Origin": origin} if origin else {})
