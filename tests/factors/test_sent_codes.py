"""Codes by e-mail and SMS as the table holds them."""

from __future__ import annotations

from chalicelib import services
from chalicelib.storage import keys
from tests.support import People, Tables


def test_same_code_looks_different_in_every_challenge(people: People, tables: Tables) -> None:
    person = people.new(email_verified=True)

    with services.override("random", bytes):
        first = person.challenge("email")
        person.clock.advance(seconds=31)
        second = person.challenge("email")

    assert [mail["code"] for mail in person.mails()[:2]] == ["000000", "000000"]
    kept = [tables.item(keys.challenge(challenge))["kept"] for challenge in (first, second)]
    assert kept[0] != kept[1]
    assert {len(value) for value in kept} == {32}
