"""Tell the owner of an account what happened to it: by mail, or by SMS where no mailbox is verified. Off the request.

ASVS 5.0.0 6.3.5 and 6.3.7, SP 800-63B-4 4.6. Anybody can sign up with anybody's mailbox and then cause notices to it.
So a mailbox that its account has not verified gets few, and those do not use up what a verified one may get.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from chalicelib.delivery import mail, mail_budget, mail_queue, phone_numbers, sms, texts
from chalicelib.delivery.sms_budget import Purpose
from chalicelib.errors import ApiError
from chalicelib.models import User
from chalicelib.runtime import clock, settings
from chalicelib.storage import limits
from chalicelib.storage.limits import Counter, Full
from chalicelib.units import DAY_S
from chalicelib.world import country_in

log = logging.getLogger("chalicelib")
JOB = "notice"
MOST_PER_HOUR = 10
SELDOM = {"guesses_spent": 1}
"""Of a kind, to one mailbox or number; fewer of those that would repeat for as long as somebody keeps trying."""
TO_OLD = {"email_changed": "email_changed_old"}
"""What the owner hears where the new mailbox does not hear it: who has the old one can no longer reset the password."""
MINOR = frozenset({"new_device"})
MINOR_SMS_PER_HOUR = 2
"""Cheap to cause and harmless: they must not use up the SMS, or an unverified mailbox, that a take-over is told by."""
UNPROVEN = "notices|unproven|"
"""What the counters of those to unverified mailboxes begin with."""
UNPROVEN_PER_USER = 3
"""In a day of UTC, of all kinds, from one account to mailboxes that it has not verified; each of those gets one."""

limits.of_each_user(f"{UNPROVEN}user:", DAY_S)


class Recipient(NamedTuple):
    """Who hears of an act: whether the account has verified `to`, and the mailbox to use when no SMS can be sent."""

    channel: str
    to: str
    proven: bool
    mailbox: str = ""
    country: str = ""


def put(user: User, notice: str, locale: str, what: dict[str, Any], also: str) -> None:
    """Queue a notice to the user as it was before the act, and to the e-mail address `also`.

    `what` says when (milliseconds), from which address, country and device, and how many recovery codes are left.
    """
    for recipient in _recipients(user, also):
        told = notice if recipient.to == also else TO_OLD.get(notice, notice)
        job = {"job": JOB, "notice": told, "user_id": user.id, "name": user.name, "locale": locale, **what}
        try:
            mail_queue.put({**job, **recipient._asdict()})
        except ApiError:
            log.error("notice %s lost", told)


def send(
    notice: str,
    user_id: str,
    channel: str,
    to: str,
    name: str,
    country: str,
    locale: str,
    at: int,
    address: str,
    device: str,
    left: int,
    proven: bool = True,
    mailbox: str = "",
    from_country: str = "",
) -> None:
    """The job: send one notice, unless its recipient had too many.

    One that is refused as SMS goes to `mailbox`, if there is any. A failure that passes by itself is raised, so that
    the job comes again. 429 when an unverified mailbox had another notice today, 400 when SES takes it for none.
    """
    project = settings.config().project_name
    letter = texts.notice(locale, project, name, notice, at, address, country_in(locale, from_country), device, left)
    if channel == "email":
        _mail(notice, user_id, at, to, partial(mail.send, to, name, letter), proven)
        return
    text = texts.notice_sms(locale, project, notice, at, address, device)
    deliver = partial(sms.send, Purpose.NOTICE, user_id, to, country, text)
    try:
        _counted(notice, _of_a_kind(notice, channel, to), deliver)
    except ApiError as error:
        passing = error.status == 503 and error.retry_after is not None
        if passing or not mailbox:
            raise
        _mail(notice, user_id, at, mailbox, partial(mail.send, mailbox, name, letter), proven=False)


def _mail(notice: str, user_id: str, at: int, to: str, deliver: Callable[[], None], proven: bool) -> None:
    mailbox = mail_budget.mailbox(to)
    if proven:
        _counted(notice, _of_a_kind(notice, "email", mailbox), deliver)
    elif notice not in MINOR:
        day = limits.window_end(clock.now() // 1000, DAY_S)
        only = Counter(f"{UNPROVEN}email:{mailbox}", day, 1)
        alone = partial(_alone, only, f"{user_id}|{notice}|{at}|{to}", deliver)
        _counted(notice, Counter(f"{UNPROVEN}user:{user_id}", day, UNPROVEN_PER_USER), alone)


def _alone(only: Counter, job: str, deliver: Callable[[], None]) -> None:
    """Deliver the only notice of a day. A job that comes again may try again."""
    limits.claim(only, job)
    try:
        deliver()
    except Exception:
        limits.release(only, job)
        raise


def _of_a_kind(notice: str, channel: str, to: str) -> Counter:
    most = MINOR_SMS_PER_HOUR if channel == "phone" and notice in MINOR else SELDOM.get(notice, MOST_PER_HOUR)
    return Counter(f"notices|{notice}|{channel}:{to}", limits.hour_end(), most)


def _counted(notice: str, counter: Counter, deliver: Callable[[], None]) -> None:
    """Deliver, if the counter has room for it. What is not delivered is not counted."""
    try:
        limits.count([counter])
    except Full:
        log.info("notice %s not sent: too many", notice)
        return
    try:
        deliver()
    except Exception:
        limits.give_back([counter])
        raise


def _recipients(user: User, also: str) -> list[Recipient]:
    """The verified mailbox, else the verified number or the one before it, else the mailbox that is not verified yet.

    With `also`, a new mailbox, the old one hears it in any case.
    """
    proven = bool(user.email and user.email_verified)
    number = "" if proven else user.phone if user.phone_verified else user.phone_before
    told = []
    if number:
        country = sms.country_of(user) if number == user.phone else phone_numbers.country_of(number)
        told.append(Recipient("phone", number, True, user.email, country))
    if user.email and (not number or also):
        told.append(Recipient("email", user.email, proven))
    return [*told, *([Recipient("email", also, False)] if also else [])]
