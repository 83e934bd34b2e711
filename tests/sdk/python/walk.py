"""A walk through every method that is served. What each means is tested elsewhere."""

from __future__ import annotations

from typing import Any

from appwrite.enums.authentication_factor import AuthenticationFactor
from appwrite.enums.authenticator_type import AuthenticatorType
from appwrite.enums.messaging_provider_type import MessagingProviderType
from appwrite.enums.password_hash import PasswordHash
from appwrite.enums.project_auth_method_id import ProjectAuthMethodId
from appwrite.enums.project_policy_id import ProjectPolicyId
from appwrite.id import ID

from tests.sdk.python.clients import Caller, Callers, refused
from tests.sdk.python.person import Person
from tests.support.authenticator import Authenticator

PAGE, TOTP = "http://localhost:3000/proof", AuthenticatorType.TOTP

ARGON2 = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$0bJi1vt5zWMjv3rMlk0iVsPeVGpTwS3FyyoKVCp5vZk"
BCRYPT = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"
PHPASS = "$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0"
OF_FIREBASE = {"password_salt": "AAAA", "password_salt_separator": "Bw==", "password_signer_key": "AA" * 32}
COSTS = {"password_cpu": 2, "password_memory": 1, "password_parallel": 1, "password_length": 64}


def walk(callers: Callers, inbox: str) -> None:
    def somebody() -> Person:
        return Person(callers, inbox)

    guest, team = callers.guest(), callers.team()
    own_account(guest, somebody(), somebody())
    second_factors(somebody().registered().signed_in().enrolled())
    proofs(guest, somebody().registered().signed_in())
    ways_in(guest, team, somebody())
    imports(team.users)
    changes_by_the_team(team.users, somebody().registered(), somebody())
    factors_by_the_team(team, somebody().registered().signed_in().enrolled())
    passkeys(team, somebody().registered().signed_in())
    policies(team.project)
    places(guest.locale)


def own_account(guest: Caller, person: Person, new: Person) -> None:
    made = guest.account.create(person.id, person.email, person.password, person.name)
    assert (made.id, made.email) == (person.id, person.email)
    person = person.signed_in()
    account = person.account
    assert account.get().id == person.id
    assert account.update_name("Grace").name == "Grace"
    assert account.update_prefs({"theme": "dark"}).prefs.data == {"theme": "dark"}
    assert account.get_prefs().data == {"theme": "dark"}
    assert account.list_identities().total == account.list_memberships().total == 0
    with refused("user_identity_not_found", 404):
        account.delete_identity("none")
    assert account.update_email(new.email, person.password).email == new.email
    assert account.update_phone(new.phone, person.password).phone == new.phone
    assert account.update_password(new.password, person.password).id == person.id
    assert account.list_sessions().total == 1
    assert account.get_session("current").id == account.update_session("current").id
    account.delete_session("current")
    new.signed_in().account.delete_sessions()
    assert new.signed_in().account.update_status().status is False


def second_factors(person: Person) -> None:
    account = person.account
    assert account.list_mfa_factors().totp is True
    assert account.update_mfa(True).mfa is True
    assert "totp" in person.pass_challenge(AuthenticationFactor.TOTP).factors
    assert len(account.get_mfa_recovery_codes().recoverycodes) == 10
    assert len(account.update_mfa_recovery_codes().recoverycodes) == 10
    account.delete_mfa_authenticator(TOTP)
    assert account.update_mfa(False).mfa is False


def proofs(guest: Caller, person: Person) -> None:
    account, team = person.account, person.callers.team()

    def verified(by: Any) -> None:
        assert by.userid == person.id
        assert account.get().emailverification is True
        team.users.update_email_verification(person.id, False)

    account.create_email_verification(PAGE)
    verified(guest.account.update_email_verification(*person.mailed_link("Account Verification for Demo")))
    account.create_verification(PAGE)
    verified(guest.account.update_verification(*person.mailed_link("Account Verification for Demo")))
    code = account.create_email_verification_otp()
    verified(guest.account.update_email_verification_otp(person.id, person.mailbox.code(code.createdat)))
    code = account.create_phone_verification()
    account.update_phone_verification(person.id, person.telephone.code(code.createdat))
    assert account.get().phoneverification is True

    guest.account.create_recovery(person.email, PAGE)
    guest.account.update_recovery(*person.mailed_link("Password Reset for Demo"), "battery staple")
    code = guest.account.create_recovery_otp(person.email)
    guest.account.update_recovery_otp(code.userid, person.mailbox.code(code.createdat), "another staple")


