"""Tell the owner of an account what happened to it: by mail, or by SMS where no mailbox is verified. Off the request.

ASVS 5.0.0 6.3.5 and 6.3.7, SP 800-63B-4 4.6.
"""

from __future__ import annotations

import logging
from typing import Any

from chalicelib import services
from chalicelib.delivery import mail, mail_queue, sms, texts
from chalicelib.delivery.sms_budget import Purpose
from chalicelib.errors import ApiError
from chalicelib.models import User
from chalicelib.storage import limits
from chalicelib.storage.limits import Counter, Full

log = logging.getLogger("chalicelib")
JOB = "notice"
MOST_PER_HOUR = 10
SELDOM = {"guesses_spent": 1}
"""Of a kind, to one address; fewer of those that would repeat for as long as somebody keeps trying."""


def put(user: User, notice: str, locale: str, what: dict[str, Any], also: str) -> None:
    """Queue a notice to the user as it was before the act, and to the e-mail address `also`.

    `what` says when (milliseconds), from which address and device, and how many recovery codes are left.
    """
    for channel, address in _recipients(user, also):
        job = {"job": JOB, "notice": notice, "user_id": user.id, "name": user.name, "locale": locale, **what}
        try:
            mail_queue.put({**job, "channel": channel, "to": address, "country": sms.country_of(user)})
        except ApiError:
            log.error("notice %s lost", notice)


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
) -> None:
    """The job: send one notice, unless its owner had too many of the kind in this hour."""
    bucket = f"notices|user:{user_id}|{notice}|{channel}:{to}"
    counter = Counter(bucket, limits.hour_end(), SELDOM.get(notice, MOST_PER_HOUR))
    try:
        limits.count([counter])
    except Full:
        log.info("notice %s not sent: too many in this hour", notice)
        return
    project = services.config().project_name
    try:
        if channel == "email":
            mail.send(to, name, texts.notice(locale, project, name, notice, at, address, device, left))
        else:
            sms.send(
                Purpose.NOTICE, user_id, to, country, texts.notice_sms(locale, project, notice, at, address, device)
            )
    except Exception:
        limits.give_back([counter])
        raise


def _recipients(user: User, also: str) -> list[tuple[str, str]]:
    """The verified mailbox, else the verified number, else the mailbox that is not verified yet."""
    if user.email and (user.email_verified or also or not user.phone_verified):
        first = [("email", user.email)]
    else:
        first = [("phone", user.phone)] if user.phone_verified else []
    return [*first, *([("email", also)] if also else [])]
