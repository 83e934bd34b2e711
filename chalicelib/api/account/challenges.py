"""/account/mfa/challenges."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.api.answers import mfa as json_mfa
from chalicelib.api.answers import sessions as json_sessions
from chalicelib.factors.registry import BY_NAME, FACTORS, named
from chalicelib.mfa import challenges
from chalicelib.storage import keys
from chalicelib.storage.keys import Key
from chalicelib.web.endpoint import Call, Routes
from chalicelib.web.limits import Limit, by_parameter, by_user, of_each_user
from chalicelib.web.parameters import Parameter, choice, text
from chalicelib.web.request import ApiRequest

routes = Routes(__name__)
PATHS = ("/account/mfa/challenges", "/account/mfa/challenge")
SENT_PER_HOUR = 10
UNSENT_PER_HOUR = 60
ID = text(1, 256)
ANSWER = text(1, 8192)
"""A code, or the JSON of a passkey's credential."""


def challenges_per_hour(request: ApiRequest) -> int:
    """Challenges that send something cost money and attention; those that do not may be more."""
    factor = request.parameter("factor")
    known = BY_NAME.get(factor.lower()) if isinstance(factor, str) else None
    return UNSENT_PER_HOUR if known and not known.sends else SENT_PER_HOUR


@of_each_user(f"{SENT_PER_HOUR}|user:", f"{UNSENT_PER_HOUR}|user:")
def by_user_and_cost(request: ApiRequest, user_id: str) -> str:
    """Those that send something are counted apart from those that do not."""
    return f"{challenges_per_hour(request)}|{by_user(request, user_id)}"


def challenge_named(user_id: str, request: ApiRequest) -> Key | None:
    """The challenge, if the parameter can be an id."""
    try:
        return keys.challenge(ID(request.parameter("challengeId"))) if user_id else None
    except ValueError:
        return None


def evidence(user_id: str, request: ApiRequest) -> Mapping[str, Key] | None:
    """What the factors may need to judge the answer, if it can be one."""
    try:
        return challenges.evidence_keys(user_id, ANSWER(request.parameter("otp"))) if user_id else None
    except ValueError:
        return None


@routes.endpoint(
    "POST",
    *PATHS,
    answer="mfaChallenge",
    errors=(*(type_ for each in FACTORS for type_ in each.refusals), "user_auth_method_unsupported"),
    status=201,
    signed_in=True,
    half=True,
    own_session=True,
    limits=(Limit(challenges_per_hour, by_user_and_cost, "challenges of one user"),),
    params={"factor": Parameter(choice(*(factor.name for factor in FACTORS)))},
)
def create(call: Call, factor: str) -> dict[str, Any]:
    begun = challenges.begin(call.actor, named(factor), call.user, call.session, call.project)
    return json_mfa.challenge(begun.challenge, begun.shown)


@routes.endpoint(
    "PUT",
    *PATHS,
    answer="session",
    errors=("user_auth_method_unsupported", "user_invalid_token"),
    signed_in=True,
    half=True,
    own_session=True,
    limits=(Limit(10, by_parameter("challengeId"), "answers to one challenge"),),
    params={"challengeId": Parameter(ID), "otp": Parameter(ANSWER)},
    reads={"challenge": challenge_named, "evidence": evidence},
)
def complete(call: Call, challenge_id: str, otp: str) -> dict[str, Any]:
    item, found = call.read["challenge"], call.read["evidence"]
    session = challenges.complete(call.actor, call.user, call.session, call.project, challenge_id, otp, item, found)
    return json_sessions.session(session, current=True)
