"""Sessions that a rendering server begins for its visitors."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.sdk.python.clients import Caller, Callers, refused
from tests.sdk.python.person import Person

pytestmark = pytest.mark.sdk

ADDRESS = "203.0.113.7"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.5 Mobile/15E148 Safari/604.1"
)


def test_session_is_of_the_device_that_the_server_calls_for(somebody: Callable[[], Person], callers: Callers) -> None:
    person = somebody().registered().signed_in(callers.team(user_agent=IPHONE, address=ADDRESS))
    assert person.session
    for session in (person.session, person.account.get_session("current")):
        assert (session.ip, session.oscode, session.osname, session.osversion) == (ADDRESS, "IOS", "iOS", "17.5")
        assert (session.clienttype, session.clientcode, session.clientname) == ("browser", "MF", "Mobile Safari")
        assert (session.devicename, session.devicebrand, session.devicemodel) == ("smartphone", "Apple", "iPhone")


def test_whoever_has_no_key_cannot_say_so(somebody: Callable[[], Person], callers: Callers) -> None:
    person = somebody().registered()
    account = callers.guest(user_agent=IPHONE, address=ADDRESS).account
    session = account.create_email_password_session(person.email, person.password)
    assert session.ip == "127.0.0.1"
    assert session.osname != "iOS"
    assert session.secret == ""


def test_session_tells_how_it_began(person: Person) -> None:
    session = person.session
    assert session
    assert (session.userid, session.provider, session.provideruid) == (person.id, "email", person.email)
    assert (session.factors, session.current, session.countrycode) == (["password"], True, "--")
    assert session.secret


def test_whoever_has_a_session_begins_no_other(person: Person) -> None:
    with refused("user_session_already_exists"):
        person.account.create_email_password_session(person.email, person.password)


def test_wrong_password_and_unknown_address_are_refused_alike(person: Person, somebody: Callable[[], Person]) -> None:
    person.password = "wrong horse"
    for stranger in (person, somebody()):
        with refused("user_invalid_credentials"):
            stranger.signed_in()


def test_one_session_ends_another(person: Person) -> None:
    other = person.signed_in()
    listed = person.account.list_sessions()
    assert person.session
    assert other.session
    assert listed.total == 2
    assert [session.id for session in listed.sessions] == [person.session.id, other.session.id]
    assert [(session.current, session.secret) for session in listed.sessions] == [(True, ""), (False, "")]

    person.account.delete_session(other.session.id)
    with refused("general_unauthorized_scope"):
        other.account.get()
    with refused("user_session_not_found", 404):
        person.account.get_session(other.session.id)


def test_session_is_extended(person: Person) -> None:
    before = person.account.get_session("current")
    after = person.account.update_session("current")
    assert after.id == before.id
    assert after.expire > before.expire


def test_all_sessions_end(person: Person) -> None:
    other = person.signed_in()
    person.account.delete_sessions()
    for each in (person, other):
        with refused("general_unauthorized_scope"):
            each.account.get()


def test_anonymous_session_becomes_an_account(callers: Callers, team: Caller, somebody: Callable[[], Person]) -> None:
    session = team.account.create_anonymous_session()
    assert (session.provider, session.provideruid, session.factors) == ("anonymous", "", ["anonymous"])
    page = callers.page(session.secret)
    person = somebody()
    page.account.update_email(person.email, person.password)
    page.account.update_phone(person.phone, person.password)
    assert person.signed_in().account.get().id == session.userid
