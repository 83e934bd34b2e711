"""POST and PUT /account/verifications/email/otp: a mailbox is proven by six digits (attacks 43 to 45, 120)."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from chalicelib.runtime import container, settings
from chalicelib.storage import keys
from tests.api.account.test_recovery_requests import calls_of
from tests.support.api import KEY, Answer, TeamApi, assert_refused, at_once
from tests.support.person import PASSWORD, RETURN_URL, People, Person
from tests.support.tables import Tables

PATH = "/account/verifications/email/otp"
LINK = "/account/verifications/email"


def ask(person: Person, **body: object) -> Answer:
    return person.post(PATH, body)


def confirm(person: Person, code: str, **options: str) -> Answer:
    return person.api.put(PATH, {"userId": person.id, "secret": code}, **options)


def wrong_codes(person: Person, count: int) -> list[str]:
    right = int(person.mailed_code())
    return [f"{(right + number) % 10**6:06d}" for number in range(1, count + 1)]


def verified(person: Person) -> bool:
    return bool(person.get("/account").json["emailVerification"])


def test_code_proves_the_mailbox_once(person: Person) -> None:
    asked = ask(person)
    assert (asked.status, asked.json["userId"], asked.json["secret"], asked.json["phrase"]) == (201, person.id, "", "")

    answer = person.put(PATH, {"userId": person.id, "secret": person.mailed_code()})

    assert (answer.status, answer.json["userId"], answer.json["secret"]) == (200, person.id, "")
    assert verified(person)
    assert person.get("/account/sessions/current").json["factors"] == ["password", "email"]
    assert_refused(confirm(person, person.mailed_code()), 401, "user_invalid_token")


def test_mail_says_what_it_is_for_in_the_readers_language(person: Person) -> None:
    assert person.post(PATH, {}, headers={"X-Appwrite-Locale": "de"}).status == 201
    person.clock.advance(minutes=1)
    ask(person)

    english, german = person.mails()
    assert english["subject"] == "Account Verification for Demo"
    line = f"Use code {english['code']} to verify your email for Demo. Expires in 10 minutes."
    assert line in english["text"].splitlines()
    assert "phrase" not in english["text"]
    assert "Bestätigen Sie Ihre E-Mail-Adresse bei Demo" in german["text"]


def test_security_phrase_is_told_here_and_in_the_mail(person: Person) -> None:
    phrase = ask(person, phrase=True).json["phrase"]

    assert len(phrase.split()) == 2
    assert f"security phrase is {phrase}." in person.mails()[0]["text"]


def test_fifth_wrong_code_kills_the_right_one(person: Person, people: People) -> None:
    ask(person)
    for code in wrong_codes(person, 5):
        assert_refused(confirm(person, code), 401, "user_invalid_token")
    assert_refused(confirm(person, person.mailed_code()), 401, "user_invalid_token")

    other = people.new()
    ask(other)
    for code in wrong_codes(other, 4):
        confirm(other, code)
    assert confirm(other, other.mailed_code()).status == 200


@pytest.mark.race
def test_at_most_five_parallel_wrong_codes_are_judged(person: Person, tables: Tables) -> None:
    ask(person)
    wrong = wrong_codes(person, 9)

    at_once(9, lambda number: confirm(person, wrong[number]))

    assert tables.item(keys.user(person.id))["tokens"]["email"]["attempts"] == 5


@pytest.mark.parametrize("key", ["", KEY])
def test_ten_codes_of_a_user_are_judged_in_an_hour_from_whatever_addresses(person: Person, key: str) -> None:
    for number in range(10):
        if number % 5 == 0:
            person.clock.advance(minutes=1)
            ask(person)
        person.api = person.api.at(f"127.0.3.{number + 1}")
        assert confirm(person, wrong_codes(person, 1)[0], key=key).status == 401

    person.clock.advance(minutes=1)
    ask(person)
    assert_refused(confirm(person, person.mailed_code(), key=key), 429, "general_rate_limit_exceeded")


@pytest.mark.parametrize(
    "spellings", [["victim@example.test"], ["victim@gmail.com", "v.ictim@gmail.com", "victim+a@googlemail.com"]]
)
def test_an_address_has_ten_codes_a_day_over_ever_new_accounts(people: People, spellings: list[str]) -> None:
    """So fifty guesses, each at a code of an account that is deleted then, for all spellings of the mailbox."""
    for number in range(11):
        stranger = people.new(email=spellings[number % len(spellings)])
        stranger.clock.advance(minutes=31)
        stranger.api = stranger.api.at(f"127.0.4.{number + 1}")
        asked = ask(stranger)
        if number < 10:
            assert asked.status == 201
            assert stranger.delete("/account").status == 204

    assert_refused(asked, 429, "general_rate_limit_exceeded")
    assert stranger.post(LINK, {"url": RETURN_URL}).status == 201, "a link is not guessed"
    stranger.clock.advance(minutes=24 * 60)
    assert ask(stranger).status == 201


def test_code_lives_ten_minutes(person: Person) -> None:
    ask(person)
    person.clock.advance(minutes=10)

    assert_refused(confirm(person, person.mailed_code()), 401, "user_invalid_token")


def test_link_and_code_void_one_another(person: Person) -> None:
    ask(person)
    code = person.mailed_code()
    person.clock.advance(minutes=1)
    person.post(LINK, {"url": RETURN_URL})
    link = {"userId": person.id, "secret": person.mailed_secret()}
    assert_refused(confirm(person, code), 401, "user_invalid_token")
    assert_refused(person.api.put(PATH, link), 401, "user_invalid_token")
    person.clock.advance(minutes=1)
    ask(person)

    assert_refused(person.api.put(LINK, link), 401, "user_invalid_token")
    assert_refused(person.api.put(LINK, {**link, "secret": person.mailed_code()}), 401, "user_invalid_token")
    assert confirm(person, person.mailed_code()).status == 200


def test_guessed_codes_do_not_void_a_link(person: Person) -> None:
    person.post(LINK, {"url": RETURN_URL})
    for number in range(9):
        assert_refused(confirm(person, f"{number:06d}"), 401, "user_invalid_token")

    proof = {"userId": person.id, "secret": person.mailed_secret()}
    assert person.api.put(LINK, proof).status == 200


def test_code_is_void_with_its_address_also_when_that_comes_back(person: Person) -> None:
    ask(person)
    first, code = person.email, person.mailed_code()
    for address in ("other@example.test", first):
        assert person.patch("/account/email", {"email": address, "password": PASSWORD}).status == 200
        assert_refused(confirm(person, code), 401, "user_invalid_token")


def test_code_is_void_once_mfa_is_in_force(person: Person) -> None:
    ask(person)
    code = person.mailed_code()
    person.enrol_authenticator()
    person.switch_mfa(True)

    assert_refused(confirm(person, code), 401, "user_invalid_token")
    assert not verified(person)


def test_blocked_user_proves_nothing(person: Person, team: TeamApi) -> None:
    ask(person)
    team.patch(f"/users/{person.id}/status", {"status": False})

    assert_refused(confirm(person, person.mailed_code()), 401, "user_invalid_token")


def test_code_of_another_user_or_purpose_is_wrong(person: Person, people: People) -> None:
    other = people.new()
    ask(other)
    ask(person)
    code = person.mailed_code()
    if code != other.mailed_code():
        assert_refused(confirm(person, other.mailed_code()), 401, "user_invalid_token")
    person.set_phone()
    person.post("/account/verifications/phone")
    proof = {"userId": person.id, "secret": code}

    if code != person.texted_code():
        assert_refused(person.api.put("/account/verifications/phone", proof), 401, "user_invalid_token")
    assert_refused(person.api.put("/account/recovery/otp", {**proof, "password": PASSWORD}), 401, "user_invalid_token")


def test_unknown_user_is_answered_like_a_wrong_code_after_the_same_calls(person: Person) -> None:
    ask(person)
    confirm(person, "12345")  # whatever a process does once is done
    unknown = replace(person, id="nobody")

    known, nobody = (calls_of(partial(confirm, each, "12345")) for each in (person, unknown))

    assert known == nobody
    assert_refused(confirm(unknown, "12345"), 401, "user_invalid_token")


def test_address_that_is_proven_or_none_gets_no_code(people: People, team: TeamApi) -> None:
    assert_refused(ask(people.new(email_verified=True)), 409, "user_email_already_verified")
    team.post("/users", {"userId": "bare"})
    session = team.post("/users/bare/sessions").json["secret"]

    assert_refused(people.new().post(PATH, {}, session=session), 400, "user_email_not_found")


def test_mails_of_links_and_codes_are_counted_together(person: Person) -> None:
    for number in range(3):
        path, body = ((LINK, {"url": RETURN_URL}), (PATH, {}))[number % 2]
        assert person.post(path, body).status == 201
        assert_refused(person.post(path, body), 429, "general_rate_limit_exceeded")  # within the cooldown
        person.clock.advance(minutes=1)

    for path, body in ((LINK, {"url": RETURN_URL}), (PATH, {})):
        assert_refused(person.post(path, body), 429, "general_rate_limit_exceeded")


def test_mail_that_cannot_be_sent_leaves_the_code_before_it_good(person: Person) -> None:
    ask(person)
    code = person.mailed_code()
    person.clock.advance(minutes=1)
    with container.override("config", replace(settings.config(), mail_from="")):
        assert_refused(ask(person), 503, "general_smtp_disabled")

    assert confirm(person, code).status == 200
