"""What matters to a user's safety: written to the user's log in the transaction that does it, and told to the owner."""

from __future__ import annotations

from enum import Enum
from functools import cached_property
from typing import NamedTuple

from chalicelib.audit import notices
from chalicelib.ids import new_id
from chalicelib.models import Event, User
from chalicelib.runtime import clock, settings
from chalicelib.storage import events
from chalicelib.storage.writes import Delete, Put
from chalicelib.units import DAY_S
from chalicelib.user_agent import Client


class Kind(Enum):
    """Every act that is logged, by the name that the API's logs have for it."""

    USER_CREATED = "user.create"
    USER_DELETED = "user.delete"
    PASSWORD_CHANGED = "user.update.password"  # noqa: S105  # a name, no password
    EMAIL_CHANGED = "user.update.email"
    PHONE_CHANGED = "user.update.phone"
    TARGET_MADE = "target.create"
    TARGET_CHANGED = "target.update"
    TARGET_REMOVED = "target.delete"
    LABELS_CHANGED = "user.update.labels"
    BLOCKED = "user.update.block"
    UNBLOCKED = "user.update.unblock"
    EMAIL_FLAGGED = "user.update.emailVerification"
    PHONE_FLAGGED = "user.update.phoneVerification"
    MFA_ON = "user.update.mfa.on"
    MFA_OFF = "user.update.mfa.off"
    VERIFICATION_SENT = "verification.create"
    EMAIL_VERIFIED = "verification.update.email"
    PHONE_VERIFIED = "verification.update.phone"
    MAILBOX_TAKES_OVER = "verification.update.email.first"
    RECOVERY_SENT = "recovery.create"
    PASSWORD_RESET = "recovery.update"  # noqa: S105
    PHONE_LOST = "user.update.phone.lost"
    SIGN_IN_TOKEN_MADE = "token.create"  # noqa: S105
    WRONG_SIGN_IN_TOKEN = "token.fail"  # noqa: S105
    SIGNED_IN = "session.create"
    SIGNED_IN_ON_NEW_DEVICE = "session.create.device"
    SESSION_EXTENDED = "session.update"
    SESSION_ENDED = "session.delete"
    SESSIONS_ENDED = "sessions.delete"
    JWT_MADE = "jwt.create"
    HANDOVER_MADE = "handover.create"
    HANDED_OVER = "handover.update"
    WRONG_HANDOVER = "handover.fail"
    AUTHENTICATOR_ADDED = "authenticator.create"
    AUTHENTICATOR_REMOVED = "authenticator.delete"
    PASSKEY_ADDED = "passkey.create"
    PASSKEY_CHANGED = "passkey.update"
    PASSKEY_REMOVED = "passkey.delete"
    PASSKEY_USED = "passkey.use"
    PASSKEY_REFUSED = "passkey.fail"
    RECOVERY_CODES_MADE = "recoveryCodes.create"
    RECOVERY_CODES_VOIDED = "recoveryCodes.delete"
    CHALLENGED = "challenge.create"
    CHALLENGE_PASSED = "challenge.update"
    RECOVERY_CODE_USED = "challenge.update.recoveryCode"
    WRONG_ANSWER = "challenge.fail"
    GUESSES_SPENT = "challenge.fail.limit"


NOTICES: dict[Kind, str] = {
    Kind.PASSWORD_CHANGED: "password_changed",
    Kind.PASSWORD_RESET: "password_reset",
    Kind.EMAIL_CHANGED: "email_changed",
    Kind.PHONE_CHANGED: "phone_changed",
    Kind.PHONE_VERIFIED: "phone_added",
    Kind.MAILBOX_TAKES_OVER: "mailbox_took_over",
    Kind.MFA_ON: "mfa_on",
    Kind.MFA_OFF: "mfa_off",
    Kind.AUTHENTICATOR_ADDED: "authenticator_added",
    Kind.AUTHENTICATOR_REMOVED: "authenticator_removed",
    Kind.PASSKEY_ADDED: "passkey_added",
    Kind.PASSKEY_REMOVED: "passkey_removed",
    Kind.RECOVERY_CODES_MADE: "codes_made",
    Kind.RECOVERY_CODES_VOIDED: "mfa_on_codes_void",
    Kind.RECOVERY_CODE_USED: "code_used",
    Kind.GUESSES_SPENT: "guesses_spent",
    Kind.SIGNED_IN_ON_NEW_DEVICE: "new_device",
    Kind.USER_DELETED: "account_deleted",
}
"""The acts of which the owner is told, and the text of delivery/texts.py that tells it."""


class Actor(NamedTuple):
    """Who acts, from where and in which language; `admin`: the team's server, with its API key.

    `quiet`: the team brings in what its users have already, of which nobody is told.
    """

    client: Client
    locale: str = ""
    admin: bool = False
    quiet: bool = False

    def does(self, kind: Kind, user: User, challenge: str = "") -> Act:
        return Act(self, kind, user, challenge)


class Act:
    """One act on a user, who is as before it. `challenge` is the id of one that is kept with it."""

    def __init__(self, actor: Actor, kind: Kind, user: User, challenge: str = "") -> None:
        self._actor, self._kind, self._user, self._challenge = actor, kind, user, challenge
        self._now = clock.now()

    @property
    def entry(self) -> Put:
        """The log entry, for the transaction of the act."""
        return events.entry(self._event)

    @property
    def withdrawal(self) -> Delete:
        """Takes the entry back, when what was done is undone."""
        return events.withdrawal(self._event)

    def record(self) -> None:
        """Write the log entry of an act that changes nothing else."""
        events.write(self._event)

    def notify(self, also: str = "", left: int = 0, notice: str = "") -> None:
        """Let the owner know, after the act is done; nothing that goes wrong here fails the request.

        `also` is a new e-mail address to tell besides the one that the user had; `left` the unspent recovery codes;
        `notice` a text other than the usual one.
        """
        if self._kind in NOTICES and not self._actor.quiet:
            client = self._actor.client
            place = {"address": client.address, "from_country": client.country, "device": client.described()}
            what = {"left": left, "at": self._now, **place}
            notices.put(self._user, notice or NOTICES[self._kind], self._actor.locale, what, also)

    @cached_property
    def _event(self) -> Event:
        client = self._actor.client
        return Event(
            id=new_id(self._now),
            user_id=self._user.id,
            name=self._kind.value,
            created=self._now,
            ttl=self._now // 1000 + settings.config().event_days * DAY_S,
            admin=self._actor.admin,
            ip=client.address,
            user_agent=client.user_agent[:256],
            country=client.country,
            challenge=self._challenge,
        )


def notify_owner(acts: list[Act], also: str = "") -> None:
    """Tell acts of one request, the last and gravest first: a mailbox that was never verified hears of one a day."""
    for act in reversed(acts):
        act.notify(also=also)
