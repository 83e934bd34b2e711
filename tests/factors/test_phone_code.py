"""The SMS that carries a code. What it shares with the mail is in test_sent_codes.py."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.runtime import container, settings
from tests.support.person import People, Person
from tests.support.tables import Tables, kept_as


def counted(tables: Tables) -> dict[str, int]:
    return {item["id"].rpartition("|")[0]: item["used"] for item in tables.items("limits") if item["id"][:3] == "sms"}


def counted_in_all(tables: Tables, bucket: str) -> int:
    return sum(int(item["used"]) for item in tables.items("limits") if item["id"].startswith(bucket))


def ask(person: Person) -> str:
    answer = person.post("/account/mfa/challenges", {"factor": "phone"}, headers={"X-Appwrite-Locale": "de"})
    return str(answer.json["$id"])


def test_sms_has_the_code_its_life_and_the_languages_words(people: People) -> None:
    person = people.new(phone_verified=True)
    person.clock.advance(minutes=61)

    with container.override("config", replace(settings.config(), code_minutes=7)):
        challenge = ask(person)

    message, code = person.inbox.messages(person.phone)[0], person.texted_code()
    assert message.text.startswith(f"{code} ist Ihr Bestätigungscode. Er ist 7 Minuten gültig.")
    assert person.answer(challenge, code).status == 200


def test_sms_counts_for_its_user_number_and_country(people: People, tables: Tables) -> None:
    person = people.new(phone_verified=True)
    before = counted(tables)

    ask(person)

    more = {bucket: count - before.get(bucket, 0) for bucket, count in counted(tables).items()}
    grown = {bucket for bucket, count in more.items() if count}
    assert grown == {
        kept_as(f"sms|challenge|user:{person.id}"),
        kept_as(f"sms|challenge|number:{person.phone}"),
        "sms|all",
        "sms|sent|DE",
    }


def test_code_that_came_back_counts_for_the_country(people: People, tables: Tables) -> None:
    person = people.new(phone_verified=True)
    person.clock.advance(minutes=61)
    challenge = ask(person)
    before = counted_in_all(tables, "sms|verified|DE|")

    assert person.answer(challenge, person.texted_code()).status == 200

    assert counted_in_all(tables, "sms|verified|DE|") == before + 1
