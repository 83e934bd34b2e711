"""JSON Web Tokens (RFC 7519) by which a client lets another server act for it.

One fixed algorithm, never the token's choice (RFC 8725 3.1): HS256 with a key of the deployment's own. The claims are
upstream's `userId`, `sessionId` and `exp`, and `generation`, which ends a user's tokens together with the sessions.
"""

from __future__ import annotations

from typing import NamedTuple

from chalicelib import services
from chalicelib.errors import fail
from chalicelib.security import encryption

ALGORITHM = "HS256"


class Claims(NamedTuple):
    """Whom a token speaks for. `session_id` is empty for one that the team's server made without a session."""

    user_id: str
    session_id: str
    generation: int


def issue(claims: Claims, duration: int) -> str:
    """A token that is valid for `duration` seconds."""
    import jwt

    content = {
        "userId": claims.user_id,
        "sessionId": claims.session_id,
        "generation": claims.generation,
        "exp": services.now() // 1000 + duration,
    }
    return jwt.encode(content, encryption.derived_key("jwt"), algorithm=ALGORITHM)


def read(token: str) -> Claims:
    """Whom a token speaks for. 401 `user_jwt_invalid` when it is not ours, altered or expired."""
    import jwt

    ours = {"verify_exp": False}  # which is judged below by the service's own clock; PyJWT cannot be given one
    try:
        content = jwt.decode(token, encryption.derived_key("jwt"), [ALGORITHM], options=ours)  # type: ignore[arg-type]
        claims = Claims(str(content["userId"]), str(content["sessionId"]), int(content["generation"]))
        expires = int(content["exp"])
    except (jwt.PyJWTError, KeyError, ValueError, TypeError):
        raise fail("user_jwt_invalid") from None
    if expires <= services.now() // 1000:
        raise fail("user_jwt_invalid")
    return claims
