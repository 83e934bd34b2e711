"""A code by e-mail to the user's verified address."""

from __future__ import annotations

from functools import partial

from chalicelib.delivery import mail, texts
from chalicelib.errors import fail
from chalicelib.factors import sent_codes
from chalicelib.factors.factor import Begun, Factor, Proof, Refusal
from chalicelib.models import Challenge, User
from chalicelib.runtime import settings
from chalicelib.storage import switches
from chalicelib.storage.items import Item


class EmailCode(Factor):
    name = "email"
    proof = "email_verified"
    channel = "email"

    def enrolled(self, user: User) -> bool:
        return bool(user.email and user.email_verified)

    def usable(self, user: User) -> bool:
        """Not after a reset of the password through the same mailbox, for whoever has another factor to answer with."""
        return self.enrolled(user) and not (user.reset_by_mail and _has_another(user))

    def begin(self, user: User, challenge_id: str, locale: str) -> Begun:
        if not user.email:
            raise fail("user_email_not_found")
        if not user.email_verified:
            raise fail("user_email_not_verified")
        if not self.usable(user):
            raise fail(
                "user_auth_method_unsupported", "The password was reset by e-mail. Use another factor this time."
            )
        return sent_codes.begin(user, challenge_id, user.email, partial(_deliver, user, locale))

    def check(self, otp: str, user: User, challenge: Challenge, evidence: Item | None) -> Proof | Refusal:
        return sent_codes.check(otp, user, challenge, user.email) if self.usable(user) else Refusal.WRONG


def _has_another(user: User) -> bool:
    """Whether there is another factor that the project allows. Where it is allowed, the mailbox is not needed."""
    allows = switches.project_cache().project.allows_factor
    confirmed = any(each["verified"] and allows(type_) for type_, each in user.authenticators.items())
    return confirmed or (user.phone_verified and allows("phone")) or bool(user.recovery_codes)


def _deliver(user: User, locale: str, code: str) -> None:
    config = settings.config()
    mail.send(user.email, user.name, texts.challenge(locale, config.project_name, code, config.code_minutes))
