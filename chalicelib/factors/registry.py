"""All factors, in the order in which the API lists them. The allowed names come from here."""

from __future__ import annotations

from chalicelib.factors.custom import Custom
from chalicelib.factors.email_code import EmailCode
from chalicelib.factors.factor import Factor, Switch
from chalicelib.factors.passkey import PasskeyFactor
from chalicelib.factors.phone_code import PhoneCode
from chalicelib.factors.recovery_code import RecoveryCode
from chalicelib.factors.totp import Totp
from chalicelib.models import Project, User

FACTORS: tuple[Factor, ...] = (Totp(), PhoneCode(), EmailCode(), PasskeyFactor(), RecoveryCode(), Custom())
PROOFS = tuple(factor.proof for factor in FACTORS if factor.proof)
"""The paths in a user's record of which one must be true for MFA to be in force."""
BY_NAME: dict[str, Factor] = {factor.name.lower(): factor for factor in FACTORS}
SWITCHED = tuple(
    sorted((each for each in FACTORS if each.switch is not Switch.NONE), key=lambda each: (each.by_team, each.channel))
)
"""Those that the policy `mfa-factors` has a switch for, in its order: what sends nothing, the channels by name, and
last what the team delivers."""


def named(name: str) -> Factor:
    """The factor of that name in any case: the SDKs say `recoverycode`. KeyError for an unknown one."""
    return BY_NAME[name.lower()]


def usable(factor: Factor, user: User, project: Project) -> bool:
    """Whether an answer with this factor is accepted of the user at present."""
    return factor.allowed_in(project) and factor.enrolled(user) and not gave_password(factor, user, project)


def gave_password(factor: Factor, user: User, project: Project) -> bool:
    """Whether it is the mailbox that has just given the password: no second factor beside itself.

    It is one for whoever has nothing else to answer with that the project allows. What the team delivers does not
    count: it may go to the same mailbox.
    """
    if factor.channel != "email" or not user.reset_by_mail:
        return False
    others = (each for each in FACTORS if each.channel != "email" and not each.by_team)
    return any(each.allowed_in(project) and each.enrolled(user) for each in others)


def counting(user: User) -> list[str]:
    """The names of the factors that the user has and that make the gate demand a second one."""
    return [factor.name for factor in FACTORS if factor.proof and factor.enrolled(user)]


def in_force(user: User) -> bool:
    """Whether MFA is in force for the user: switched on, and with a verified factor to answer with."""
    return user.mfa and bool(counting(user))


def is_waiting(user: User) -> bool:
    """Whether MFA is switched on and comes into force with the first factor that the user adds or verifies."""
    return user.mfa and not counting(user)


def required_factors(user: User) -> int:
    """How many factors a session of this user must have passed."""
    return 2 if in_force(user) else 1
