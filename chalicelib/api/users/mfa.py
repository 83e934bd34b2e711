"""/users/{userId}/mfa. With an API key; no recent challenge is asked for on this side."""

from __future__ import annotations

from typing import Any

from chalicelib.api.account.authenticators import TYPE
from chalicelib.api.answers import mfa as json_mfa
from chalicelib.api.users.users import USER, USER_ID, changed_user, user_of
from chalicelib.errors import Unfit, fail
from chalicelib.factors import totp
from chalicelib.mfa import authenticators, challenges, recovery_codes, switch
from chalicelib.models import TEAM
from chalicelib.security.imported import Scheme
from chalicelib.web.endpoint import Call, Routes
from chalicelib.web.parameters import Parameter, boolean, choice, integer, one_of, text, texts

routes = Routes(__name__)
PATH = "/users/{userId}/mfa"
CODES = f"{PATH}/recovery-codes"
MOST_HASHES = 20
SCHEMES: dict[str, tuple[Scheme, int]] = {
    **{version: ({"hash": "sha", "version": version}, MOST_HASHES) for version in ("sha256", "sha512")},
    **{slow: ({"hash": slow}, 10) for slow in ("bcrypt", "argon2")},
}
"""How codes may be hashed, and how many."""


@routes.endpoint(
    "PATCH",
    PATH,
    answer="user",
    errors=("user_mfa_factor_missing",),
    key=True,
    reads=USER,
    params={"userId": USER_ID, "mfa": Parameter(boolean)},
)
def update(call: Call, user_id: str, mfa: bool) -> dict[str, Any]:
    user = user_of(call)
    change = switch.switch_on if mfa else switch.switch_off
    change(call.actor, user, None, call.project)
    return changed_user(call, user)


@routes.endpoint("GET", f"{PATH}/factors", answer="mfaFactors", key=True, reads=USER, params={"userId": USER_ID})
def list_factors(call: Call, user_id: str) -> dict[str, Any]:
    return json_mfa.factors(user_of(call), call.project)


@routes.endpoint(
    "PATCH",
    CODES,
    answer="mfaRecoveryCodes",
    errors=("user_recovery_codes_already_exists",),
    key=True,
    reads=USER,
    params={"userId": USER_ID},
)
def create_recovery_codes(call: Call, user_id: str) -> dict[str, Any]:
    return json_mfa.recovery_codes(recovery_codes.create(call.actor, user_of(call), TEAM))


@routes.endpoint(
    "POST",
    CODES,
    answer="mfaRecoveryCodes",
    errors=("user_recovery_codes_already_exists",),
    status=201,
    key=True,
    reads=USER,
    params={
        "userId": USER_ID,
        "hashes": Parameter(texts(MOST_HASHES, 256)),
        "algorithm": Parameter(choice(*SCHEMES)),
    },
)
def bring_recovery_codes(call: Call, user_id: str, hashes: list[str], algorithm: str) -> dict[str, Any]:
    """Hashes of codes that users have from another system, and type as they are there."""
    scheme, most = SCHEMES[algorithm]
    user = user_of(call)
    try:
        if not 1 <= len(hashes) <= most:
            raise Unfit(f"Value must have 1 to {most} {algorithm} hashes", "no hashes, or too many")
        return json_mfa.recovery_codes(recovery_codes.bring(call.actor, user, hashes, scheme))
    except Unfit as error:
        raise fail("general_argument_invalid", f"Invalid `hashes` param: {error}", reason=error.reason) from None


@routes.endpoint(
    "PUT",
    CODES,
    answer="mfaRecoveryCodes",
    errors=("user_recovery_codes_already_exists", "user_recovery_codes_not_found"),
    key=True,
    reads=USER,
    params={"userId": USER_ID},
)
def regenerate_recovery_codes(call: Call, user_id: str) -> dict[str, Any]:
    return json_mfa.recovery_codes(recovery_codes.regenerate(call.actor, user_of(call), TEAM))


@routes.endpoint(
    "GET",
    CODES,
    answer="mfaRecoveryCodes",
    errors=("user_recovery_codes_not_found",),
    key=True,
    reads=USER,
    params={"userId": USER_ID},
)
def list_recovery_codes(call: Call, user_id: str) -> dict[str, Any]:
    return json_mfa.recovery_codes(recovery_codes.masked(user_of(call)))


@routes.endpoint(
    "POST",
    f"{PATH}/authenticators/{{type}}",
    answer="user",
    errors=("user_authenticator_already_verified",),
    status=201,
    key=True,
    reads=USER,
    params={
        "userId": USER_ID,
        "type": TYPE,
        "secret": Parameter(totp.known_secret),
        "algorithm": Parameter(choice(*totp.ALGORITHMS), totp.OURS.algorithm),
        "digits": Parameter(one_of(*totp.DIGITS), totp.OURS.digits),
        "period": Parameter(integer(totp.PERIODS[0], totp.PERIODS[-1]), totp.OURS.period),
    },
)
def bring_authenticator(
    call: Call, user_id: str, type: str, secret: str, algorithm: str, digits: int, period: int
) -> dict[str, Any]:
    """Of another system, as it is: nobody enrols again."""
    user = user_of(call)
    authenticators.bring(call.actor, user, secret, totp.Make(algorithm, digits, period), call.project)
    return changed_user(call, user)


@routes.endpoint(
    "DELETE",
    f"{PATH}/authenticators/{{type}}",
    errors=("user_authenticator_not_found",),
    key=True,
    reads=USER,
    params={"userId": USER_ID, "type": TYPE},
)
def delete_authenticator(call: Call, user_id: str, type: str) -> None:
    authenticators.remove(call.actor, user_of(call), None, call.project)


@routes.endpoint(
    "GET",
    f"{PATH}/challenges/{{challengeId}}",
    answer="mfaChallengeSecret",
    errors=("user_invalid_token",),
    key=True,
    reads=USER,
    params={"userId": USER_ID, "challengeId": Parameter(text(1, 256))},
)
def get_challenge(call: Call, user_id: str, challenge_id: str) -> dict[str, Any]:
    """Of factors only whose codes the team's server delivers."""
    challenge, code = challenges.read_code(user_of(call), challenge_id)
    return json_mfa.challenge_secret(challenge, code)
