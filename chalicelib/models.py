"""What the tables hold, as plain records. Times are milliseconds since the epoch.

An attribute has the name of its field, unless the field names another. Records have no `repr`, which would show
secrets, and no `==`, which nothing here asks for: making both would take longer at each cold start.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from chalicelib.runtime import settings
from chalicelib.units import DAY_S

TEAM = "team"
"""Who made something, where it was no session of the user's. No session has this id."""


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class User:
    """An end user of the app.

    `generation` is what a session must carry to be alive: raising it ends all of them in one write. `sessions` is the
    roster that the caps count: session id -> number of factors passed. `recovery_codes` holds the selectors of the
    unspent codes, `codes_by` who made them: a session's id, or TEAM. `phone_by_team`: the team's server set the number.
    `blocked_at`: the last time that the account was blocked; sign-in codes from before it open nothing.
    `phone_before` is a number that goes on signing in until the one in its place is proven, for want of another way in.
    `tokens` holds the open proof of each purpose (`email`, `phone`, `recovery`), the newest only, and `sent` when a
    challenge was last sent through a channel and not yet answered. `guesses` are the times of wrong second-factor
    answers, `guesses_forgiven` the last time that a reset by mail gave a fresh hourly budget, all in epoch seconds.
    `password_scheme`: how another system made the hash of the password, until one of ours is in its place.
    `password_pwned`: whether the password was in a known breach when it was last looked up, None if it never was.
    `reset_by_mail`: the mailbox gave the password, so it is no second factor beside itself. `devices` are fingerprints
    of those that signed in last, oldest first. `passkeys` says where each passkey is kept, by its id, and `has_passkey`
    whether there is any. `pending_passkeys` are those that wait for their authenticator, with what their challenge is
    known by. `passkey_handle` is what authenticators know the user by: random, and not his id.
    """

    id: str
    created: int
    updated: int
    accessed: int
    generation: int
    name: str = ""
    email: str = ""
    email_verified: bool = False
    phone: str = ""
    phone_verified: bool = False
    phone_by_team: bool = False
    phone_before: str = ""
    blocked: bool = False
    blocked_at: int = 0
    labels: list[str] = field(default_factory=list)
    password: str = ""
    password_scheme: dict[str, Any] = field(default_factory=dict)
    password_updated: int = 0
    password_pwned: bool | None = None
    mfa: bool = False
    targets: dict[str, dict[str, Any]] = field(default_factory=dict)
    authenticators: dict[str, dict[str, Any]] = field(default_factory=dict)
    recovery_codes: frozenset[str] = frozenset()
    codes_by: str = ""
    sessions: dict[str, int] = field(default_factory=dict)
    tokens: dict[str, dict[str, Any]] = field(default_factory=dict)
    sent: dict[str, int] = field(default_factory=dict)
    guesses: list[int] = field(default_factory=list)
    guesses_forgiven: int = 0
    devices: list[str] = field(default_factory=list)
    reset_by_mail: bool = False
    passkeys: dict[str, str] = field(default_factory=dict)
    has_passkey: bool = False
    pending_passkeys: dict[str, dict[str, Any]] = field(default_factory=dict)
    passkey_handle: bytes = b""

    @property
    def owns_phone(self) -> bool:
        """Whether the number is this user's alone: proven, or set by the team. One that was merely typed is not."""
        return bool(self.phone) and (self.phone_verified or self.phone_by_team)

    def owns(self, number: str) -> bool:
        """Whether a sign-in code to that number opens this user's account."""
        return bool(number) and (number == self.phone_before or (number == self.phone and self.owns_phone))


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Session:
    """A sign-in of a user. `secret_digest` is the SHA-256 of what the client holds; `ttl` is in seconds, for DynamoDB.

    `lifetime` is how long it was asked to last, in seconds; 0 for as long as the project allows.
    `device` has what the user agent told, by the names of the API; what it did not tell is not there. `challenged`:
    until when the newest challenge that it began as a half session is open.
    """

    id: str
    user_id: str
    created: int
    updated: int
    expire: int
    ttl: int
    generation: int
    secret_digest: bytes = field(metadata={"attribute": "secret"})
    provider: str
    provider_uid: str = ""
    lifetime: int = 0
    ip: str = ""
    device: dict[str, str] = field(default_factory=dict)
    factors: list[str] = field(default_factory=list)
    mfa_updated: int = 0
    challenged: int = 0


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Challenge:
    """A question put to one session of one user, or to a guest who signs in by a passkey.

    `sealed_answer` is what the factor judges the answer by, never in clear.
    """

    id: str
    user_id: str = ""
    session_id: str = ""
    factor: str
    created: int
    expire: int
    ttl: int
    sealed_answer: bytes = field(default=b"", metadata={"attribute": "kept"})
    attempts: int = 0


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Token:
    """An open proof of an address: `digest` of the secret that was sent to `address`.

    `by_code`: six digits went to a mailbox, and no link. What goes to a number is a code anyway.
    """

    id: str
    created: int
    expire: int
    address: str
    digest: bytes
    attempts: int = 0
    by_code: bool = False


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class SignInToken:
    """An open token that signs in: a code that went to a number or a mailbox, a link, or what the team handed out.

    `id` is its key in the table, `kind` what the way to sign in calls it. `address` is where it went, or the id of the
    user whom the team made it for, or whom the `passkey` at that place has proven. One that is `guessable` is short, is
    kept as a keyed hash and bears few wrong answers; of any other, `digest` is the SHA-256. `generation` is that of
    such a user's sessions: the token ends with them.
    """

    id: str
    kind: str = "phone"
    address: str = field(metadata={"attribute": "number"})
    digest: bytes
    guessable: bool = True
    generation: int = 0
    passkey: str = ""
    created: int
    expire: int
    ttl: int
    attempts: int = 0


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Passkey:
    """A public key credential of a user (WebAuthn Level 3 4), kept at the digest of its `credential` id.

    `public_key` is a COSE key. `counter` is what the authenticator said last. `backup_eligible`: the key may be synced
    to other devices, which it says once and for all; `backed_up`: it was when it was used last. `handle` is the user's.
    `accessed` is 0 until it is used.
    """

    id: str
    user_id: str
    created: int
    updated: int
    name: str = ""
    credential: bytes
    public_key: bytes
    counter: int = 0
    backup_eligible: bool = False
    backed_up: bool = False
    transports: list[str] = field(default_factory=list)
    handle: bytes
    accessed: int = 0


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class AddressUse:
    """What sign-in tokens of a kind to an address have seen, whoever owns it: when the last unused one was sent
    (milliseconds), and the times of wrong answers (epoch seconds). `id` is its key in the table.
    """

    id: str
    sent: int = 0
    guesses: list[int] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Handover:
    """A session on its way to an app on another site: `secret` is what the client holds of it, sealed with the code.

    `id` is its key in the table. `origin` is the page's to which it goes, empty for an app that a URI opens.
    `challenge` is the SHA-256 of the verifier that the app keeps.
    """

    id: str
    user_id: str
    session_id: str
    generation: int
    origin: str = ""
    challenge: bytes = field(metadata={"attribute": "digest"})
    secret: bytes
    created: int
    expire: int
    ttl: int


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class RecoveryCode:
    """One recovery code, found by its clear `selector`; `hash` is Argon2id of all of it. Spent ones stay, marked."""

    user_id: str
    selector: str
    hash: str
    spent: int = 0


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class ForeignCodes:
    """Recovery codes that a user brought from another system: hashes by selector, which nobody types. `scheme` says how
    they were made, `spent` when one of them was used last. Spent ones stay.
    """

    user_id: str
    selector: str
    scheme: dict[str, Any]
    hashes: dict[str, str]
    spent: int = 0


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Event:
    """Something that mattered to a user's safety: what, when, from where, by whom (`admin`: the team's API key).

    `challenge` is the id of the challenge, or of the sign-in token or hand-over beside them, that came with it.
    """

    id: str
    user_id: str
    name: str
    created: int
    ttl: int
    admin: bool = False
    ip: str = ""
    user_agent: str = ""
    country: str = ""
    challenge: str = ""


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Preferences:
    """What is shown of a user and no sign-in reads: preferences, whose `text` is the JSON object as the client gave it,
    and the `targets` that the team has noted, by id, as attributes of Target.
    """

    updated: int = 0
    text: str = "{}"
    targets: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Target:
    """An address at which the team's messaging reaches a user. It opens nothing, and nothing of ours is sent to it.

    `kind` is `email` or `sms`.
    """

    id: str
    created: int
    updated: int
    kind: str
    identifier: str
    name: str = ""


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class ApiKey:
    """A key of the team's servers: `digest` is the SHA-256 of its secret, `expire` 0 when it does not end."""

    id: str
    name: str
    digest: bytes
    created: int
    scopes: list[str] = field(default_factory=list)
    expire: int = 0


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Project:
    """The project's switches: sign-in methods, MFA factors, whether a change of credentials ends other sessions, and
    whether the owner is told of a sign-in on a new device.

    `methods` and `factors` have what was switched; each factor declares where its switch stands before that.
    `session_duration` is in seconds; it and `session_limit` are 0 where the deployment's settings hold. `memberships_`:
    what members of a team see of each other. `password_`: what is asked of passwords; `password_dictionary` is None
    until it is switched, `password_max_age` is in seconds. `user_limit` is 0 for none;
    `users_counted_anew`: until when users go into the second count that a new limit wants, 0 once it is done.
    `passkey_rp_id` is the domain that passkeys are bound to, empty where there are none; `passkeys_pending`: until when
    some may be on their way.
    """

    methods: dict[str, bool] = field(default_factory=dict)
    factors: dict[str, bool] = field(default_factory=dict)
    session_invalidation: bool = True
    session_alert: bool = False
    session_duration: int = 0
    session_limit: int = 0
    memberships_user_id: bool = True
    memberships_user_email: bool = True
    memberships_user_phone: bool = True
    memberships_user_name: bool = True
    memberships_user_mfa: bool = True
    memberships_user_accessed_at: bool = True
    password_dictionary: bool | None = None
    password_dictionary_denied: list[str] = field(default_factory=list)
    password_history: int = 0
    password_personal_data: bool = False
    password_personal_data_denied: list[str] = field(default_factory=list)
    password_min: int = 8
    password_uppercase: bool = False
    password_lowercase: bool = False
    password_number: bool = False
    password_symbols: bool = False
    password_pwned: bool = False
    password_pwned_sessions: bool = False
    password_pwned_users: bool = False
    password_rotation: bool = False
    password_max_age: int = 365 * DAY_S
    user_limit: int = 0
    users_counted_anew: int = 0
    deny_aliased_email: bool = False
    deny_disposable_email: bool = False
    deny_free_email: bool = False
    deny_corporate_email: bool = False
    passkey_rp_id: str = ""
    passkeys_pending: int = 0

    def allows_method(self, method: str) -> bool:
        """Sign-in methods (`email-password`, `phone`) are on unless switched off, passkeys off until switched on."""
        return self.methods.get(method, method != "passkey")

    def refuses_common_passwords(self) -> bool:
        """On until switched off (SP 800-63B-4 3.1.1.2); with parity off until switched on."""
        if self.password_dictionary is None:
            return "weak-passwords" not in settings.config().parity
        return self.password_dictionary
