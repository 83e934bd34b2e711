"""The authenticator app: enrolled, confirmed with its first code, removed."""

from __future__ import annotations

import re
from dataclasses import replace
from math import inf
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode

import pytest

from chalicelib.runtime import container, settings
from chalicelib.storage import keys
from tests.support.api import assert_refused, at_once
from tests.support.faults import meanwhile
from tests.support.person import People, Person
from tests.support.tables import Tables, switch_project
from tests.test_qr import pixels, read

PATH = "/account/mfa/authenticators/totp"


@pytest.fixture
def recent(people: People) -> Person:
    """Somebody with an authenticator who has just passed a challenge with it."""
    person = people.new(authenticator=True)
    person.pass_challenge("totp")
    return person


def confirm(person: Person, otp: Any) -> Any:
    return person.put(PATH, {"otp": otp})


def test_secret_is_160_bits_and_the_uri_says_the_same(person: Person) -> None:
    answer = person.post(PATH)

    secret = answer.json["secret"]
    assert (answer.status, set(answer.json)) == (200, {"secret", "uri"})
    assert re.fullmatch("[A-Z2-7]{32}", secret)
    assert answer.json["uri"] == f"otpauth://totp/Demo%3A{person.email}?issuer=Demo&secret={secret}"


def test_label_cannot_add_parameters_to_the_uri(people: People) -> None:
    person = people.new(email="a&secret=b?c#d%26e@example.test")
    with container.override("config", replace(settings.config(), project_name="A & B 100%?secret=x")):
        enrolment = person.post(PATH).json

    label, query = enrolment["uri"].removeprefix("otpauth://totp/").split("?")
    assert unquote(label) == f"A & B 100%?secret=x:{person.email}"
    assert parse_qsl(query) == [("issuer", "A & B 100%?secret=x"), ("secret", enrolment["secret"])]


LONGEST = "{" * 64 + "@" + ".".join(["a" * 63, "b" * 63, "c" * 61])
"""An address of 254 octets whose local part is three times as long in a URI."""
ROOM = 213
"""Characters for an issuer in a URI of 512, beside the address of 20 that is tried."""
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
DECOMPOSED = "e\u0301"


