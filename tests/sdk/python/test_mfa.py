"""Multi-factor authentication of an app that renders its pages on a server."""

from __future__ import annotations

import re

import pytest
from appwrite.enums.authentication_factor import AuthenticationFactor
from appwrite.enums.authenticator_type import AuthenticatorType

from tests.sdk.python.clients import Caller, Callers, refused
from tests.sdk.python.person import Person

pytestmark = pytest.mark.sdk

TOTP = AuthenticatorType.TOTP
MASKED_CODE = re.compile(r"[0-9a-hjkmnp-tv-z]{3}•(-•{4}){3}")


@pytest.fixture
def protected(person: Person) -> Person:
    """Somebody with every factor and MFA on, signed in."""
    person.enrolled().account.update_mfa(True)
    return person


@pytest.fixture
def half(protected: Person) -> Person:
    """The same at another page, with the password only."""
    return protected.signed_in()


def test_next_session_lacks_a_factor(half: Person) -> None:
    with refused("user_more_factors_required"):
        half.account.get()
    factors = half.account.list_mfa_factors()
    assert (factors.totp, factors.phone, factors.email, factors.recoverycode) == (True, True, True, True)
    assert factors.custom is False


def test_whoever_switches_mfa_on_stays_signed_in(protected: Person) -> None:
    assert protected.account.get().mfa
    factors = protected.account.get_session("current").factors
    assert sorted(factors) == ["email", "password", "phone", "totp"]


@pytest.mark.usefixtures("custom_factor")
@pytest.mark.parametrize("factor", AuthenticationFactor, ids=lambda factor: factor.value)
def test_each_factor_completes_a_session(half: Person, factor: AuthenticationFactor) -> None:
    session = half.pass_challenge(factor)
    name = "recoveryCode" if factor is AuthenticationFactor.RECOVERYCODE else factor.value
    assert (session.factors, session.current, session.secret) == (["password", name], True, "")
    assert session.mfaupdatedat
    assert half.account.get().email == half.email


def test_custom_factor_is_off_unless_allowed(person: Person) -> None:
    with refused("user_auth_method_unsupported", 501):
        person.account.create_mfa_challenge(AuthenticationFactor.CUSTOM)


@pytest.mark.usefixtures("custom_factor")
def test_team_reads_codes_of_the_custom_factor_only(half: Person, team: Caller) -> None:
    custom = half.account.create_mfa_challenge(AuthenticationFactor.CUSTOM)
    shown = team.users.get_mfa_challenge(half.id, custom.id)
    assert (shown.id, shown.userid, shown.expire) == (custom.id, half.id, custom.expire)
    assert re.fullmatch("[0-9]{6}", shown.code)

    mailed = half.account.create_mfa_challenge(AuthenticationFactor.EMAIL)
    with refused("user_invalid_token"):
        team.users.get_mfa_challenge(half.id, mailed.id)


def test_wrong_code_completes_nothing(half: Person) -> None:
    challenge = half.account.create_mfa_challenge(AuthenticationFactor.TOTP)
    with refused("user_invalid_token"):
        half.account.update_mfa_challenge(challenge.id, "000000")
    with refused("user_more_factors_required"):
        half.account.get()


def test_recovery_codes_are_listed_and_replaced_after_a_fresh_proof(half: Person) -> None:
    given = list(half.recovery_codes)
    half.pass_challenge(AuthenticationFactor.RECOVERYCODE)
    left = half.account.get_mfa_recovery_codes().recoverycodes
    assert len(left) == len(given) - 1
    assert all(MASKED_CODE.fullmatch(code) for code in left)
    replaced = half.account.update_mfa_recovery_codes().recoverycodes
    assert len(set(replaced) - set(given)) == len(given)
    with refused("user_recovery_codes_already_exists", 409):
        half.account.create_mfa_recovery_codes()


def test_without_a_fresh_proof_nothing_is_taken_away(person: Person) -> None:
    """This session has proven nothing itself: another one has enrolled the authenticator."""
    account = person.enrolled().signed_in().account
    account.update_mfa(True)
    for call in (
        account.get_mfa_recovery_codes,
        account.update_mfa_recovery_codes,
        lambda: account.delete_mfa_authenticator(TOTP),
        lambda: account.update_mfa(False),
    ):
        with refused("user_challenge_required"):
            call()


def test_authenticator_is_removed_and_mfa_switched_off(half: Person) -> None:
    half.pass_challenge(AuthenticationFactor.EMAIL)
    half.account.delete_mfa_authenticator(TOTP)
    assert not half.account.list_mfa_factors().totp
    with refused("user_authenticator_not_found", 404):
        half.account.delete_mfa_authenticator(TOTP)
    assert not half.account.update_mfa(False).mfa
    assert not half.signed_in().account.get().mfa


def test_jwt_is_no_way_around_a_factor(person: Person, callers: Callers) -> None:
    elsewhere = person.enrolled().signed_in()
    bearers = [callers.bearer(each.jwt()) for each in (person, elsewhere)]
    person.account.update_mfa(True)
    for ended in (elsewhere.account, *(bearer.account for bearer in bearers)):
        with refused("general_unauthorized_scope"):
            ended.get()
    assert callers.bearer(person.jwt()).account.get().mfa is True
    with refused("user_more_factors_required"):
        callers.bearer(person.signed_in().jwt()).account.get()


@pytest.mark.usefixtures("sessions_live_on")
def test_jwt_of_a_session_that_lacks_a_factor_since_is_refused(person: Person, callers: Callers) -> None:
    elsewhere = person.enrolled().signed_in()
    own, other = person.jwt(), elsewhere.jwt()
    person.account.update_mfa(True)
    for jwt in (other, elsewhere.jwt()):
        with refused("user_more_factors_required"):
            callers.bearer(jwt).account.get()
    assert callers.bearer(own).account.get().mfa is True


def test_picture_is_of_the_size_that_was_asked_for(guest: Caller) -> None:
    for size in (100, 300, 1000):
        picture = guest.avatars.get_qr("Zürich", size=size, download=True)
        assert picture[:8] == b"\x89PNG\r\n\x1a\n"
        assert int.from_bytes(picture[16:20], "big") == int.from_bytes(picture[20:24], "big") == size
