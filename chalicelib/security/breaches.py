"""Whether a password is known from breaches: the range API of Have I Been Pwned, or a service that is called alike.

It hears the first five hex digits of the password's SHA-1, and answers with the rest of all that begin so, among
made-up ones, so that not even the length of the answer says which were meant.
"""

from __future__ import annotations

import logging
from hashlib import sha1

from chalicelib.runtime import clock, metrics, settings

log = logging.getLogger("chalicelib")
PREFIX = 5
TIMEOUT_S = 1
MOST_BYTES = 256 * 1024
"""Six times what such an answer has."""


def is_pwned(password: str) -> bool | None:
    """None where the service does not answer well and in time: that is no reason to refuse anybody."""
    from http.client import HTTPException

    digest = sha1(password.encode(), usedforsecurity=False).hexdigest().upper()
    try:
        times = _range(digest[:PREFIX]).get(digest[PREFIX:], 0)
    except (OSError, HTTPException, ValueError) as error:
        log.warning("pwned passwords did not answer: %s", type(error).__name__)
        metrics.count("PwnedPasswordsFailures")
        return None
    return times > 0  # 0 is one of the made-up ones


def _range(prefix: str) -> dict[str, int]:
    """How often each password whose digest begins so was seen, by the rest of the digest."""
    from urllib.request import Request, urlopen

    address = f"{settings.config().pwned_passwords.rstrip('/')}/range/{prefix}"
    request = Request(address, headers={"Add-Padding": "true", "User-Agent": "chalice-mfa"})
    text, deadline = b"", clock.now() + TIMEOUT_S * 1000
    with urlopen(request, timeout=TIMEOUT_S) as answer:
        while part := answer.read1():
            text += part
            if len(text) > MOST_BYTES or clock.now() > deadline:
                raise TimeoutError
    return {rest: int(times) for rest, _, times in (line.partition(":") for line in text.decode("ascii").split())}