def ways_in(guest: Caller, team: Caller, person: Person) -> None:
    assert team.account.create_anonymous_session().provider == "anonymous"
    link = team.account.create_magic_url_token(person.id, person.email, PAGE)
    assert team.account.update_magic_url_session(link.userid, link.secret).userid == person.id
    code = guest.account.create_email_token(ID.unique(), person.email)
    assert team.account.create_session(code.userid, person.mailbox.code(code.createdat)).userid == person.id
    code = guest.account.create_phone_token(ID.unique(), person.phone)
    assert team.account.update_phone_session(code.userid, person.telephone.code(code.createdat)).provider == "phone"
    token = team.users.create_token(person.id)
    assert team.account.create_session(person.id, token.secret).userid == person.id


def imports(users: Any) -> None:
    def imported(user: Any, algorithm: str) -> None:
        assert (user.hash, user.name) == (algorithm, "Grace")
        assert users.get(user.id).hash == algorithm

    def new() -> tuple[str, str]:
        return ID.unique(), f"{ID.unique()}@example.com"

    imported(users.create_argon2_user(*new(), ARGON2, "Grace"), "argon2")
    imported(users.create_bcrypt_user(*new(), BCRYPT, "Grace"), "bcrypt")
    imported(users.create_md5_user(*new(), "00" * 16, "Grace"), "md5")
    imported(users.create_ph_pass_user(*new(), PHPASS, "Grace"), "phpass")
    imported(users.create_scrypt_user(*new(), "00" * 64, "salt", **COSTS, name="Grace"), "scrypt")
    imported(users.create_scrypt_modified_user(*new(), "AA" * 32, **OF_FIREBASE, name="Grace"), "scryptMod")
    imported(users.create_sha_user(*new(), "00" * 64, PasswordHash.SHA512, "Grace"), "sha")


def changes_by_the_team(users: Any, person: Person, new: Person) -> None:
    id_ = person.id
    assert users.list(search=person.email).total == 1
    assert users.get(id_).email == person.email
    assert users.list_identities().total == users.list_memberships(id_).total == 0
    with refused("user_identity_not_found", 404):
        users.delete_identity("none")
    assert users.update_name(id_, "Grace").name == "Grace"
    assert users.update_email(id_, new.email).email == new.email
    assert users.update_phone(id_, new.phone).phone == new.phone
    assert users.update_password(id_, new.password).hash == "argon2"
    assert users.update_labels(id_, ["vip"]).labels == ["vip"]
    assert users.update_prefs(id_, {"a": 1}).data == users.get_prefs(id_).data == {"a": 1}

    target = users.create_target(id_, ID.unique(), MessagingProviderType.EMAIL, f"office.{new.email}")
    assert users.update_target(id_, target.id, name="Office").name == users.get_target(id_, target.id).name == "Office"
    users.delete_target(id_, target.id)
    assert users.list_targets(id_).total == 2

    session = users.create_session(id_)
    assert users.create_jwt(id_, session.id).jwt
    assert users.list_sessions(id_).total == 1
    users.delete_session(id_, session.id)
    users.delete_sessions(id_)
    assert users.update_status(id_, False).status is False
    users.delete(id_)


def factors_by_the_team(team: Caller, person: Person) -> None:
    users, id_ = team.users, person.id
    assert users.list_mfa_factors(id_).totp is True
    assert len(users.get_mfa_recovery_codes(id_).recoverycodes) == 10
    assert len(users.update_mfa_recovery_codes(id_).recoverycodes) == 10
    team.project.update_mfa_factors_policy(custom=True)
    challenge = person.account.create_mfa_challenge(AuthenticationFactor.CUSTOM)
    assert users.get_mfa_challenge(id_, challenge.id).code
    team.project.update_mfa_factors_policy(custom=False)
    assert users.update_mfa(id_, True).mfa is True
    users.delete_mfa_authenticator(id_, TOTP)
    other = users.create(ID.unique())
    assert len(users.create_mfa_recovery_codes(other.id).recoverycodes) == 10


