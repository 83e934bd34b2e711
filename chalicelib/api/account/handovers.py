"""/account/handovers and /account/sessions/handover: a session goes over to an app on another site."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from typing import Any

from chalicelib.api.account.sessions import opened
from chalicelib.api.answers import sessions as json_sessions
from chalicelib.schema import takes
from chalicelib.security.origins import redirect
from chalicelib.sign_in import handovers
from chalicelib.storage import keys
from chalicelib.storage.keys import Key
from chalicelib.web.endpoint import Call, Routes
from chalicelib.web.identity import held_secret
from chalicelib.web.limits import Limit, by_address, by_user
from chalicelib.web.parameters import Parameter, text
from chalicelib.web.request import ApiRequest

routes = Routes(__name__)

_CHALLENGE = re.compile("[A-Za-z0-9_-]{43}", re.ASCII)
_VERIFIER = re.compile("[A-Za-z0-9._~-]{43,128}", re.ASCII)


@takes(type="string", pattern=f"^{_CHALLENGE.pattern}$", description="base64url of SHA-256, unpadded (RFC 7636 4.2).")
def challenge(value: Any) -> bytes:
    """A rule for parameters.py: an S256 code challenge, as the 32 bytes that it is. There is no `plain`."""
    if not isinstance(value, str) or not _CHALLENGE.fullmatch(value):
        raise ValueError("Value must be the SHA-256 of the verifier in 43 characters of base64url")
    return urlsafe_b64decode(f"{value}=")


@takes(type="string", pattern=f"^{_VERIFIER.pattern}$", description="RFC 7636 4.1.")
def verifier(value: Any) -> str:
    """A rule for parameters.py: a code verifier."""
    if not isinstance(value, str) or not _VERIFIER.fullmatch(value):
        raise ValueError("Value must have 43 to 128 of the characters A-Z, a-z, 0-9, `-`, `.`, `_` and `~`")
    return value


def place(user_id: str, request: ApiRequest) -> Key | None:
    code = request.parameter("code")
    return keys.handover(code) if isinstance(code, str) else None


@routes.endpoint(
    "POST",
    "/account/handovers",
    answer="handover",
    status=201,
    signed_in=True,
    own_session=True,
    limits=(
        Limit(60, by_user, "hand-overs of one user"),
        Limit(300, by_address, "hand-overs from one client address"),
    ),
    params={"url": Parameter(redirect), "challenge": Parameter(challenge), "state": Parameter(text(0, 512), "")},
)
def create(call: Call, url: str, challenge: bytes, state: str) -> dict[str, str]:
    secret = held_secret(call.request, call.session)
    return json_sessions.handover(*handovers.offer(call.actor, call.user, call.session, secret, url, challenge, state))


@routes.endpoint(
    "POST",
    "/account/sessions/handover",
    answer="session",
    errors=("user_invalid_token", "user_more_factors_required"),
    status=201,
    half=True,
    limits=(Limit(60, by_address, "wrong hand-over codes from one client address", wrong_answers=True),),
    params={"code": Parameter(text(1, 256)), "verifier": Parameter(verifier)},
    reads={"handover": place},
)
def create_session(call: Call, code: str, verifier: str) -> dict[str, Any]:
    """Whoever is signed in may come, too: by the cookie of the page that offered it, or with a session before it."""
    origin = call.request.header("origin")
    return opened(call, handovers.take_over(call.actor, call.read["handover"], code, verifier, origin, call.conditions))
