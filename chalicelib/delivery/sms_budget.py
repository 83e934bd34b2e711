"""How many SMS may go to whom, and a circuit breaker per country.

What an SMS is for has budgets of its own, so that codes that strangers ask for never use up an owner's. Of the day's
ceiling the last fifth is for owners only.

The breaker is against SMS pumping (AWS: artificially inflated traffic): who pumps has codes sent that nobody types.
People type most of theirs. Where so few of the codes of this hour and the last come back, the country is paused until
those are over. A paused country still gets second factors and notices: their numbers are proven.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from enum import Enum
from functools import partial

from chalicelib.errors import ApiError, fail
from chalicelib.runtime import clock, metrics, settings, threads
from chalicelib.storage import dynamo, limits
from chalicelib.storage.limits import Counter, Full
from chalicelib.units import DAY_S, HOUR_S
from chalicelib.user_agent import subscriber

log = logging.getLogger("chalicelib")
UNKNOWN = "--"
UNBOUNDED = 10**9
PER_CLIENT = 3
"""Of what one client may have sent to one number in an hour: else it alone could use up the number's."""
ALL = "sms|all"


class Purpose(Enum):
    """What an SMS is for, by the name that its counters have."""

    SIGN_IN = "sign-in"
    VERIFICATION = "verification"
    CHALLENGE = "challenge"
    NOTICE = "notice"


for purpose in Purpose:
    limits.of_each_user(f"sms|{purpose.value}|user:")

FOR_ANYBODY = frozenset({Purpose.SIGN_IN, Purpose.VERIFICATION})
"""What anybody can have sent to any number. The others go to proven numbers only."""
PERCENT_FOR_ANYBODY = 80
"""Of the ceiling of the day, rounded up: what is sent beyond goes to owners."""


def is_served(country: str) -> bool:
    """Whether SMS go to numbers of that country; with no list (only the local server has none) to all."""
    served = settings.config().sms_countries
    return not served or country.lower() in served


def spend(purpose: Purpose, user_id: str, number: str, country: str, client: str = "") -> None:
    """Count one SMS before it is sent. A refused one is not counted. `user_id` is not looked at for a sign-in.
    `client` is the address of who asks, where that has a budget of its own for the number.

    503 `general_phone_disabled` for a country that is not served, or is paused (with retry_after); 429
    `general_rate_limit_exceeded` when user, number or deployment had their most.
    """
    if not is_served(country):
        raise fail("general_phone_disabled", "This deployment sends no SMS to the country of this number.")
    second = clock.now() // 1000
    if not settings.config().rate_limits:
        return
    counters = _counters(purpose, user_id, number, country, client, second)
    calls = [partial(limits.count, counters)]
    if purpose in FOR_ANYBODY:
        calls.append(partial(_others, country, limits.window_end(second, HOUR_S)))
    counted, *others = threads.together(calls)
    if isinstance(counted, Full) and counted.counter.bucket == ALL:
        log.error("sms: the ceiling of the day is reached for the purpose %s", purpose.value)
        metrics.count("SmsPaused", Country="all")
    if isinstance(counted, Exception):
        raise counted
    try:
        for read in others:
            if isinstance(read, Exception):
                raise read
            _require_trust(country, second, counted[-1] - 1, *read)
    except Exception:
        limits.give_back(counters)
        raise


def note_verified(country: str) -> None:
    """Count a code that came back. Never fails: what it proved is granted already."""
    if settings.config().rate_limits:
        with suppress(ApiError):
            limits.count([_counter("verified", country, limits.hour_end())])


def _counters(purpose: Purpose, user_id: str, number: str, country: str, client: str, second: int) -> list[Counter]:
    """What an SMS counts in; last, unless it is a notice, which nobody answers, the codes sent to the country."""
    config, hour = settings.config(), limits.window_end(second, HOUR_S)
    ceiling = config.sms_per_day
    if purpose in FOR_ANYBODY:
        ceiling = -(-ceiling * PERCENT_FOR_ANYBODY // 100)
    what = f"SMS of the kind {purpose.value}"
    counters = [
        Counter(f"sms|{purpose.value}|number:{number}", hour, config.sms_per_number, f"{what} to one number an hour"),
        Counter(ALL, limits.window_end(second, DAY_S), ceiling, "SMS of the whole deployment a day, for this kind"),
    ]
    if purpose is not Purpose.SIGN_IN:  # else the budget would tell whether the number has an account
        per_user = f"sms|{purpose.value}|user:{user_id}"
        counters.append(Counter(per_user, hour, config.sms_per_user, f"{what} to one user an hour"))
    if purpose is Purpose.VERIFICATION:  # whoever guesses may do so with one new account after another
        day, per_number = limits.window_end(second, DAY_S), f"sms|{purpose.value}-a-day|number:{number}"
        counters.append(Counter(per_number, day, config.proofs_per_day, f"{what} to one number a day"))
    if client:
        bucket = f"sms|{purpose.value}|number:{number}|ip:{subscriber(client)}"
        counters.append(Counter(bucket, hour, PER_CLIENT, f"{what} to one number for one address an hour"))
    if purpose is not Purpose.NOTICE:
        counters.append(_counter("sent", country, hour))
    return counters


def _others(country: str, hour: int) -> list[int]:
    """What was sent to a country in the hour before, and what was verified in this one and in that."""
    kinds = [("sent", hour - HOUR_S), ("verified", hour), ("verified", hour - HOUR_S)]
    items = dynamo.read(*(_counter(kind, country, end).key for kind, end in kinds))
    return [item["used"] if item else 0 for item in items]


def _require_trust(country: str, second: int, sent: int, sent_before: int, verified: int, verified_before: int) -> None:
    """503 with retry_after while too few of the codes of a country come back. `sent` is without the present one."""
    config, hour = settings.config(), limits.window_end(second, HOUR_S)
    total, returned = sent + sent_before, verified + verified_before
    if total < config.sms_breaker_sample or returned * 100 >= total * config.sms_breaker_percent:
        return
    log.error("sms: paused for the country %s", country or UNKNOWN)
    metrics.count("SmsPaused", Country=country or UNKNOWN)
    end = hour + HOUR_S if sent >= config.sms_breaker_sample else hour
    raise fail("general_phone_disabled", "SMS to this country are paused.", retry_after=end - second)


def _counter(kind: str, country: str, hour: int) -> Counter:
    """What was `sent` to a country in the hour that ends then, and what of it was `verified`."""
    return Counter(f"sms|{kind}|{country or UNKNOWN}", hour, UNBOUNDED)
