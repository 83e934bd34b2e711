"""The project's switches."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from appwrite.enums.authentication_factor import AuthenticationFactor
from appwrite.enums.project_auth_method_id import ProjectAuthMethodId
from appwrite.enums.project_policy_id import ProjectPolicyId

from tests.sdk.python.clients import Caller, refused
from tests.sdk.python.person import Person

pytestmark = pytest.mark.sdk

PHONE = ProjectAuthMethodId.PHONE


@pytest.fixture
def back_on(team: Caller) -> Iterator[None]:
    """Whatever a test switches off is on again after it: other suites share the server."""
    yield
    team.project.update_session_invalidation_policy(True)
    team.project.update_session_alert_policy(False)
    team.project.update_auth_method(PHONE, True)
    team.project.update_password_dictionary_policy(True, [])
    team.project.update_password_history_policy(None)
    team.project.update_password_personal_data_policy(False)
    team.project.update_password_strength_policy(min=8, uppercase=False)
    team.project.update_password_rotation_policy(enabled=False)
    team.project.update_mfa_factors_policy(totp=True, email=True, phone=True, custom=False)


def test_project_tells_its_name_and_its_ways_to_sign_in(team: Caller) -> None:
    project = team.project.get()
    assert (project.id, project.name) == ("demo", "Demo")
    assert {method.id for method in project.authmethods} == set(ProjectAuthMethodId)


def test_each_policy_of_the_list_can_be_read_by_itself(team: Caller) -> None:
    listed = team.project.list_policies()
    assert listed.total == len(listed.policies) > 10
    for policy in listed.policies:
        alone = team.project.get_policy(ProjectPolicyId(policy.id)).to_dict()
        told = alone.keys() & policy.to_dict().keys()  # of a list, the SDK guesses the models, and fills in the rest
        assert len(told) > 1
        assert {name: alone[name] for name in told} == {name: policy.to_dict()[name] for name in told}


@pytest.mark.usefixtures("back_on")
def test_factor_that_is_switched_off_begins_no_challenge(team: Caller, person: Person) -> None:
    person.enrolled()
    team.project.update_mfa_factors_policy(email=False, custom=True)
    policy = team.project.get_policy(ProjectPolicyId.MFA_FACTORS)
    assert (policy.totp, policy.email, policy.phone, policy.custom) == (True, False, True, True)

    factors = person.account.list_mfa_factors()
    assert (factors.totp, factors.email, factors.phone, factors.custom) == (True, False, True, True)
    with refused("user_auth_method_unsupported", 501):
        person.account.create_mfa_challenge(AuthenticationFactor.EMAIL)


@pytest.mark.usefixtures("back_on")
def test_whether_owners_hear_of_new_devices_is_a_policy(team: Caller) -> None:
    team.project.update_session_alert_policy(True)
    assert team.project.get_policy(ProjectPolicyId.SESSION_ALERT).enabled is True


@pytest.mark.usefixtures("back_on")
def test_sessions_outlive_a_new_password_with_invalidation_off(team: Caller, person: Person) -> None:
    elsewhere = person.signed_in()
    team.project.update_session_invalidation_policy(False)
    assert team.project.get_policy(ProjectPolicyId.SESSION_INVALIDATION).enabled is False
    person.account.update_password("battery staple", person.password)
    elsewhere.account.get()


@pytest.mark.usefixtures("back_on")
def test_password_is_what_the_project_asks_for(team: Caller, person: Person) -> None:
    account = person.account
    team.project.update_password_dictionary_policy(True, ["our own words"])
    for common in ("password1", "OUR own words"):
        with refused("general_argument_invalid", 400):
            team.users.update_password(person.id, common)
    assert team.project.update_password_strength_policy(min=12, uppercase=True).uppercase is True
    with refused("general_argument_invalid", 400):
        account.update_password("battery staple", person.password)
    team.project.update_password_personal_data_policy(True)
    with refused("password_personal_data", 400):
        account.update_password(f"Battery {person.id} staple", person.password)
    team.project.update_password_history_policy(2)
    with refused("general_argument_invalid", 400):
        account.update_password(person.password, person.password)
    account.update_password("Battery staple", person.password)
    with refused("password_recently_used", 400):
        account.update_password("Battery staple", "Battery staple")


@pytest.mark.usefixtures("back_on")
def test_old_and_leaked_passwords_are_policies(team: Caller, person: Person) -> None:
    team.project.update_password_rotation_policy(enabled=True, max_age=86_400)
    assert team.project.get_policy(ProjectPolicyId.PASSWORD_ROTATION).maxage == 86_400
    team.project.update_password_pwned_policy(enabled=False, users=False)
    assert team.project.get_policy(ProjectPolicyId.PASSWORD_PWNED).enabled is False
    assert person.account.get().passwordpwned is None


@pytest.mark.usefixtures("back_on")
def test_way_to_sign_in_that_is_switched_off_is_the_teams_only(
    team: Caller, guest: Caller, somebody: Callable[[], Person]
) -> None:
    project = team.project.update_auth_method(PHONE, False)
    assert [method.enabled for method in project.authmethods if method.id is PHONE] == [False]
    new = somebody()
    with refused("user_auth_method_unsupported", 501):
        guest.account.create_phone_token(new.id, new.phone)
    assert team.account.create_phone_token(new.id, new.phone).userid == new.id


def test_session_sees_no_switch(person: Person) -> None:
    assert person.caller
    with refused("general_unauthorized_scope"):
        person.caller.project.get()
    with refused("general_unauthorized_scope"):
        person.caller.project.update_session_invalidation_policy(False)
