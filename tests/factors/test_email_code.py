"""The mail that carries a code. What it shares with the SMS is in test_sent_codes.py."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.errors import ApiError
from chalicelib.factors import sent_codes
from chalicelib.factors.email_code import EmailCode
from chalicelib.factors.factor import Proof, Refusal
from chalicelib.models import Challenge, User
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


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_after_a_reset_by_mail_the_mailbox_is_no_second_factor_beside_another(other: dict[str, Any]) -> None:
    sent: list[str] = []
    begun = sent_codes.begin(RESET, "c1", RESET.email, sent.append)
    assert begun.send is not None
    begun.send()
    challenge = Challenge(
        id="c1", user_id="ann", session_id="s", factor="email", created=1, expire=2, ttl=1, kept=begun.kept
    )

    for user, usable in ((changed(RESET, **other), False), (changed(ANN, **other), True), (RESET, True)):
        assert EmailCode().usable(user) is usable
        answer = EmailCode().check(sent[0], user, challenge, None)
        assert isinstance(answer, Proof) if usable else answer is Refusal.WRONG
    with pytest.raises(ApiError, match="user_auth_method_unsupported") as caught:
        EmailCode().begin(changed(RESET, **other), "c2", "")
    assert caught.value.message == "The password was reset by e-mail. Use another factor this time."


def test_what_is_not_confirmed_is_no_other_factor() -> None:
    unconfirmed = {"totp": {"verified": False, "secret": b"", "step": 0}}

    assert EmailCode().usable(changed(RESET, authenticators=unconfirmed)) is True
    assert EmailCode().usable(changed(RESET, phone="+4915112345678")) is True


@pytest.mark.parametrize("user", [changed(ANN, email_verified=False), changed(RESET, email_verified=False)])
def test_mailbox_that_is_not_verified_is_no_factor_at_all(user: User) -> None:
    assert EmailCode().usable(user) is False


def test_mail_has_the_code_its_life_and_the_languages_words(people: People) -> None:
    person = people.new(name="Ann", email_verified=True)

    with container.override("config", replace(settings.config(), code_minutes=7)):
        answer = person.post("/account/mfa/challenges", {"factor": "email"}, headers={"X-Appwrite-Locale": "de"})

    mail, code = person.mails()[0], person.mailed_code()
    assert (mail["to"], mail["toName"], mail["subject"]) == (person.email, "Ann", "Bestätigungscode für Demo")
    assert f"Verwenden Sie den Code {code}" in mail["text"]
    assert "Er ist 7 Minuten gültig" in mail["text"]
    assert person.answer(answer.json["$id"], code).status == 200
