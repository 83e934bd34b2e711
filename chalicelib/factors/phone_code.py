"""A code by SMS to the user's verified number."""

from __future__ import annotations

from functools import partial

from chalicelib.delivery import sms, sms_budget, texts
from chalicelib.errors import fail
from chalicelib.factors import sent_codes
from chalicelib.factors.factor import Begun, Factor, Proof, Refusal, Switch
from chalicelib.models import Challenge, User
from chalicelib.runtime import settings
from chalicelib.storage.items import Item


class PhoneCode(Factor):
    name = "phone"
    switch = Switch.ON
    proof = "phone_verified"
    channel = "phone"
    rests_on = ("phone", "phone_verified")
    refusals = ("user_phone_not_found", "user_phone_not_verified", "general_phone_disabled")

    def enrolled(self, user: User) -> bool:
        return bool(user.phone and user.phone_verified)

    def begin(self, user: User, challenge_id: str, locale: str) -> Begun:
        if not user.phone:
            raise fail("user_phone_not_found", reason="there is none to send a code to")
        if not user.phone_verified:
            raise fail("user_phone_not_verified")
        return sent_codes.begin(user, challenge_id, user.phone, partial(_deliver, user, locale))

    def passed(self, user: User) -> None:
        sms_budget.note_verified(sms.country_of(user))

    def check(self, otp: str, user: User, challenge: Challenge, evidence: Item | None) -> Proof | Refusal:
        return sent_codes.check(otp, user, challenge, user.phone) if self.enrolled(user) else Refusal.WRONG


def _deliver(user: User, locale: str, code: str) -> None:
    text = texts.sms(locale, code, settings.config().code_minutes)
    sms.send(sms_budget.Purpose.CHALLENGE, user.id, user.phone, sms.country_of(user), text)
