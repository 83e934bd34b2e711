"""Tables and keys: every item's place, in one file. `infra/stack.yaml` has the same tables (a test compares them)."""

from __future__ import annotations

from hashlib import sha256
from typing import NamedTuple

TABLES: dict[str, tuple[str, ...]] = {
    "users": ("pk",),
    "sessions": ("user_id", "id"),
    "challenges": ("id",),
    "recovery-codes": ("user_id", "selector"),
    "limits": ("id",),
    "events": ("user_id", "id"),
    "settings": ("id",),
    "words": ("head", "entry"),
}


class Key(NamedTuple):
    """Where one item is: the table's name without prefix, and its key attributes' values in the order of TABLES."""

    table: str
    values: tuple[str, ...]


def hashed(name: str) -> str:
    """What stands for an address, a number or an id where it may outlive its user. Who guesses it can check it."""
    return sha256(name.encode()).hexdigest()[:32]


def user(user_id: str) -> Key:
    return Key("users", (f"user#{user_id}",))


BY_CREATION = "by-creation"
LISTED = "user"
"""The value that puts a user, and no claim, on the index of all users."""
LISTED_PASSKEY = "passkey"
"""The value that puts a passkey there, apart from the users: to know whether there is any."""
BY_PHONE = "by-phone"
"""The index of users by number, proven or merely typed."""


def preferences(user_id: str) -> Key:
    return Key("users", (f"prefs#{user_id}",))


def password_history(user_id: str) -> Key:
    return Key("users", (f"passwords#{user_id}",))


def email(address: str) -> Key:
    """The claim that makes an e-mail address, in canonical form, unique."""
    return Key("users", (f"email#{address}",))


def phone(number: str) -> Key:
    """The claim that makes a phone number, in E.164, unique."""
    return Key("users", (f"phone#{number}",))


def passkey(digest: str) -> Key:
    """A passkey, by the digest of its credential id: whoever it is of, there is one of it."""
    return Key("users", (f"passkey#{digest}",))


def session(user_id: str, session_id: str) -> Key:
    return Key("sessions", (user_id, session_id))


def challenge(challenge_id: str) -> Key:
    return Key("challenges", (challenge_id,))


def sign_in_token(user_id: str) -> Key:
    """The open token that a client answers in the name of `user_id`; beside the challenges, whose ids have no `#`."""
    return Key("challenges", (f"sign-in#{user_id}",))


def handover(code: str) -> Key:
    """The session on its way to whoever has the code; beside the challenges, too."""
    return Key("challenges", (f"handover#{hashed(code)}",))


def recovery_code(user_id: str, selector: str) -> Key:
    return Key("recovery-codes", (user_id, selector))


def limit(bucket: str, end: int) -> Key:
    """The counter of a bucket in the window that ends then. Whom it counts for, after the first colon, is hashed."""
    kind, colon, whom = bucket.partition(":")
    return Key("limits", (f"{kind}{colon}{hashed(whom) if colon else ''}|{end}",))


def recovery(shown_id: str) -> Key:
    """Whose recovery it is that a client completes in the name of `shown_id`, which is no user's."""
    return Key("limits", (f"recovery#{shown_id}",))


def number_use(number: str) -> Key:
    return Key("limits", (f"number#{hashed(number)}",))


def tombstone(user_id: str) -> Key:
    """What tells that a user of that id was deleted."""
    return Key("limits", (f"deleted#{hashed(user_id)}",))


def mailbox_use(kind: str, mailbox: str) -> Key:
    """Of sign-in tokens of that kind."""
    return Key("limits", (f"mailbox#{kind}#{hashed(mailbox)}",))


def custom_token_use(user_id: str) -> Key:
    return Key("limits", (f"custom-token#{hashed(user_id)}",))


def event(user_id: str, event_id: str) -> Key:
    return Key("events", (user_id, event_id))


def word_entry(word: str, created: int, user_id: str, field: str) -> Key:
    """What finds a user by a word of a field; entries of a word stand in the order of its users' creation."""
    return Key("words", (word[0], f"{word}#{created:012x}#{user_id}#{field}"))


def api_key(key_id: str) -> Key:
    return Key("settings", (f"key#{key_id}",))


PROJECT = Key("settings", ("project",))
USER_COUNT = Key("settings", ("user-count",))
DATA_KEY = Key("settings", ("data-key",))
