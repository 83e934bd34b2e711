"""Every factor is answered from every kind of session that the API opens. New ones of both join by themselves."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chalicelib.api import ROUTES
from chalicelib.factors.registry import FACTORS
from tests.factors.test_registry import ENROL, right_answer
from tests.support.api import KEY, Answer, session_value
from tests.support.person import Person
from tests.support.tables import Tables, allow_passkeys


def by_password(person: Person) -> str:
    return person.sign_in()


def by_code(redeem: Callable[[Person, dict[str, str]], Answer]) -> Callable[[Person], str]:
    def sign_in(person: Person) -> str:
        person.clock.advance(minutes=1)
        asked = person.api.post("/account/tokens/phone", {"userId": "unique()", "phone": person.phone})
        assert asked.status == 201, asked.text
        return session_value(redeem(person, {"userId": asked.json["userId"], "secret": person.texted_code()}))

    return sign_in


def by_server(person: Person) -> str:
    made = person.api.post(f"/users/{person.id}/sessions", key=KEY)
    assert made.status == 201, made.text
    value = made.json["secret"]
    assert isinstance(value, str)
    return value


WAYS: dict[str, Callable[[Person], str]] = {
    "POST /account/sessions/email": by_password,
    "POST /account/sessions": by_password,
    "POST /account/sessions/token": by_code(lambda person, proof: person.api.post("/account/sessions/token", proof)),
    "PUT /account/sessions/magic-url": by_code(
        lambda person, proof: person.api.put("/account/sessions/magic-url", proof)
    ),
    "PUT /account/sessions/phone": by_code(lambda person, proof: person.api.put("/account/sessions/phone", proof)),
    "POST /users/{userId}/sessions": by_server,
}
"""How a session begins at each endpoint that opens one. A new endpoint needs a line here."""
ELSEWHERE = ("POST /account/sessions/anonymous", "POST /account/sessions/handover")
"""Of a user who never has a factor when it begins: `tests/sign_in/test_anonymous.py` answers with one added later. And
of a session that another endpoint has begun, with all its factors: `tests/api/account/test_handovers.py`."""

OPENING = [
    f"{served.method} {path}"
    for routes in ROUTES
    for served in routes.served
    for path in served.paths
    if (served.definition.answer, served.definition.status) == ("session", 201)
    and f"{served.method} {path}" not in ELSEWHERE
]


@pytest.mark.parametrize("way", OPENING)
@pytest.mark.parametrize("half", [False, True], ids=["complete", "half"])
@pytest.mark.parametrize("factor", [factor.name for factor in FACTORS])
def test_factor_is_answered(person: Person, tables: Tables, factor: str, half: bool, way: str) -> None:
    allow_passkeys(tables, person.clock, factors={factor: True})
    for each in dict.fromkeys(["phone", factor, *(["totp"] if half else [])]):
        ENROL[each](person)
    if half:
        assert person.switch_mfa(True).status == 200
    person.clock.advance(minutes=1)
    person.session = WAYS[way](person)
    challenge = person.challenge(factor)

    answer = person.answer(challenge, right_answer(person, tables, factor, challenge))

    assert answer.status == 200, answer.text
    first, *others = answer.json["factors"]
    before_mfa = factor == "recoveryCode" and not half  # it is no factor before MFA is in force
    assert others == ([] if factor == first or before_mfa else [factor])
    assert person.get("/account").status == (401 if half and not others else 200)