def passkeys(team: Caller, person: Person) -> None:
    team.project.update_passkey_policy("localhost")
    team.project.update_auth_method(ProjectAuthMethodId.PASSKEY, True)
    account, users, device = person.account, team.users, Authenticator(PAGE.removesuffix("/proof"))

    def enrolled(passkey_id: str) -> Any:
        begun = account.create_passkey(passkey_id, "Phone")
        return account.update_passkey_verification(begun.passkeyid, device.create(begun.publickey))

    made = enrolled("phone")
    assert (made.id, made.name, made.accessedat) == ("phone", "Phone", "")
    assert account.update_passkey("phone", "Old phone").name == account.get_passkey("phone").name == "Old phone"
    asked = team.account.create_passkey_token()
    assert asked.passkeyid == ""
    token = team.account.update_passkey_token(asked.id, device.get(asked.publickey))
    session = team.account.create_session(token.userid, token.secret)
    assert (session.userid, session.provider) == (person.id, "passkey")
    assert session.factors == ["passkey", "userVerification"]
    assert account.list_passkeys().passkeys[0].accessedat
    account.delete_passkey("phone")
    assert account.list_passkeys().total == 0

    enrolled(ID.unique())
    [passkey] = users.list_passkeys(person.id).passkeys
    assert users.update_passkey(person.id, passkey.id, "Lost").name == "Lost"
    assert users.get_passkey(person.id, passkey.id).name == "Lost"
    users.delete_passkey(person.id, passkey.id)
    assert users.list_passkeys(person.id).total == 0


def policies(project: Any) -> None:
    """Sets each to what it is already: other suites share the server."""
    assert project.get().id == "demo"
    assert project.update_auth_method(ProjectAuthMethodId.PHONE, True).id == "demo"
    listed = project.list_policies()
    assert listed.total == len(listed.policies)
    for change, name in (
        (project.update_deny_aliased_email_policy(False), "deny-aliased-email"),
        (project.update_deny_corporate_email_policy(False), "deny-corporate-email"),
        (project.update_deny_disposable_email_policy(False), "deny-disposable-email"),
        (project.update_deny_free_email_policy(False), "deny-free-email"),
        (project.update_membership_privacy_policy(), "membership-privacy"),
        (project.update_mfa_factors_policy(custom=False), "mfa-factors"),
        (project.update_passkey_policy("localhost"), "passkey"),
        (project.update_password_dictionary_policy(True, []), "password-dictionary"),
        (project.update_password_history_policy(None), "password-history"),
        (project.update_password_personal_data_policy(False), "password-personal-data"),
        (project.update_password_pwned_policy(False), "password-pwned"),
        (project.update_password_rotation_policy(False), "password-rotation"),
        (project.update_password_strength_policy(min=8), "password-strength"),
        (project.update_session_alert_policy(False), "session-alert"),
        (project.update_session_duration_policy(30 * 86_400.0), "session-duration"),
        (project.update_session_invalidation_policy(True), "session-invalidation"),
        (project.update_session_limit_policy(10.0), "session-limit"),
        (project.update_user_limit_policy(None), "user-limit"),
    ):
        assert project.get_policy(ProjectPolicyId(name)).id == name
        assert change.id in {name, "demo"}
    assert {policy.id for policy in listed.policies} == {policy.value for policy in ProjectPolicyId}


def places(locale: Any) -> None:
    assert locale.get().ip
    assert locale.list_codes().total > 100
    assert {each.code for each in locale.list_continents().continents} >= {"AF", "EU"}
    assert len(locale.list_countries().countries) == locale.list_countries().total > 190
    assert locale.list_countries_eu().total == 27
    assert "+49" in {each.code for each in locale.list_countries_phones().phones}
    assert "EUR" in {each.code for each in locale.list_currencies().currencies}
    assert "de" in {each.code for each in locale.list_languages().languages}
