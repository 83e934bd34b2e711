"""A sign-in whose user changes between the look at the password and the write of the session."""

from __future__ import annotations

from chalicelib.security import passwords
from chalicelib.storage import keys
from tests.support.api import assert_refused, session_value
from tests.support.faults import meanwhile
from tests.support.person import Person
from tests.support.sign_in import sign_in_anew
from tests.support.tables import Tables


def end_all_sessions(tables: Tables, person: Person) -> None:
    user = tables.item(keys.user(person.id))
    tables.change(keys.user(person.id), generation=user["generation"] + 1, sessions={})


def test_sessions_ended_meanwhile_do_not_take_the_new_one_with_them(person: Person, tables: Tables) -> None:
    with meanwhile(lambda: end_all_sessions(tables, person)):
        value = session_value(sign_in_anew(person))

    assert person.get("/account", session=value).status == 200
    assert_refused(person.get("/account"), 401, "general_unauthorized_scope")


def test_password_that_is_no_longer_the_users_opens_nothing(person: Person, tables: Tables) -> None:
    another = passwords.hash_password("another password")
    with meanwhile(lambda: tables.change(keys.user(person.id), password=another)):
        assert_refused(sign_in_anew(person), 401, "user_invalid_credentials")

    assert len(tables.items("sessions")) == 1


def test_user_deleted_meanwhile_gets_no_session(person: Person, tables: Tables) -> None:
    with meanwhile(lambda: tables.delete(keys.user(person.id))):
        assert_refused(sign_in_anew(person), 401, "user_invalid_credentials")

    assert len(tables.items("sessions")) == 1


def test_user_who_is_blocked_while_sessions_end_gets_none(person: Person, tables: Tables) -> None:
    def block() -> None:
        tables.change(keys.user(person.id), blocked=True)
        end_all_sessions(tables, person)

    with meanwhile(block):
        assert_refused(sign_in_anew(person), 403, "user_blocked")


def test_user_whose_record_never_rests_is_told_to_try_again(person: Person, tables: Tables) -> None:
    with meanwhile(lambda: end_all_sessions(tables, person), times=100):
        assert_refused(sign_in_anew(person), 503, "general_service_unavailable")


def test_eviction_that_was_overtaken_is_decided_anew(person: Person) -> None:
    values = [person.session, *(person.sign_in() for _ in range(9))]

    with meanwhile(lambda: person.delete("/account/sessions/current", session=values[0])):
        values.append(session_value(sign_in_anew(person)))

    assert [person.get("/account", session=value).status for value in values] == [401] + 10 * [200]


def test_two_sign_ins_do_not_make_room_by_ending_the_same_session(person: Person) -> None:
    values = [person.session, *(person.sign_in() for _ in range(9))]

    with meanwhile(lambda: values.append(person.sign_in())):
        values.append(session_value(sign_in_anew(person)))

    assert [person.get("/account", session=value).status for value in values] == [401, 401] + 10 * [200]


def test_overtaken_sign_in_keeps_within_the_cap(person: Person) -> None:
    values = [person.session, *(person.sign_in() for _ in range(8))]

    with meanwhile(lambda: values.append(person.sign_in())):
        values.append(session_value(sign_in_anew(person)))

    assert [person.get("/account", session=value).status for value in values] == [401] + 10 * [200]
