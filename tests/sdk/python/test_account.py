"""An account and what its owner can change, by pages that are rendered on a server."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

import pytest

from tests.sdk.python.clients import Caller, Callers, refused
from tests.sdk.python.person import Person

pytestmark = pytest.mark.sdk

PREFS = {"theme": "dunkel", "städte": ["Zürich", "東京"], "nested": {"": None, "n": 1.5}}


def test_guest_opens_an_account_once(guest: Caller, somebody: Callable[[], Person]) -> None:
    new = somebody()
    created = guest.account.create(new.id, new.email, new.password, new.name)
    assert (created.id, created.name, created.email, created.phone) == (new.id, new.name, new.email, "")
    assert (created.status, created.mfa, created.prefs.data) == (True, False, {})
    assert [target.identifier for target in created.targets] == [new.email]
    with refused("user_already_exists", 409):
        guest.account.create("unique()", new.email, new.password)


def test_page_shows_whose_session_it_was_given(person: Person) -> None:
    shown = person.account.get()
    assert (shown.id, shown.email, shown.phone) == (person.id, person.email, person.phone)
    assert (shown.password, shown.hash, shown.hashoptions) == (None, None, None)


def test_nobody_else_is_anybody(guest: Caller, team: Caller, callers: Callers) -> None:
    for caller in (guest, team, callers.page("bm9ib2R5")):
        with refused("general_unauthorized_scope"):
            caller.account.get()


def test_name_changes(person: Person) -> None:
    assert person.account.update_name('Zoë "Z" <b>').name == 'Zoë "Z" <b>'
    assert person.account.get().name == 'Zoë "Z" <b>'


def test_preferences_are_replaced_as_a_whole(person: Person) -> None:
    person.account.update_prefs({"gone": True})
    assert person.account.update_prefs(PREFS).prefs.data == PREFS
    assert person.account.get_prefs().data == PREFS


def test_new_password_ends_other_sessions(person: Person) -> None:
    elsewhere = person.signed_in()
    old, person.password = person.password, "battery staple"
    with refused("user_invalid_credentials"):
        person.account.update_password(person.password, "wrong horse")
    person.account.update_password(person.password, old)
    with refused("general_unauthorized_scope"):
        elsewhere.account.get()
    person.account.get()
    person.signed_in()


def test_new_email_address_is_to_be_verified(person: Person, team: Caller, somebody: Callable[[], Person]) -> None:
    team.users.update_email_verification(person.id, True)
    taken, free = somebody().registered().email, somebody().email
    with refused("user_target_already_exists", 409):
        person.account.update_email(taken, person.password)
    with refused("user_invalid_credentials"):
        person.account.update_email(free, "wrong horse")
    changed = person.account.update_email(free, person.password)
    assert (changed.email, changed.emailverification) == (free, False)


def test_new_phone_number_is_to_be_verified(person: Person, team: Caller, somebody: Callable[[], Person]) -> None:
    team.users.update_phone_verification(person.id, True)
    changed = person.account.update_phone(somebody().phone, person.password)
    assert changed.phone != person.phone
    assert not changed.phoneverification


def test_blocking_oneself(person: Person) -> None:
    assert person.account.update_status().status is False
    with refused("user_blocked", 403):
        person.account.get()
    with refused("user_blocked", 403):
        person.signed_in()


def test_jwt_lasts_as_long_as_its_session(person: Person, callers: Callers) -> None:
    bearer = callers.bearer(person.jwt())
    assert bearer.account.get().id == person.id
    assert person.session
    with refused("user_jwt_and_cookie_set", 403):
        callers.page_with_jwt(person.session.secret, person.jwt()).account.get()
    person.account.delete_session("current")
    with refused("general_unauthorized_scope"):
        bearer.account.get()


def test_altered_jwt_is_refused(person: Person, callers: Callers) -> None:
    head, body, seal = person.jwt().split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    forged = base64.urlsafe_b64encode(json.dumps({**claims, "userId": "other"}).encode()).decode().rstrip("=")
    with refused("user_jwt_invalid"):
        callers.bearer(f"{head}.{forged}.{seal}").account.get()
