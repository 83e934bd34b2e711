"""A user of another system, as far as this one can take it over, and the requests that do so."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

ID = re.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,35}")
"""What an id may be here."""


class Unusable(ValueError):
    """A part of an export that cannot be taken over; the text says why, without anything of a person in it."""


class Hash(NamedTuple):
    """A password's hash: the path below `/users` that takes its kind, and what that path asks for."""

    path: str
    fields: Mapping[str, Any]


class Step(NamedTuple):
    """A request of an import: what it is about, and how it is made."""

    what: str
    method: str
    path: str
    body: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Person:
    """One user. `left_out` says what of the export this system has no place for, or refuses to read.

    `phone` is a number that the other system has verified: here it signs its user in. `totp` and `recovery_codes` are
    as the API takes them.
    """

    id: str
    email: str = ""
    email_verified: bool = False
    phone: str = ""
    name: str = ""
    blocked: bool = False
    password: Hash | None = None
    preferences: Mapping[str, Any] = field(default_factory=dict)
    totp: Mapping[str, Any] | None = None
    recovery_codes: Mapping[str, Any] | None = None
    mfa: bool = False
    left_out: tuple[str, ...] = ()

    @property
    def new_id(self) -> str:
        """The id that the user has here: the same where it may be one, else the same for the same user each time."""
        own = self.id.rpartition("|")[2]
        return own if ID.fullmatch(own) else hashlib.sha256(self.id.encode()).hexdigest()[:20]

    @property
    def written_id(self) -> str:
        """The id in the export, as journal and report may have it: some systems call a user by address or number."""
        return "" if "@" in self.id or self.id.startswith("+") else self.id

    def without_phone(self, why: str) -> Person:
        return replace(self, phone="", left_out=(*self.left_out, why))

    @property
    def creation(self) -> Step:
        """The request that makes the user."""
        given = {"email": self.email, "name": self.name}
        body = {"userId": self.new_id, **{name: value for name, value in given.items() if value}}
        if self.password:
            return Step("user", "POST", f"/users/{self.password.path}", {**body, **self.password.fields})
        return Step("user", "POST", "/users", body)

    @property
    def completion(self) -> Iterator[Step]:
        """The requests that give the user what is left. The mailbox comes last: until then nobody is written to."""
        user = f"/users/{self.new_id}"
        if self.phone:
            yield Step("phone", "PATCH", f"{user}/phone", {"number": self.phone})
            yield Step("phone verification", "PATCH", f"{user}/verification/phone", {"phoneVerification": True})
        if self.preferences:
            yield Step("preferences", "PATCH", f"{user}/prefs", {"prefs": self.preferences})
        if self.totp:
            yield Step("authenticator", "POST", f"{user}/mfa/authenticators/totp", self.totp)
        if self.recovery_codes:
            yield Step("recovery codes", "POST", f"{user}/mfa/recovery-codes", self.recovery_codes)
        if self.email and self.email_verified:
            yield Step("email verification", "PATCH", f"{user}/verification", {"emailVerification": True})
        if self.mfa:
            yield Step("MFA", "PATCH", f"{user}/mfa", {"mfa": True})
        if self.blocked:
            yield Step("block", "PATCH", f"{user}/status", {"status": False})
