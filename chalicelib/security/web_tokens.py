"""JSON Web Tokens (RFC 7519) by which a client lets another server act for it.

One fixed algorithm, never the token's choice (RFC 8725 3.1): HS256 with a key of the deployment's own. The claims are
upstream's `userId`, `sessionId` and `exp`, and `generation`, which ends a user's tokens together with the sessions. The
header's `kid` is the number of the data key that the key comes from: it chooses among our own and names nothing else.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from chalicelib.errors import fail
from chalicelib.runtime import clock
from chalicelib.security import encryption

ALGORITHM = "HS256"


LONGEST_LIFE = 3_600_000


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
        "exp": clock.now() // 1000 + duration,
    }
    number = encryption.newest()
    key = encryption.derived_key("jwt", number)
    return jwt.encode(content, key, algorithm=ALGORITHM, headers={"kid": str(number)})


def read(token: str) -> Claims:
    """Whom a token speaks for. 401 `user_jwt_invalid` when it is not ours, altered or expired."""
    import jwt

    ours = {"verify_exp": False}  # which is judged below by the service's own clock; PyJWT cannot be given one
    try:
        key = encryption.signing_key(_key_number(jwt.get_unverified_header(token)), LONGEST_LIFE)
        if key is None:
            raise fail("user_jwt_invalid", reason="no key of that number signs any more, or ever did")
        content = jwt.decode(token, key, [ALGORITHM], options=ours)  # type: ignore[arg-type]
        claims = Claims(str(content["userId"]), str(content["sessionId"]), int(content["generation"]))
        expires = int(content["exp"])
    except (jwt.PyJWTError, KeyError, ValueError, TypeError) as error:
        raise fail("user_jwt_invalid", reason=f"not ours or altered: {type(error).__name__}") from None
    if expires <= clock.now() // 1000:
        raise fail("user_jwt_invalid", reason="expired")
    return claims


def _key_number(header: dict[str, Any]) -> int:
    """The number in a token's `kid`, 1 without one, 0 for what is none of ours."""
    kid = header.get("kid", "1")
    return int(kid) if isinstance(kid, str) and re.fullmatch("[1-9][0-9]{0,2}", kid, re.ASCII) else 0
