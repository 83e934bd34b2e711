"""Whether a password is known from breaches: the range API of Have I Been Pwned, or a service that is called alike.

It hears the first five hex digits of the password's SHA-1 and answers with all that begin so, some 900 of them, among
as many made-up ones that its length does not tell how many (`Add-Padding`).
"""

from __future__ import annotations

import logging
from hashlib import sha1

from chalicelib.runtime import metrics, settings

log = logging.getLogger("chalicelib")
TIMEOUT_S = 1
MOST_BYTES = 256 * 1024
PREFIX = 5


def is_pwned(password: str) -> bool | None:
    """None where the service does not answer in time: it is no reason to refuse anybody."""
    digest = sha1(password.encode(), usedforsecurity=False).hexdigest().upper()
    try:
        known = _range(digest[:PREFIX])
    except (OSError, ValueError) as error:
        log.warning("pwned passwords did not answer: %s", type(error).__name__)
        metrics.count("PwnedPasswordsFailures")
        return None
    return known.get(digest[PREFIX:], 0) > 0


def _range(prefix: str) -> dict[str, int]:
    """How often each password whose digest begins so was seen, by the rest of the digest; 0 is padding."""
    from urllib.request import Request, urlopen

    address = f"{settings.config().pwned_passwords.rstrip('/')}/range/{prefix}"
    request = Request(address, headers={"Add-Padding": "true", "User-Agent": "chalice-mfa"})  # noqa: S310
    with urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
        text = answer.read(MOST_BYTES).decode("ascii")
    return {rest: int(times) for rest, _, times in (line.partition(":") for line in text.split())}
