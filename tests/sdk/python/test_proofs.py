"""What a person proves by a mail or a text message: an address, a number, and who they are."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.sdk.python.clients import Caller, Callers, refused
from tests.sdk.python.person import Person

pytestmark = pytest.mark.sdk

PAGE = "http://localhost:3000/proof"


def test_link_verifies_the_address_once(person: Person, guest: Caller) -> None:
    token = person.account.create_email_verification(PAGE)
    assert (token.userid, token.secret, token.phrase) == (person.id, "", "")
    link = person.mailbox.link("Account Verification for Demo")
    with refused("user_invalid_token"):
        guest.account.update_email_verification(link["userId"], link["secret"][1:])
    guest.account.update_email_verification(link["userId"], link["secret"])
    assert person.account.get().emailverification
    with refused("user_invalid_token"):
        guest.account.update_email_verification(link["userId"], link["secret"])


def test_address_is_verified_by_the_old_names_too(person: Person, guest: Caller) -> None:
    with pytest.warns(DeprecationWarning, match="create_email_verification"):
        person.account.create_verification(PAGE)
    link = person.mailbox.link("Account Verification for Demo")
    with pytest.warns(DeprecationWarning, match="update_email_verification"):
        guest.account.update_verification(link["userId"], link["secret"])
    assert person.account.get().emailverification


def test_code_verifies_the_number(person: Person) -> None:
    token = person.account.create_phone_verification()
    assert token.secret == ""
    person.account.update_phone_verification(person.id, person.telephone.code(token.createdat))
    assert person.account.get().phoneverification


def test_recovery_mail_gives_a_new_password_once(person: Person, guest: Caller) -> None:
    guest.account.create_recovery(person.email, PAGE)
    link = person.mailbox.link("Password Reset for Demo")
    person.password = "battery staple"
    guest.account.update_recovery(link["userId"], link["secret"], person.password)
    with refused("user_invalid_token"):
        guest.account.update_recovery(link["userId"], link["secret"], person.password)
    with refused("general_unauthorized_scope"):
        person.account.get()
    assert person.signed_in().account.get().emailverification


def test_code_verifies_the_address(person: Person, guest: Caller) -> None:
    token = person.account.create_email_verification_otp(phrase=True)
    assert (token.userid, token.secret, len(token.phrase.split())) == (person.id, "", 2)
    guest.account.update_email_verification_otp(token.userid, person.mailbox.code(token.createdat))
    assert person.account.get().emailverification


def test_code_gives_a_new_password(person: Person, guest: Caller) -> None:
    token = guest.account.create_recovery_otp(person.email)
    code = person.mailbox.code(token.createdat)
    person.password = "battery staple"
    guest.account.update_recovery_otp(token.userid, code, person.password)
    with refused("user_invalid_token"):
        guest.account.update_recovery_otp(token.userid, code, person.password)
    assert person.signed_in().account.get().emailverification


def test_recovery_tells_nobody_who_has_an_account(guest: Caller, somebody: Callable[[], Person]) -> None:
    known, unknown = somebody().registered(), somebody()
    answers = [guest.account.create_recovery(each.email, PAGE) for each in (known, unknown)]
    assert [answer.secret for answer in answers] == ["", ""]
    assert {len(answer.userid) for answer in answers} == {20}
    assert answers[0].userid != known.id


def test_text_message_signs_in_a_new_number(
    guest: Caller, team: Caller, callers: Callers, somebody: Callable[[], Person]
) -> None:
    new = somebody()
    token = guest.account.create_phone_token(new.id, new.phone)
    assert (token.userid, token.secret) == (new.id, "")
    with refused("user_not_found", 404):
        team.users.get(new.id)
    code = new.telephone.code(token.createdat)
    session = team.account.create_session(new.id, code)
    assert (session.userid, session.provider, session.factors) == (new.id, "phone", ["phone"])

    me = callers.page(session.secret).account.get()
    assert (me.phone, me.phoneverification, me.email, me.passwordupdate) == (new.phone, True, "", "")
    with refused("user_invalid_token"):
        guest.account.create_session(new.id, code)


def test_team_gets_the_secret_itself(team: Caller, callers: Callers, somebody: Callable[[], Person]) -> None:
    known, asked_for = somebody().registered(), somebody().id
    token = team.account.create_phone_token(asked_for, known.phone)
    assert token.userid == asked_for
    with pytest.warns(DeprecationWarning, match="create_session"), refused("user_invalid_token"):
        team.account.update_phone_session(known.id, token.secret)
    with pytest.warns(DeprecationWarning, match="create_session"):
        session = team.account.update_phone_session(asked_for, token.secret)
    assert session.userid == known.id
    me = callers.page(session.secret).account.get()
    assert (me.id, me.phone, me.phoneverification) == (known.id, known.phone, True)
    with refused("user_not_found", 404):
        team.users.get(asked_for)


def test_mailed_code_signs_in_a_new_mailbox(
    guest: Caller, team: Caller, callers: Callers, somebody: Callable[[], Person]
) -> None:
    new = somebody()
    token = guest.account.create_email_token(new.id, new.email, phrase=True)
    assert (token.userid, token.secret, len(token.phrase.split())) == (new.id, "", 2)
    session = team.account.create_session(new.id, new.mailbox.code(token.createdat))
    assert (session.userid, session.provider, session.factors) == (new.id, "token", ["email"])

    me = callers.page(session.secret).account.get()
    assert (me.email, me.emailverification, me.passwordupdate) == (new.email, True, "")


def test_mailed_link_signs_in_whose_mailbox_it_is(
    guest: Caller, team: Caller, callers: Callers, somebody: Callable[[], Person]
) -> None:
    known, asked_for = somebody().registered(), somebody().id
    team.users.update_email_verification(known.id, True)
    guest.account.create_magic_url_token(asked_for, known.email, PAGE)
    link = known.mailbox.link("Demo Login")
    assert (link["userId"], link["project"]) == (asked_for, "demo")
    with pytest.warns(DeprecationWarning, match="create_session"):
        session = team.account.update_magic_url_session(link["userId"], link["secret"])
    assert (session.userid, session.provider, session.factors) == (known.id, "magic-url", ["email"])
    assert callers.page(session.secret).account.get().id == known.id
    with refused("user_invalid_token"):
        guest.account.create_session(link["userId"], link["secret"])


def test_token_of_the_team_signs_in_its_user(guest: Caller, team: Caller, person: Person) -> None:
    token = team.users.create_token(person.id, length=20, expire=60)
    assert (token.userid, len(token.secret)) == (person.id, 20)
    session = team.account.create_session(person.id, token.secret)
    assert (session.userid, session.provider, session.factors) == (person.id, "token", ["token"])
    with refused("user_invalid_token"):
        guest.account.create_session(person.id, token.secret)
