"""The mail that carries a code. What it shares with the SMS is in test_sent_codes.py."""

from __future__ import annotations

from dataclasses import replace

from chalicelib import services
from tests.support import People


def test_mail_has_the_code_its_life_and_the_languages_words(people: People) -> None:
    person = people.new(name="Ann", email_verified=True)

    with services.override("config", replace(services.config(), code_minutes=7)):
        answer = person.post("/account/mfa/challenges", {"factor": "email"}, headers={"X-Appwrite-Locale": "de"})

    mail, code = person.mails()[0], person.mailed_code()
    assert (mail["to"], mail["toName"], mail["subject"]) == (person.email, "Ann", "Bestätigungscode für Demo")
    assert f"Verwenden Sie den Code {code}" in mail["text"]
    assert "Er ist 7 Minuten gültig" in mail["text"]
    assert person.answer(answer.json["$id"], code).status == 200