@pytest.mark.parametrize(
    ("name", "issuer"),
    [
        ("Demo", "Demo"),
        ("Acme Inc", "Acme Inc"),
        ("A+B 100%", "A+B 100%"),
        ("\u0416" * 33, "\u0416" * 33),
        ("Acme: Prod", "Acme Prod"),
        ("Acme:Prod", "Acme Prod"),
        (":Acme::", "Acme"),
        ("  Acme \u00a0 Prod\u3000", "Acme Prod"),
        # as much as there is room for
        ("\u0416" * 36, "\u0416" * (ROOM // 6)),
        ("\u65e5" * 36, "\u65e5" * (ROOM // 9)),
        ("a" * 300, "a" * ROOM),
        ("a" * (ROOM - 1) + " b", "a" * (ROOM - 1)),
        ("a" * (ROOM - 5) + "\u0416", "a" * (ROOM - 5)),
        ("a" * (ROOM - 6) + "\u0416", "a" * (ROOM - 6) + "\u0416"),
        # not within a character
        ("a" * (ROOM - 1) + DECOMPOSED, "a" * (ROOM - 1)),
        ("a" * (ROOM - 7) + DECOMPOSED, "a" * (ROOM - 7) + DECOMPOSED),
        *(("a" * (ROOM - room) + FAMILY, "a" * (ROOM - room)) for room in (0, 12, 20, 21, 22, 33, 53)),
        ("a" * (ROOM - 54) + FAMILY, "a" * (ROOM - 54) + FAMILY),
        ("a" * (ROOM - 20) + "\U0001f44b\U0001f3fd", "a" * (ROOM - 20)),
        ("\u0915\u094d" * 36, "\u0915\u094d" * (ROOM // 18)),
        (f"e{chr(0x301) * 300}", f"e{chr(0x301) * (ROOM // 6)}"),
    ],
)
def test_issuer_is_the_project_s_name_as_far_as_it_fits_a_picture(people: People, name: str, issuer: str) -> None:
    person = people.new(email=f"{'a' * 7}@example.test")
    with container.override("config", replace(settings.config(), project_name=name)):
        enrolment = person.post(PATH).json

    assert shown(enrolment["uri"]) == (issuer, person.email)
    assert len(enrolment["uri"]) <= 512


@pytest.mark.parametrize("name", ["Demo", "\u0416" * 36, "\u65e5" * 36, FAMILY * 20, DECOMPOSED * 300, "a" * 5000])
def test_uri_of_the_longest_address_has_its_picture_too(people: People, name: str) -> None:
    person = people.new(email=LONGEST)
    with container.override("config", replace(settings.config(), project_name=name)):
        uri = person.post(PATH).json["uri"]

    issuer, account = shown(uri)
    assert account == LONGEST
    assert len(issuer) >= 2
    assert name.startswith(issuer)
    drawn = person.api.get(f"/avatars/qr?{urlencode({'text': uri})}")
    assert drawn.status == 200
    assert read(pixels(drawn.content)) == uri


def shown(uri: str) -> tuple[str, str]:
    """Issuer and account as an app reads them. Google's format: the first colon separates them, no more is allowed."""
    assert uri.isascii()
    assert "+" not in uri
    label, query = uri.removeprefix("otpauth://totp/").split("?")
    issuer, account = unquote(label, errors="strict").split(":")
    assert dict(parse_qsl(query, errors="strict"))["issuer"] == issuer
    return issuer, account


@pytest.mark.parametrize(("kept", "label"), [({"phone": "+491511234567"}, "%2B491511234567"), ({}, "the-id")])
def test_label_without_a_mailbox_is_number_or_id(
    person: Person, tables: Tables, kept: dict[str, str], label: str
) -> None:
    tables.change(keys.user(person.id), email="", **kept)

    uri = person.post(PATH).json["uri"]

    assert uri.startswith(f"otpauth://totp/Demo%3A{label.replace('the-id', person.id)}?")


def test_secret_is_stored_encrypted(person: Person, tables: Tables) -> None:
    person.begin_authenticator()

    kept = tables.item(keys.user(person.id))["authenticators"]["totp"]
    assert person.totp is not None
    assert set(kept) == {"secret", "verified", "step", "attempts"}
    assert person.totp.secret.encode() not in kept["secret"]
    assert person.totp.byte_secret() not in kept["secret"]


def test_unconfirmed_one_is_replaced(person: Person) -> None:
    person.begin_authenticator()
    old = person.totp_code()
    person.begin_authenticator()

    assert_refused(confirm(person, old), 401, "user_invalid_token")
    assert confirm(person, person.totp_code()).status == 200


def test_confirmation_answers_with_the_account_and_adds_the_factor(person: Person) -> None:
    person.begin_authenticator()

    answer = confirm(person, person.totp_code())

    assert (answer.status, answer.json["$id"], answer.json["mfa"]) == (200, person.id, False)
    assert person.get("/account/sessions/current").json["factors"] == ["password", "totp"]
    assert person.get("/account/mfa/factors").json["totp"] is True


@pytest.mark.parametrize(("steps", "status"), [(-2, 401), (-1, 200), (1, 200), (2, 401)])
def test_first_code_may_be_off_by_one_step(person: Person, steps: int, status: int) -> None:
    person.begin_authenticator()

    assert confirm(person, person.totp_code(steps)).status == status


def test_wrong_code_confirms_nothing(person: Person) -> None:
    person.begin_authenticator()

    assert_refused(confirm(person, "000000"), 401, "user_invalid_token")

    assert person.get("/account/mfa/factors").json["totp"] is False
    assert confirm(person, person.totp_code()).status == 200


def wrong_codes(person: Person) -> list[str]:
    return [f"{(int(person.totp_code()) + step) % 10**6:06d}" for step in range(1, 11)]


def attempts(person: Person, tables: Tables) -> int:
    return int(tables.item(keys.user(person.id))["authenticators"]["totp"]["attempts"])


def test_fifth_wrong_code_ends_the_enrolment(person: Person) -> None:
    person.begin_authenticator()
    for otp in wrong_codes(person)[:5]:
        assert_refused(confirm(person, otp), 401, "user_invalid_token")

    assert_refused(confirm(person, person.totp_code()), 401, "user_invalid_token")
    assert person.get("/account/mfa/factors").json["totp"] is False
    person.enrol_authenticator()


@pytest.mark.race
def test_of_wrong_codes_at_once_five_are_counted_and_end_the_enrolment(person: Person, tables: Tables) -> None:
    person.begin_authenticator()
    wrong = wrong_codes(person)

    answers = at_once(10, lambda number: confirm(person, wrong[number]))

    assert [answer.status for answer in answers] == [401] * 10
    assert attempts(person, tables) == 5
    assert_refused(confirm(person, person.totp_code()), 401, "user_invalid_token")


def test_right_code_counts_only_against_the_attempts_it_was_judged_with(person: Person, tables: Tables) -> None:
    person.begin_authenticator()
    user = keys.user(person.id)
    one_more = {**tables.item(user)["authenticators"]["totp"], "attempts": 1}

    with meanwhile(lambda: tables.change(user, authenticators={"totp": one_more}), times=inf):
        assert_refused(confirm(person, person.totp_code()), 401, "user_invalid_token")

    assert person.get("/account/mfa/factors").json["totp"] is False
    assert confirm(person, person.totp_code()).status == 200


@pytest.mark.parametrize("otp", [None, "", 123456, ["123456"], {"otp": "1"}, True, "1" * 257])
def test_what_is_no_text_of_a_code_s_length_is_a_bad_parameter(person: Person, otp: Any) -> None:
    person.begin_authenticator()

    assert_refused(confirm(person, otp), 400, "general_argument_invalid")


def test_there_must_be_one_to_confirm_or_remove(people: People) -> None:
    person = people.new(recovery_codes=True)
    person.pass_challenge("recoveryCode")

    assert_refused(confirm(person, "123456"), 404, "user_authenticator_not_found")
    assert_refused(person.delete(PATH), 404, "user_authenticator_not_found")


def test_confirmed_one_stays(recent: Person) -> None:
    assert_refused(recent.post(PATH), 409, "user_authenticator_already_verified")
    assert_refused(confirm(recent, recent.totp_code()), 409, "user_authenticator_already_verified")

    assert recent.pass_challenge("totp").status == 200


@pytest.mark.parametrize("type_", ["TOTP", "Totp"])
def test_type_is_read_in_any_case(person: Person, type_: str) -> None:
    assert person.post(f"/account/mfa/authenticators/{type_}").status == 200


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize("type_", ["sms", "totp%20", "totp%00", "webauthn", "%23"])
def test_other_types_do_not_exist(person: Person, tables: Tables, method: str, type_: str) -> None:
    answer = person.call(method, f"/account/mfa/authenticators/{type_}", {"otp": "123456"})

    assert_refused(answer, 400, "general_argument_invalid")
    assert tables.item(keys.user(person.id))["authenticators"] == {}


def test_removed_one_is_gone_and_makes_room(recent: Person) -> None:
    answer = recent.delete(PATH)

    assert (answer.status, answer.content) == (204, b"")
    assert recent.get("/account/mfa/factors").json["totp"] is False
    assert recent.post(PATH).status == 200


def test_unconfirmed_one_is_removed_too(people: People) -> None:
    person = people.new(recovery_codes=True)
    person.begin_authenticator()
    person.pass_challenge("recoveryCode")

    assert person.delete(PATH).status == 204


def test_removal_needs_a_recent_challenge_whether_mfa_is_on_or_not(people: People) -> None:
    for person in (people.new(authenticator=True), people.new(mfa=True)):
        assert_refused(person.delete(PATH), 401, "user_challenge_required")


def test_without_the_last_factor_mfa_is_off(people: People) -> None:
    person = people.new(mfa=True)
    person.pass_challenge("totp")

    assert person.delete(PATH).status == 204

    person.sign_in()
    account = person.get("/account")
    assert (account.status, account.json["mfa"]) == (200, False)


@pytest.mark.parametrize(("policy", "status"), [(True, 401), (False, 200)])
def test_removal_ends_the_other_sessions_unless_the_project_keeps_them(
    recent: Person, tables: Tables, policy: bool, status: int
) -> None:
    switch_project(tables, recent.clock, session_invalidation=policy)
    kept = recent.session
    other = recent.sign_in()

    assert recent.delete(PATH, session=kept).status == 204

    assert recent.get("/account", session=kept).status == 200
    assert recent.get("/account", session=other).status == status


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_enrolment_needs_a_recent_challenge_once_mfa_is_in_force(people: People, method: str) -> None:
    person = people.new(email_verified=True, mfa=True)
    assert_refused(person.call(method, PATH, {"otp": "123456"}), 401, "user_challenge_required")

    person.pass_challenge("email")

    person.enrol_authenticator()
