"""A code by e-mail to the user's verified address."""

from __future__ import annotations

from functools import partial

from chalicelib.delivery import mail, texts
from chalicelib.errors import fail
from chalicelib.factors import sent_codes
from chalicelib.factors.factor import Begun, Factor, Proof, Refusal, Switch
from chalicelib.models import Challenge, User
from chalicelib.runtime import settings
from chalicelib.storage.items import Item


class EmailCode(Factor):
    name = "email"
    switch = Switch.ON
    proof = "email_verified"
    channel = "email"
    rests_on = ("email", "email_verified")
    refusals = ("user_email_not_found", "user_email_not_verified", "general_smtp_disabled")

    def enrolled(self, user: User) -> bool:
        return bool(user.email and user.email_verified)

    def begin(self, user: User, challenge_id: str, locale: str) -> Begun:
        if not user.email:
            raise fail("user_email_not_found", reason="there is none to send a code to")
        if not user.email_verified:
            raise fail("user_email_not_verified", reason="no code goes to an address that is not")
        return sent_codes.begin(user, challenge_id, user.email, partial(_deliver, user, locale))

    def check(self, otp: str, user: User, challenge: Challenge, evidence: Item | None) -> Proof | Refusal:
        return sent_codes.check(otp, user, challenge, user.email) if self.enrolled(user) else Refusal.WRONG


def _deliver(user: User, locale: str, code: str) -> None:
    config = settings.config()
    mail.send(user.email, user.name, texts.challenge(locale, config.project_name, code, config.code_minutes))
