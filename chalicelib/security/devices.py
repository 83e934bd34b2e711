"""Values by which a browser that has signed in before is known again (OWASP, Slow Down Online Guessing Attacks with
Device Cookies).

A value is given after the right password for a mailbox. It holds the number of its data key, the time of its issue, a
random id, the user's id, and an HMAC-SHA-256 over these and the mailbox, so it is judged without a read. It signs
nobody in: it only has budgets that strangers cannot use up. All its characters are unreserved in URLs.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from chalicelib import ids
from chalicelib.errors import ApiError
from chalicelib.runtime import clock, settings
from chalicelib.security import codes, encryption
from chalicelib.units import DAY_MS

MOST = 5
"""People on one browser. Of more values than these, none is looked at, so that a flood of them costs little."""
SEPARATOR = "~"
ID_LENGTH = 32
"""Of hex characters: 128 random bits."""

_VALUE = re.compile(
    r"(?P<signed>(?P<number>[1-9][0-9]{0,2})\.(?P<issued>[0-9]{13})\.(?P<id>[0-9a-f]{32})"
    rf"\.(?P<user>{ids.PATTERN}))\.(?P<mac>[A-Za-z0-9_-]{{43}})",
    re.ASCII,
)


class Device(NamedTuple):
    """A browser on which a user has signed in to a mailbox, the last time at `issued` (milliseconds)."""

    id: str
    user_id: str
    issued: int

    def outlived(self, user_id: str, password_updated: int) -> bool:
        """Whether the mailbox is another user's by now, or the password a newer one than this device has proven."""
        return self.user_id != user_id or self.issued < password_updated


def split(*texts: str) -> list[str]:
    """The well-formed values in texts that hold several, the first MOST, none twice."""
    found = (value for text in texts for value in text.split(SEPARATOR, MOST)[:MOST] if _VALUE.fullmatch(value))
    return list(dict.fromkeys(found))[:MOST]


def join(values: Sequence[str]) -> str:
    return SEPARATOR.join(values)


def known(email: str, values: Sequence[str]) -> Device | None:
    """The device that one of these values makes known for a mailbox (its address in canonical form).

    A value that is malformed, expired, of another mailbox, project or data key is none; so is each while the data keys
    cannot be read: without a device the budgets are the narrower ones.
    """
    try:
        return next(_valid(email, values), None)
    except ApiError:
        return None


def issue(email: str, user_id: str, values: Sequence[str]) -> list[str]:
    """What the browser holds from now on, newest first: a value for this mailbox, and those of `values` for others.

    A device that was known keeps its id, and so what is left of its budget. 503 when the data keys cannot be read.
    """
    before = known(email, values)
    number, id_ = encryption.newest(), before.id if before else codes.hex_secret(ID_LENGTH)
    signed = f"{number}.{clock.now()}.{id_}.{user_id}"
    others = [value for value in values if known(email, [value]) is None]
    return [f"{signed}.{_mac(number, signed, email)}", *others][:MOST]


def expiry(now: int) -> int:
    """When what is issued now is over, in milliseconds."""
    return now + settings.config().device_days * DAY_MS


def _valid(email: str, values: Sequence[str]) -> Iterator[Device]:
    for value in values:
        match = _VALUE.fullmatch(value)
        if match is None or int(match["number"]) > encryption.newest():
            continue
        mac = _mac(int(match["number"]), match["signed"], email)
        issued = int(match["issued"])
        if hmac.compare_digest(mac, match["mac"]) and clock.now() < expiry(issued):
            yield Device(match["id"], match["user"], issued)


def _mac(number: int, signed: str, email: str) -> str:
    """Bound to the deployment and its project, too; none of the parts can contain a NUL."""
    config = settings.config()
    parts = "\0".join((config.table_prefix, config.project, email, signed))
    digest = hmac.digest(encryption.derived_key("device", number), parts.encode(), hashlib.sha256)
    return urlsafe_b64encode(digest).rstrip(b"=").decode()
