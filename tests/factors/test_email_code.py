"""The mail that carries a code. What it shares with the SMS is in test_sent_codes.py."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.factors.registry import named, usable
from chalicelib.models import Project, User
from chalicelib.runtime import container, settings
from tests.support.person import People

ANN = User(
    id="ann", created=1, updated=1, accessed=1, generation=1, email="ann@example.test", email_verified=True, mfa=True
)
RESET = replace(ANN, reset_by_mail=True)
OTHERS: dict[str, dict[str, Any]] = {
    "authenticator": {"authenticators": {"totp": {"verified": True, "secret": b"", "step": 0}}},
    "number": {"phone": "+4915112345678", "phone_verified": True},
    "recovery codes": {"recovery_codes": frozenset({"k7q"})},
}


def changed(user: User, **changes: Any) -> User:
    return replace(user, **changes)


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_after_a_reset_by_mail_the_mailbox_is_no_second_factor_beside_another(other: dict[str, Any]) -> None:
    for user, expected in ((changed(RESET, **other), False), (changed(ANN, **other), True), (RESET, True)):
        assert usable(named("email"), user, Project()) is expected


def test_what_is_not_confirmed_is_no_other_factor() -> None:
    unconfirmed = {"totp": {"verified": False, "secret": b"", "step": 0}}

    assert usable(named("email"), changed(RESET, authenticators=unconfirmed), Project()) is True
    assert usable(named("email"), changed(RESET, phone="+4915112345678"), Project()) is True


def test_what_the_team_delivers_is_no_other_factor() -> None:
    """It may go to the same mailbox."""
    assert usable(named("email"), RESET, Project(factors={"custom": True})) is True


@pytest.mark.parametrize("user", [changed(ANN, email_verified=False), changed(RESET, email_verified=False)])
def test_mailbox_that_is_not_verified_is_no_factor_at_all(user: User) -> None:
    assert usable(named("email"), user, Project()) is False


def test_mail_has_the_code_its_life_and_the_languages_words(people: People) -> None:
    person = people.new(name="Ann", email_verified=True)

    with container.override("config", replace(settings.config(), code_minutes=7)):
        answer = person.post("/account/mfa/challenges", {"factor": "email"}, headers={"X-Appwrite-Locale": "de"})

    mail, code = person.mails()[0], person.mailed_code()
    assert (mail["to"], mail["toName"], mail["subject"]) == (person.email, "Ann", "Bestätigungscode für Demo")
    assert f"Verwenden Sie den Code {code}" in mail["text"]
    assert "Er ist 7 Minuten gültig" in mail["text"]
    assert person.answer(answer.json["$id"], code).status == 200
