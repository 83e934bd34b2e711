"""Secrets are told once, in answers that nobody keeps, and nothing shows them again (attacks 78, 79)."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.api import Answer, TeamApi
from tests.support.handovers import ask
from tests.support.person import RETURN_URL, People, Person

GIVING: dict[str, Callable[[Person, TeamApi], Answer]] = {
    "session": lambda person, team: person.api.post("/account/sessions/email", credentials(person)),
    "session for a server": lambda person, team: team.post("/account/sessions/email", credentials(person)),
    "session by the team": lambda person, team: team.post(f"/users/{person.id}/sessions"),
    "handover": lambda person, team: ask(person),
    "jwt": lambda person, team: person.post("/account/jwts"),
    "authenticator": lambda person, team: person.post("/account/mfa/authenticators/totp"),
    "recovery codes": lambda person, team: person.post("/account/mfa/recovery-codes"),
    "recovery codes by the team": lambda person, team: team.patch(f"/users/{person.id}/mfa/recovery-codes"),
    "sign-in code": lambda person, team: team.post("/account/tokens/phone", {"userId": "x", "phone": "+4915112345678"}),
    "code of the custom factor": lambda person, team: custom_code(person, team),
}


def credentials(person: Person) -> dict[str, str]:
    return {"email": person.email, "password": person.password}


def custom_code(person: Person, team: TeamApi) -> Answer:
    team.patch("/project/policies/mfa-factors", {"custom": True})
    return team.get(f"/users/{person.id}/mfa/challenges/{person.challenge('custom')}")


@pytest.mark.parametrize("give", GIVING.values(), ids=GIVING)
def test_answer_with_a_secret_is_never_kept(
    person: Person, team: TeamApi, give: Callable[[Person, TeamApi], Answer]
) -> None:
    answer = give(person, team)

    assert answer.status in (200, 201), answer.text
    assert answer.header("Cache-Control") == "no-cache, no-store, must-revalidate"
    assert answer.header("X-Content-Type-Options") == "nosniff"


def every_reading_path(person: Person, challenge: str) -> Iterator[str]:
    """Each path that answers a GET, about this person."""
    from app import app

    here = {"userId": person.id, "sessionId": "current", "policyId": "user-limit", "challengeId": challenge}
    for path, methods in app.routes.items():
        if "GET" in methods and path not in ("/", "/{proxy+}", "/openapi.json"):
            yield path.format_map(defaultdict(lambda: "none", here))


def secret_parts(person: Person, jwt: str) -> set[str]:
    """Everything that proves to be this person, as somebody would have to know it."""
    held: dict[str, Any] = json.loads(b64decode(person.session))
    assert person.totp is not None
    codes = [code[5:] for code in person.recovery_codes]
    return {held["secret"], person.session, jwt, person.totp.secret, person.password, *codes}


def shown(secrets: set[str], answers: list[Answer]) -> set[str]:
    """Those of the secrets that stand in an answer as a word of their own."""
    text = "\n".join(answer.content.decode(errors="replace") for answer in answers)
    return {secret for secret in secrets if re.search(rf"(?<!\w){re.escape(secret)}(?!\w)", text)}


def test_nothing_that_proves_who_one_is_can_be_read_again(people: People, team: TeamApi) -> None:
    """Neither by the person nor by whoever has the API key: not even what is open just now."""
    person = people.new(authenticator=True, recovery_codes=True, email_verified=True)
    person.pass_challenge()
    person.set_phone()
    person.post("/account/verifications/phone")
    sent = {person.texted_code()}
    challenge = person.challenge("email")
    secrets = secret_parts(person, person.jwt()) | sent | {person.mailed_code()}
    paths = list(every_reading_path(person, challenge))

    answers = [*map(person.get, paths), *map(team.get, paths)]

    assert sum(answer.status == 200 for answer in answers) > 20
    assert shown(secrets, answers) == set()


def test_link_that_is_open_cannot_be_read(person: Person, team: TeamApi, run_jobs: Callable[[], int]) -> None:
    person.post("/account/verifications/email", {"url": RETURN_URL})
    links = {person.mailed_secret()}
    person.api.post("/account/recovery", {"email": person.email, "url": RETURN_URL})
    run_jobs()
    links.add(person.mailed_secret())
    paths = list(every_reading_path(person, "none"))

    answers = [*map(person.get, paths), *map(team.get, paths)]

    assert len(links) == 2
    assert shown(links, answers) == set()
