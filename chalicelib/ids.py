"""Ids that the server makes: 20 lower-case hex characters (8 for seconds, 5 for microseconds, 7 random).

They sort by age.
"""

from __future__ import annotations

from chalicelib.runtime import randomness

PATTERN = "[A-Za-z0-9][A-Za-z0-9._-]{0,35}"
"""Of every id: of users those that clients choose, too."""
UNIQUE = "unique()"
"""What a client sends in place of an id to have the server make one."""
PLACES = ("argon2", "bcrypt", "md5", "phpass", "scrypt", "scrypt-modified", "sha", "identities")
"""What stands in paths where users' ids do: nobody has these, since API Gateway would not find him."""


def new_id(now: int) -> str:
    """A fresh id for something created at `now` (milliseconds)."""
    seconds, milliseconds = divmod(now, 1000)
    random = int.from_bytes(randomness.random_bytes(5), "big")
    microseconds = milliseconds * 1000 + (random >> 28) % 1000
    return f"{seconds:08x}{microseconds:05x}{random & 0xFFFFFFF:07x}"


def since(now: int) -> str:
    """Where the ids begin of what is created at `now` (milliseconds) or later."""
    return f"{now // 1000:08x}{now % 1000 * 1000:05x}"
