"""A back office: what the team does with its users' accounts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from appwrite.enums.authentication_factor import AuthenticationFactor
from appwrite.enums.authenticator_type import AuthenticatorType
from appwrite.enums.messaging_provider_type import MessagingProviderType
from appwrite.id import ID
from appwrite.query import Query

from tests.sdk.python.clients import Caller, Callers, refused
from tests.sdk.python.person import Person

pytestmark = pytest.mark.sdk

TOTP = AuthenticatorType.TOTP


def test_team_sees_the_hash_of_a_password(team: Caller, somebody: Callable[[], Person]) -> None:
    new = somebody()
    user = team.users.create(new.id, new.email, new.phone, new.password, new.name)
    assert (user.id, user.name, user.email, user.phone) == (new.id, new.name, new.email, new.phone)
    assert (user.hash, user.password.split("$")[1]) == ("argon2", "argon2id")
    assert sorted(target.providertype for target in user.targets) == ["email", "sms"]
    assert team.users.get(new.id).to_dict() == user.to_dict()
    with refused("user_already_exists", 409):
        team.users.create(ID.unique(), phone=new.phone)


def test_account_needs_no_address_and_no_password(team: Caller) -> None:
    user = team.users.create(ID.unique())
    assert (user.email, user.phone, user.password, user.emailcanonical, user.passwordupdate) == ("", "", None, None, "")


def test_users_are_listed_by_pages_oldest_first(team: Caller, somebody: Callable[[], Person]) -> None:
    made = [somebody().registered().id for _ in range(4)]

    def page(*queries: str) -> list[str]:
        return [user.id for user in team.users.list(list(queries)).users]

    assert page(Query.cursor_after(made[0])) == made[1:]
    assert page(Query.cursor_after(made[0]), Query.limit(2)) == made[1:3]
    assert page(Query.cursor_before(made[3]), Query.limit(2)) == made[1:3]
    total = int(team.users.list().total)
    assert page(Query.offset(total - 1)) == made[3:]
    assert team.users.list(total=False).total == 0
    with refused("general_cursor_not_found", 400):
        page(Query.cursor_after("nobody"))


def test_users_are_found_by_filters_orders_and_search(team: Caller, somebody: Callable[[], Person]) -> None:
    one, other = somebody().registered(), somebody().registered()

    def page(*queries: str, search: str | None = None) -> list[str]:
        return [user.id for user in team.users.list(list(queries), search).users]

    both = Query.equal("$id", [one.id, other.id])
    assert page(Query.equal("email", one.email)) == page(search=one.email) == [one.id]
    assert page(both, Query.order_desc("$createdAt")) == [other.id, one.id]
    assert page(both, Query.starts_with("email", other.email[:-1])) == [other.id]
    either = Query.or_queries([both, Query.equal("$id", "nobody")])
    assert page(both, either, Query.equal("status", True), Query.limit(1)) == [one.id]
    assert page(both, Query.created_after("2999-01-01T00:00:00.000Z")) == []
    with refused("general_argument_invalid", 400):
        page(Query.equal("shoes", "x"))


def test_deleted_account_is_gone_and_its_address_free(team: Caller, person: Person) -> None:
    team.users.delete(person.id)
    with refused("general_unauthorized_scope"):
        person.account.get()
    with refused("user_not_found", 404):
        team.users.get(person.id)
    with refused("user_not_found", 404):
        team.users.delete(person.id)
    person.registered()


def test_team_blocks_and_lets_in_again(team: Caller, person: Person, callers: Callers) -> None:
    bearer = callers.bearer(person.jwt())
    assert team.users.update_status(person.id, False).status is False
    for call in (person.account.get, bearer.account.get, person.signed_in):
        with refused("user_blocked", 403):
            call()
    team.users.update_status(person.id, True)
    for account in (person.account, bearer.account):
        with refused("general_unauthorized_scope"):
            account.get()
    assert person.signed_in().account.get().status is True


def test_team_knows_better_which_addresses_are_verified(team: Caller, person: Person) -> None:
    assert team.users.update_email_verification(person.id, True).emailverification is True
    assert team.users.update_phone_verification(person.id, True).phoneverification is True
    assert team.users.update_email_verification(person.id, False).emailverification is False


def test_team_changes_all_that_an_account_has(team: Caller, person: Person, somebody: Callable[[], Person]) -> None:
    new, users = somebody(), team.users
    assert users.update_name(person.id, "Grace").name == "Grace"
    assert users.update_email(person.id, new.email).email == new.email
    with refused("user_target_already_exists", 409):
        users.update_email(person.id, new.email)
    assert users.update_phone(person.id, new.phone).phone == new.phone
    assert users.update_phone(person.id, "").phone == ""
    assert users.update_labels(person.id, ["editor", "editor", "vip"]).labels == ["editor", "vip"]
    assert users.update_prefs(person.id, {"theme": "dark"}).data == {"theme": "dark"}
    assert users.get_prefs(person.id).data == {"theme": "dark"}
    assert users.update_password(person.id, "").password is None
    assert str(users.update_password(person.id, "another password").password).startswith("$argon2id$")


def test_team_notes_targets(team: Caller, person: Person, somebody: Callable[[], Person]) -> None:
    new, users = somebody(), team.users
    made = users.create_target(person.id, ID.unique(), MessagingProviderType.EMAIL, new.email, name="Office")
    assert (made.identifier, made.providertype, made.name, made.expired) == (new.email, "email", "Office", False)
    assert users.get_target(person.id, made.id).to_dict() == made.to_dict()
    assert made.id in [target.id for target in users.list_targets(person.id).targets]
    assert users.update_target(person.id, made.id, name="Desk").name == "Desk"
    users.delete_target(person.id, made.id)
    with refused("user_target_not_found", 404):
        users.get_target(person.id, made.id)
    with refused("general_not_implemented", 501):
        users.create_target(person.id, ID.unique(), MessagingProviderType.PUSH, "token")


def test_team_begins_lists_and_ends_sessions(team: Caller, callers: Callers, somebody: Callable[[], Person]) -> None:
    user_id = somebody().registered().id
    first, second = team.users.create_session(user_id), team.users.create_session(user_id)
    assert (first.userid, first.provider, first.factors, first.current) == (user_id, "server", ["server"], False)
    pages = [callers.page(session.secret) for session in (first, second)]
    assert pages[0].account.get().id == user_id

    listed = team.users.list_sessions(user_id)
    assert (listed.total, [session.id for session in listed.sessions]) == (2, [first.id, second.id])
    assert {session.secret for session in listed.sessions} == {""}
    team.users.delete_session(user_id, first.id)
    with refused("user_session_not_found", 404):
        team.users.delete_session(user_id, first.id)
    team.users.delete_sessions(user_id)
    for page in pages:
        with refused("general_unauthorized_scope"):
            page.account.get()


def test_team_makes_jwts(team: Caller, callers: Callers, somebody: Callable[[], Person]) -> None:
    user_id = somebody().registered().id
    free = team.users.create_jwt(user_id).jwt
    assert callers.bearer(free).account.get().id == user_id

    session_id = team.users.create_session(user_id).id
    bound = callers.bearer(team.users.create_jwt(user_id, session_id, 60).jwt)
    assert bound.account.get().id == user_id
    team.users.delete_session(user_id, session_id)
    with refused("general_unauthorized_scope"):
        bound.account.get()


def test_team_helps_somebody_who_lost_every_factor(team: Caller, person: Person) -> None:
    def factors() -> tuple[bool, ...]:
        shown = team.users.list_mfa_factors(person.id)
        return shown.totp, shown.phone, shown.email, shown.recoverycode

    person.enrolled()
    assert factors() == (True, True, True, True)
    assert team.users.update_mfa(person.id, True).mfa is True
    with refused("general_unauthorized_scope"):
        person.account.get()
    assert factors() == (True, True, True, False)

    team.users.delete_mfa_authenticator(person.id, TOTP)
    with refused("user_authenticator_not_found", 404):
        team.users.delete_mfa_authenticator(person.id, TOTP)
    again = person.signed_in()
    with refused("user_recovery_codes_not_found", 404):
        team.users.update_mfa_recovery_codes(person.id)
    made = team.users.create_mfa_recovery_codes(person.id).recoverycodes
    again.recovery_codes = team.users.update_mfa_recovery_codes(person.id).recoverycodes
    assert len(set(made) | set(again.recovery_codes)) == 20
    assert factors() == (False, True, True, True)
    again.pass_challenge(AuthenticationFactor.RECOVERYCODE)
    assert again.account.get().mfa is True
    assert len(team.users.get_mfa_recovery_codes(person.id).recoverycodes) == 9
    assert team.users.update_mfa(person.id, False).mfa is False


def test_team_makes_recovery_codes_for_somebody_who_has_none(team: Caller, person: Person) -> None:
    for call in (team.users.get_mfa_recovery_codes, team.users.update_mfa_recovery_codes):
        with refused("user_recovery_codes_not_found", 404):
            call(person.id)
    assert len(team.users.create_mfa_recovery_codes(person.id).recoverycodes) == 10
    with refused("user_recovery_codes_already_exists", 409):
        team.users.create_mfa_recovery_codes(person.id)


def test_nobody_else_sees_the_back_office(guest: Caller, person: Person, callers: Callers) -> None:
    assert person.caller
    for caller in (guest, person.caller, callers.bearer(person.jwt())):
        with refused("general_unauthorized_scope"):
            caller.users.get(person.id)
        with refused("general_unauthorized_scope"):
            caller.users.list()
